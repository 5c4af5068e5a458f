"""References as readers copy them. Sources: ISO 690:2021; Publication Manual of the APA, 7th edition; BibTeX; RIS.

A Vietnamese name keeps its order and is never cut to initials: family names are few, and people are called by the last.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pymarc

from services.catalog.formats.facts import TERMS, Facts, Person, facts_of

WORDS: dict[str, Any] = TERMS["citation"]
_END = re.compile(r"[.?!…]$")
_BIBTEX_SIGNS = {ord(sign): f"\\{sign}" for sign in "{}&%$#_"} | {ord("\\"): r"\textbackslash{}"}


class Style(StrEnum):
    """How a citation is written."""

    TCVN = "tcvn"
    """ISO 690 as Vietnamese libraries write it."""
    APA = "apa"
    BIBTEX = "bibtex"
    RIS = "ris"


def cite(record: pymarc.Record, style: Style) -> str:
    """Return the record as one reference; BibTeX and RIS over several lines."""
    return _WRITERS[style](facts_of(record))


def _tcvn(facts: Facts) -> str:
    words = WORDS["vi"]
    main = _main(facts)
    names = [_comma_name(person) for person in main]
    shown = names if len(names) <= WORDS["shown_names"] else [names[0], words["and_others"]]
    author = "; ".join(shown)
    if author and main[0].role == "edt":
        author += f" {words['editor']}"
    imprint = ": ".join(filter(None, ("; ".join(facts.places), "; ".join(facts.publishers))))
    published = ", ".join(filter(None, (imprint, facts.year or facts.date or words["no_date"])))
    series = "; ".join(f"({', '.join(filter(None, one))})" for one in facts.series)
    numbers = [f"ISBN {number}" for number in facts.isbns[:1]] + [f"ISSN {number}" for number in facts.issns[:1]]
    return _sentences(author, facts.whole_title, facts.edition, published, facts.extent, series, *numbers)


def _apa(facts: Facts) -> str:
    words = WORDS["vi" if "vie" in facts.languages else "en"]
    main = _main(facts)
    author = _apa_names([_initials_name(person) for person in main], words)
    if author and main[0].role == "edt":
        author += f" {words['editor'] if len(main) == 1 else words.get('editors', words['editor'])}"
    date = f"({facts.year or facts.date or words['no_date']})"
    title = f"{facts.whole_title} ({facts.edition})" if facts.edition else facts.whole_title
    head = f"{author} {date}" if author else title
    publisher = "; ".join(facts.publishers)
    return _sentences(head, *([title] if author else [date]), publisher, *facts.urls[:1])


def _apa_names(names: list[str], words: dict[str, str]) -> str:
    if len(names) > WORDS["apa_names"]:
        return f"{', '.join(names[: WORDS['apa_names'] - 1])}, … {names[-1]}"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])}{',' if words['and'] == '&' else ''} {words['and']} {names[-1]}"


def _main(facts: Facts) -> list[Person]:
    """Those under whom the work is cited: its authors, else its editors, else whoever stands first."""
    by_role = ([person for person in facts.people if person.role == role] for role in ("aut", "edt"))
    return next((people for people in by_role if people), list(facts.people[:1]))


def _comma_name(person: Person) -> str:
    return f"{person.family}, {person.given}" if person.family else person.name


def _initials_name(person: Person) -> str:
    """`Rowling, J. K.`; names that are not divided stay whole."""
    if not person.family:
        return person.name
    initials = " ".join(f"{word[0]}." for word in re.split(r"[\s.]+", person.given) if word)
    return f"{person.family}, {initials}"


def _sentences(*parts: str) -> str:
    return " ".join(part if _END.search(part) or part.startswith("http") else f"{part}." for part in parts if part)


def _bibtex(facts: Facts) -> str:
    kind = {"m": "book", "s": "periodical"}.get(facts.level, "misc")
    fields = {
        "author": " and ".join(_bibtex_name(person) for person in facts.people if person.role == "aut"),
        "editor": " and ".join(_bibtex_name(person) for person in facts.people if person.role == "edt"),
        "title": facts.whole_title,
        "edition": facts.edition,
        "publisher": "; ".join(facts.publishers),
        "address": "; ".join(facts.places),
        "year": facts.year or facts.date,
        "series": facts.series[0][0] if facts.series else "",
        "number": facts.series[0][1] if facts.series else "",
        "isbn": next(iter(facts.isbns), ""),
        "issn": next(iter(facts.issns), ""),
        "language": TERMS["languages"].get(facts.languages[0], facts.languages[0]) if facts.languages else "",
        "url": next(iter(facts.urls), ""),
    }
    lines = [f"  {name} = {{{_bibtex_text(name, value)}}}" for name, value in fields.items() if value]
    key = re.sub(r"[^A-Za-z0-9_-]", "", facts.control_number) or "record"
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _bibtex_name(person: Person) -> str:
    """Braces keep a name whole that BibTeX would take apart by its own rules."""
    if person.family:
        return f"{person.family}, {person.given}"
    return f"\0{person.name}\1"


def _bibtex_text(name: str, value: str) -> str:
    if name == "url":
        return re.sub(r"[{}\s\\]", "", value)
    return value.translate(_BIBTEX_SIGNS).replace("\0", "{").replace("\1", "}")


def _ris(facts: Facts) -> str:
    kind = {"m": "BOOK", "s": "JFULL"}.get(facts.level, "GEN")
    tags = {"aut": "AU", "edt": "A2", "trl": "A4"}
    lines = [
        ("TY", kind),
        *((tags.get(person.role, "A3"), _comma_name(person)) for person in facts.people),
        ("TI", facts.whole_title),
        ("ET", facts.edition),
        ("PB", "; ".join(facts.publishers)),
        ("CY", "; ".join(facts.places)),
        ("PY", facts.year or facts.date),
        ("SP", facts.extent),
        *(("T2", title) for title, _ in facts.series),
        *(("SN", number) for number in (*facts.isbns, *facts.issns)),
        *(("KW", " -- ".join(subject.parts)) for subject in facts.subjects),
        ("AB", facts.summary),
        ("LA", next(iter(facts.languages), "")),
        *(("UR", url) for url in facts.urls),
        ("ID", facts.control_number),
    ]
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines if value) + "ER  - \r\n"


_WRITERS: dict[Style, Callable[[Facts], str]] = {
    Style.TCVN: _tcvn, Style.APA: _apa, Style.BIBTEX: _bibtex, Style.RIS: _ris
}  # fmt: skip
