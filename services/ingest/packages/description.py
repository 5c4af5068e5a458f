"""MODS and Dublin Core as a document's metadata.

Sources: MODS 3 (https://www.loc.gov/standards/mods/), Dublin Core elements and terms (https://www.dublincore.org).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

MODS = "{http://www.loc.gov/mods/v3}"
DC = ("{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}")
LANGUAGES = {"vie": "vi", "eng": "en", "fre": "fr", "fra": "fr", "chi": "zh", "zho": "zh", "lao": "lo", "khm": "km"}
"""ISO 639-2 in MODS and MARC, as ISO 639-1 here."""


def description_of(element: Element) -> dict[str, Any]:
    """The fields of DocumentMetadata that MODS or DC inside an element gives; empty without a title."""
    mods = next(element.iter(f"{MODS}mods"), None)
    found = _of_mods(mods) if mods is not None else _of_dc(element)
    kept = {name: value for name, value in found.items() if value}
    return kept if "title" in kept else {}


def _of_mods(mods: Element) -> dict[str, Any]:
    titles = [_title(info) for info in mods.findall(f"{MODS}titleInfo") if not info.get("type")]
    origin = f"{MODS}originInfo/{MODS}"
    names = [
        _joined((part.text for part in name.findall(f"{MODS}namePart")), ", ") for name in mods.findall(f"{MODS}name")
    ]
    return {
        "title": _first(titles),
        "creators": [name for name in names if name],
        "date": _first(_texts(mods, f"{origin}dateIssued") + _texts(mods, f"{origin}dateCreated")),
        "language": language_code(_first(_texts(mods, f"{MODS}language/{MODS}languageTerm"))),
        "subjects": _texts(mods, f"{MODS}subject/{MODS}topic") + _texts(mods, f"{MODS}subject/{MODS}geographic"),
        "summary": _first(_texts(mods, f"{MODS}abstract")),
        "publisher": _first(_texts(mods, f"{origin}publisher")),
    }


def _title(info: Element) -> str:
    main = _joined((_first(_texts(info, f"{MODS}{name}")) for name in ("nonSort", "title")), " ")
    return _joined([main, _first(_texts(info, f"{MODS}subTitle"))], ": ")


def _of_dc(element: Element) -> dict[str, Any]:
    def all_of(name: str) -> list[str]:
        return [text for space in DC for text in _texts(element, f".//{space}{name}")]

    return {
        "title": _first(all_of("title")),
        "creators": all_of("creator"),
        "date": _first(all_of("date") + all_of("issued")),
        "language": language_code(_first(all_of("language"))),
        "subjects": all_of("subject"),
        "summary": _first(all_of("description") + all_of("abstract")),
        "publisher": _first(all_of("publisher")),
    }


def language_code(text: str) -> str:
    """ISO 639-1 of a language code or tag where there is one; empty when it is none."""
    code = text.lower().replace("_", "-").partition("-")[0]
    known = LANGUAGES.get(code, code)
    return known if known.isascii() and known.isalpha() and len(known) in {2, 3} else ""


def _texts(element: Element, path: str) -> list[str]:
    found = (" ".join((one.text or "").split()) for one in element.findall(path))
    return [text for text in found if text]


def _first(texts: list[str]) -> str:
    return texts[0] if texts else ""


def _joined(texts: Iterable[str | None], by: str) -> str:
    return by.join(stripped for text in texts if text and (stripped := text.strip()))
