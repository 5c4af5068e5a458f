"""From a description in other terms, such as MODS or Dublin Core, to the fields of MARC 21."""

import re
from collections.abc import Iterable

from services.catalog.formats.assembly import EMPTY_LEADER, FIELD, NO_STRUCTURE, SUBFIELD, Draft
from services.catalog.formats.facts import TERMS, is_vietnamese_name
from services.catalog.formats.found import Fault
from shared.vietnamese import fold

_LANGUAGES = {fold(word): code for code, words in TERMS["language_names"].items() for word in words}
_LANGUAGES |= {short: code for code, short in TERMS["languages"].items()}
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]|20)\d\d(?!\d)")
_ISBN = re.compile(r"(?:urn:)?isbn[:\s]*([\dXx -]{9,20})", re.IGNORECASE)
_ISSN = re.compile(r"(?:urn:)?issn[:\s]*(\d{4}-?\d{3}[\dXx])", re.IGNORECASE)


class Described:
    """Gathers fields; empty values leave no trace."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        self._fields: list[tuple[str, str]] = []

    def control(self, tag: str, value: str) -> None:
        if value:
            self._fields.append((tag, value.translate(NO_STRUCTURE)))

    def add(self, tag: str, indicators: str, *subfields: tuple[str, str]) -> None:
        said = "".join(f"{SUBFIELD}{code}{value.translate(NO_STRUCTURE)}" for code, value in subfields if value)
        if said:
            self._fields.append((tag, indicators + said))

    def extend(self, tag: str, code: str, value: str) -> None:
        """Add a subfield to the first field of that tag."""
        place = next(place for place, (given, _) in enumerate(self._fields) if given == tag)
        said = self._fields[place][1]
        self._fields[place] = (tag, f"{said}{SUBFIELD}{code}{value.translate(NO_STRUCTURE)}")

    def has(self, *tags: str) -> bool:
        return any(tag in tags for tag, _ in self._fields)

    def identifier(self, value: str) -> None:
        """An ISBN, ISSN or address goes to its own field, anything else to 024."""
        if isbn := _ISBN.match(value):
            self.add("020", "  ", ("a", isbn[1].strip()))
        elif issn := _ISSN.match(value):
            self.add("022", "  ", ("a", issn[1]))
        elif value.startswith(("http://", "https://")):
            self.add("856", "40", ("u", value))
        else:
            self.add("024", "8 ", ("a", value))

    def person(self, name: str, role: str, *, kind: str = "person", main: bool = False, dates: str = "") -> None:
        """An entry for somebody; the first main one is the main entry."""
        entered = not main or self.has("100", "110", "111")
        tag = {"person": "00", "body": "10", "meeting": "11"}[kind]
        divided = "," in name and not is_vietnamese_name(name)
        first = "2" if kind != "person" else "1" if divided else "0"
        code = ("4", role) if role in TERMS["roles"] and role != "aut" else ("e", "" if role == "aut" else role)
        self.add(f"{'7' if entered else '1'}{tag}", f"{first} ", ("a", name), ("d", dates), code)

    def draft(self, *, kind: str, level: str, date: str, languages: Iterable[str], damaged: bool) -> Draft:
        """The record, with 008 as far as year and language say it."""
        codes = [language_code(language) for language in languages]
        year = _YEAR.search(date)
        coded = f"s{year[0]}    " if year else "n" + 8 * "|"
        first = next((code for code in codes if len(code) == 3), "|||")
        self.control("008", f"{6 * '|'}{coded}xx {17 * '|'}{first}|d")
        if len(codes) > 1:
            self.add("041", "0 ", *(("a", code) for code in codes))
        self._fields.sort(key=lambda field: field[0])
        leader = f"{EMPTY_LEADER[:6]}{kind}{level}{EMPTY_LEADER[8:]}"
        text = FIELD.join(said for _, said in self._fields)
        return Draft(leader, [tag for tag, _ in self._fields], text, self.faults, damaged=damaged)


def language_code(named: str) -> str:
    """The code of MARC for a language, however it is named; what is not known stays."""
    folded = fold(named)
    return _LANGUAGES.get(folded) or _LANGUAGES.get(folded.partition("-")[0]) or named.strip()
