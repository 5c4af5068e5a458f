"""A row of a table as a record, and back: cells are MARC 21 fields by columns.yaml, people by rules of their own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pymarc

from services.catalog.formats.assembly import EMPTY_LEADER, FIELD, NO_STRUCTURE, SHOWN, SUBFIELD, Draft
from services.catalog.formats.facts import TERMS, facts_of, is_vietnamese_name, role_of, trimmed
from services.catalog.formats.found import Fault, FaultCode, Severity
from services.catalog.formats.limits import LIMITS
from services.catalog.formats.mapping import DATA, IGNORED, OTHER
from shared.vietnamese import fold, normalise

_LANGUAGES = {fold(word): code for code, words in TERMS["language_names"].items() for word in words}
_BODIES = tuple(f"{normalise(word)} " for word in DATA["bodies"])
_BETWEEN = re.compile(r"\s*[;\n|]\s*|\s+(?:và|&|and)\s+|\s+[–-]\s+")
_SEMICOLON = re.compile(r"\s*[;\n]\s*")
_ROLE = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*")
_LEADING_ROLE = re.compile(r"([^:]{2,30}):\s*(?=\S)")
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]|20)\d\d(?!\d)")
_FAILED = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|GETTING_DATA)")


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings: where it stands, what it says, and the column that each heading names."""

    row: int
    headings: tuple[str, ...]
    columns: tuple[str, ...]


def draft_of(header: Header, cells: Sequence[str]) -> Draft | None:
    """Make a record of the cells; None where all are empty."""
    faults: list[Fault] = []
    values, others = _values(header, cells, faults)
    if not values and not others:
        return None
    people = list(_people(values))
    fields = [*_control_fields(values), *people, *_fields(values, entered=bool(people)), *others]
    fields.sort(key=lambda field: field[0])
    return Draft(EMPTY_LEADER, [tag for tag, _ in fields], FIELD.join(text for _, text in fields), faults)


def _values(header: Header, cells: Sequence[str], faults: list[Fault]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What each column says, and the fields of those that no rule takes."""
    values: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    rule = DATA["other"]
    for heading, column, cell in zip(header.headings, header.columns, cells, strict=False):
        text = _cell(heading, cell, faults)
        if not text or column == IGNORED:
            continue
        if column == OTHER:
            shown = heading.translate(NO_STRUCTURE)
            written = f"{rule['indicators']}{SUBFIELD}{rule['heading']}{shown}{SUBFIELD}{rule['cell']}{text}"
            others.append((rule["tag"], written))
        else:
            values[column] = f"{values[column]}; {text}" if column in values else text
    surplus = [cell for cell in cells[len(header.columns) :] if cell.strip()]
    if surplus:
        faults.append(Fault(FaultCode.ROW_LENGTH, Severity.LOST, "", "; ".join(surplus)[:SHOWN]))
    return values, others


def _cell(heading: str, cell: str, faults: list[Fault]) -> str:
    text = cell.translate(NO_STRUCTURE).strip()
    if _FAILED.fullmatch(text):
        faults.append(Fault(FaultCode.FORMULA, Severity.LOST, heading, text))
        return ""
    if len(text) > LIMITS.cell:
        faults.append(Fault(FaultCode.TOO_LARGE, Severity.LOST, heading, f"{len(text)} > {LIMITS.cell}"))
        return text[: LIMITS.cell]
    return text


def _control_fields(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """001, and 008 as far as a table can say it: year and language."""
    if "id" in values:
        yield "001", values["id"]
    year = _YEAR.search(values.get("year", ""))
    date = f"s{year[0]}    " if year else "n" + 8 * "|"
    language = _LANGUAGES.get(fold(values.get("language", "")), "|||")
    yield "008", f"{6 * '|'}{date}xx {17 * '|'}{language}|d"


def _people(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """An entry for each person: the first author's is the main one."""
    tags = {False: "100", True: "110"}
    for column, role in DATA["people"].items():
        for name, words in _names(values.get(column, "")):
            body = normalise(name).startswith(_BODIES)
            main = column == "author" and tags[body] < "700"
            coded = role_of(words) if words else role
            said = f"{SUBFIELD}e{words}" if words else ""
            code = f"{SUBFIELD}4{coded}" if coded and coded != "aut" else ""
            divided = "1" if "," in name and not body else "0"
            yield tags[body], f"{'2' if body else divided} {SUBFIELD}a{name}{said}{code}"
            tags = {False: "700", True: "710"} if main else tags
        tags = {False: "700", True: "710"}


def _names(cell: str) -> Iterator[tuple[str, str]]:
    """The people of a cell, each with the words that tell the part they had."""
    for part in _split(cell):
        for piece in _comma_split(part):
            role = _ROLE.search(piece)
            before = _LEADING_ROLE.match(piece)
            if before and role_of(before[1]):
                yield piece[before.end() :].strip(), before[1]
            elif role:
                yield _ROLE.sub(" ", piece).strip(" ,"), role[1].strip()
            elif piece.strip(" ,."):
                yield piece.strip(" ,"), ""


def _split(cell: str) -> list[str]:
    return [part for part in _BETWEEN.split(cell) if part.strip()]


def _comma_split(part: str) -> list[str]:
    """Commas part Vietnamese names of two or more words; in `Rowling, J. K.` the comma belongs to the name."""
    pieces = part.split(",")
    bare = [_ROLE.sub(" ", piece).split() for piece in pieces]
    whole = len(pieces) > 1 and all(len(words) > 1 and is_vietnamese_name(" ".join(words)) for words in bare)
    return pieces if whole else [part]


def _fields(values: dict[str, str], *, entered: bool) -> Iterator[tuple[str, str]]:
    """The fields that columns.yaml names; a title is an added entry where somebody is the main one."""
    for rule in DATA["fields"]:
        codes: dict[str, str] = rule["codes"]
        split = rule.get("each")
        rows = [{split: part} for part in _SEMICOLON.split(values.get(split, "")) if part] if split else [values]
        for row in rows:
            said = "".join(f"{SUBFIELD}{code}{_worded(name, row[name])}" for code, name in codes.items() if name in row)
            indicators = "10" if rule["tag"] == "245" and entered else rule["indicators"]
            if said:
                yield rule["tag"], indicators + said


def _worded(column: str, value: str) -> str:
    if column == "language":
        return str(_LANGUAGES.get(fold(value), value))
    if value.isdigit():
        return " ".join(filter(None, (DATA["words"].get(column), value, DATA["units"].get(column))))
    return value


def cells_of(record: pymarc.Record) -> dict[str, str]:
    """The cells of a record by the names of their columns; what has no column is left out."""
    facts = facts_of(record)
    values: dict[str, list[str]] = {}
    taken: set[tuple[str, str]] = set()
    for rule in DATA["fields"]:
        for code, column in rule["codes"].items():
            if (rule["tag"], code) not in taken:
                taken.add((rule["tag"], code))
                fields = record.get_fields(rule["tag"])
                values[column] = [
                    trimmed(part.value) for field in fields for part in field.subfields if part.code == code
                ]
    roles = {role: column for column, role in DATA["people"].items()}
    for person in facts.people:
        column = roles.get(person.role, "author")
        words = TERMS["roles"].get(person.role, {}).get("vi", person.role)
        said = person.name if person.role in roles else f"{person.name} ({words})"
        values.setdefault(column, []).append(said if person.role else person.name)
    values |= {"id": [facts.control_number], "place": [*facts.places], "publisher": [*facts.publishers]}
    values["year"] = [facts.year or facts.date]
    return {column: "; ".join(dict.fromkeys(filter(None, said))) for column, said in values.items()}
