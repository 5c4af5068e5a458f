"""UNIMARC, in ISO 2709 or in the elements of MARCXML, mapped to MARC 21 by unimarc.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from services.catalog.formats import iso2709, marcxml
from services.catalog.formats.assembly import FIELD, SHOWN, SUBFIELD, Draft
from services.catalog.formats.cutting import Piece
from services.catalog.formats.found import Fault, FaultCode, Severity

RULES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("unimarc.yaml").read_text("utf-8"))
_FIXED = "100"
_COUNTRY = "102"
_LANGUAGE = "101"
Coded = list[tuple[str, str]]


def records(stream: BinaryIO, start_at: int = 0) -> Iterator[tuple[Piece, Draft | Fault]]:
    """Yield each record of the stream with what it says in MARC 21."""
    stream.seek(0)
    reader = marcxml if stream.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else iso2709
    for piece, draft in reader.records(stream, start_at):
        yield piece, converted(draft) if isinstance(draft, Draft) else draft


def converted(draft: Draft) -> Draft:
    """Return the record in MARC 21; fields and subfields that it has no place for are told."""
    # UNIMARC's leader says nothing of letters.
    faults = [fault for fault in draft.faults if fault.code != FaultCode.WRONG_ENCODING_FLAG]
    given = list(zip(draft.tags, draft.text.split(FIELD), strict=False))
    first = dict(reversed(given))
    fields = [("008", _fixed(first))] if _FIXED in first else []
    for tag, text in given:
        rule = RULES["fields"].get(tag)
        if rule is None:
            if tag != _FIXED:
                faults.append(Fault(FaultCode.UNMAPPED, Severity.LOST, tag, _plain(text)))
        elif tag < "010":
            fields.append((rule["tag"], text))
        elif written := _field(tag, rule, text, faults):
            fields.append((rule["tag"], written))
    fields.sort(key=lambda field: field[0])
    return Draft(
        _leader(draft.leader),
        [tag for tag, _ in fields],
        FIELD.join(text for _, text in fields),
        faults,
        damaged=draft.damaged,
    )


def _field(tag: str, rule: dict[str, Any], text: str, faults: list[Fault]) -> str:
    given, *parts = text.split(SUBFIELD)
    given = given.ljust(2)
    coded = [(part[0], part[1:]) for part in parts if len(part) > 1]
    if rule["codes"] == "keep":
        return text
    if any(code == "1" for code, _ in coded):
        coded = _unembedded(coded)
    indicators = "".join(old if new == "=" else new for new, old in zip(rule["indicators"], given, strict=False))
    lost = [f"${code} {value}" for code, value in coded if code not in rule["codes"]]
    if lost:
        faults.append(Fault(FaultCode.UNMAPPED, Severity.LOST, tag, " ".join(lost)[:SHOWN]))
    if rule.get("name"):
        coded = _whole_name(coded)
        divided = any(code == "a" and "," in value for code, value in coded)
        indicators = ("1" if divided else "0") + indicators[1:]
    written = _renamed(tag, rule["codes"], coded)
    return indicators + "".join(f"{SUBFIELD}{code}{value}" for code, value in written) if written else ""


def _unembedded(coded: Coded) -> Coded:
    """The subfields of a linking field that embeds whole fields behind $1, under the codes of one that does not."""
    plain: Coded = []
    embedded = ""
    for code, value in coded:
        if code == "1":
            embedded = value[:3]
            plain += [("0", value[3:].strip())] if embedded == "001" else []
        else:
            renamed = RULES["embedded"].get(embedded[:1] if embedded >= "7" else embedded, {})
            plain += [(renamed[code], value)] if code in renamed else []
    return plain


def _whole_name(coded: Coded) -> Coded:
    """Join the entry element $a with the rest of the name $b; role codes become those of MARC 21."""
    rest = " ".join(value.strip(" ,") for code, value in coded if code == "b")
    named = [
        (code, f"{value.strip(' ,')}, {rest}" if code == "a" and rest else value)
        for code, value in coded
        if code != "b"
    ]
    return [(code, RULES["relators"].get(value, value) if code == "4" else value) for code, value in named]


def _renamed(tag: str, codes: dict[str, str], coded: Coded) -> Coded:
    """Subfields under their codes of MARC 21, with the punctuation of ISBD between them."""
    signs = RULES["punctuation"].get(tag, {})
    written: Coded = []
    for old, value in coded:
        code, sign = codes.get(old, ""), signs.get(old, " ")
        if not code:
            continue
        if written and written[-1][0] == code:
            written[-1] = (code, f"{written[-1][1]}{sign}{value}")
            continue
        if written and sign.strip():
            written[-1] = (written[-1][0], written[-1][1] + sign.rstrip())
        written.append((code, value))
    return written


def _plain(text: str) -> str:
    return text.replace(SUBFIELD, " $").strip()[:SHOWN]


def _value(text: str, code: str) -> str:
    return next((part[1:] for part in text.split(SUBFIELD)[1:] if part[:1] == code), "")


def _fixed(first: dict[str, str]) -> str:
    """008 from the coded data of 100 $a, the country of 102 and the language of 101."""
    data = _value(first[_FIXED], "a").ljust(36)
    kind = RULES["dates"].get(data[8], "|")
    country = RULES["countries"].get(_value(first.get(_COUNTRY, ""), "a").upper(), "xx ")
    language = _value(first.get(_LANGUAGE, ""), "a")
    return f"{data[2:8]}{kind}{data[9:17]}{country}{17 * '|'}{language if len(language) == 3 else '|||'}|d"


def _leader(given: str) -> str:
    given = given.ljust(24)
    kind = RULES["kinds"].get(given[6], given[6])
    level = RULES["levels"].get(given[7], "m")
    return f"00000{given[5]}{kind}{level} a2200000{given[17]}  4500"
