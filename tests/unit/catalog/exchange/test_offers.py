"""Content negotiation of exports (RFC 9110, section 12.5.1)."""

import pytest

from services.catalog.exchange.export.offers import Name, choose

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, Name.MARCXML),
        ("", Name.MARCXML),
        ("*/*", Name.MARCXML),
        (BROWSER, Name.MARCXML),
        ("application/ld+json", Name.JSON_LD),
        ("application/json", Name.JSON_LD),
        ("application/marc", Name.MARC),
        ("application/mods+xml, application/marc;q=0.5", Name.MODS),
        ("application/mods+xml;q=0.2, application/marc;q=0.5", Name.MARC),
        ("application/vnd.citationstyles.csl+json", Name.CSL),
        ("application/x-bibtex", Name.BIBTEX),
        ("text/x-bibliography", Name.TCVN),
        ("text/x-bibliography; style=apa", Name.APA),
        ("text/*", Name.MARCXML),
        ("image/png", None),
        ("application/marc;q=0", None),
        ("application/marc;q=nonsense", None),
        (",,;;q=,=", None),
    ],
)
def test_the_best_liked_is_given(accept: str | None, expected: Name | None) -> None:
    found = choose(accept)
    assert (found[0].name if found else None) == expected


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/marcxml+xml"),
        ("application/xml", "application/xml"),
        ("application/json", "application/json"),
        ("application/marcxml+xml;q=0, application/*", "application/xml"),
    ],
)
def test_it_is_called_what_the_client_called_it(accept: str, kind: str) -> None:
    found = choose(accept)
    assert found is not None
    assert found[1] == kind
