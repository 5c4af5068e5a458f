"""Dublin Core as OAI-PMH exchanges it (oai_dc). Source: Library of Congress, MARC to Dublin Core Crosswalk."""

import pymarc

from services.catalog.formats.facts import TERMS, Facts, facts_of
from services.catalog.formats.markup import tag

_OPENING = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
    'http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)


def encode(record: pymarc.Record) -> bytes:
    """Return one `oai_dc:dc` element."""
    inner = "".join(tag(f"dc:{name}", value) for name, value in _elements(facts_of(record)))
    return f"{_OPENING}{inner}</oai_dc:dc>".encode()


def _elements(facts: Facts) -> list[tuple[str, str]]:
    creators = [person.direct for person in facts.people if person.role == "aut"]
    contributors = [person.direct for person in facts.people if person.role != "aut"]
    several = {
        "title": [facts.whole_title, *facts.alternatives],
        "creator": creators or contributors[:1],
        "subject": [" -- ".join(subject.parts) for subject in facts.subjects] + [value for _, value in facts.classes],
        "description": [facts.summary, facts.contents, *facts.notes],
        "publisher": facts.publishers,
        "contributor": contributors if creators else contributors[1:],
        "date": [facts.year or facts.date],
        "type": [facts.terms["dcmi"], *facts.genres],
        "format": [facts.extent],
        "identifier": [*_urns(facts), *facts.urls],
        "language": [TERMS["languages"].get(code, code) for code in facts.languages],
        "relation": [title for title, _ in facts.series] + [facts.host],
        "rights": facts.rights,
    }
    return [(name, value) for name, values in several.items() for value in values if value]


def _urns(facts: Facts) -> list[str]:
    numbers = [f"urn:isbn:{isbn.replace('-', '').replace(' ', '')}" for isbn in facts.isbns]
    return numbers + [f"urn:issn:{issn}" for issn in facts.issns]
