"""A description as CSL-JSON, which reference managers read (citationstyles.org, schema 1.0)."""

from typing import Any

import orjson

from services.catalog.identity import Description
from services.catalog.identity.description import Form

_TYPES = {
    Form.SERIAL: "periodical",
    Form.MAP: "map",
    Form.SCORE: "musical_score",
    Form.SOUND: "song",
    Form.VIDEO: "motion_picture",
    Form.IMAGE: "graphic",
}
_EDITORS = {"edt", "com", "pbd"}


def as_csl(identifier: str, address: str, described: Description) -> bytes:
    """One item. Names stay as they are written: in Vietnamese the family name comes first."""
    authors = [name.display for name in described.people if name.role not in {*_EDITORS, "trl"}]
    item: dict[str, Any] = {
        "id": identifier,
        "type": _TYPES.get(described.form, "book"),
        "title": described.title,
        "author": [{"literal": name} for name in authors],
        "editor": [{"literal": name.display} for name in described.people if name.role in _EDITORS],
        "translator": [{"literal": name.display} for name in described.people if name.role == "trl"],
        "issued": {"date-parts": [[described.year]]} if described.year else None,
        "publisher": "; ".join(described.publishers),
        "publisher-place": "; ".join(described.places),
        "edition": described.edition,
        "volume": "; ".join(part.number for part in described.parts),
        "ISBN": " ".join(described.isbns),
        "ISSN": " ".join(described.issns),
        "language": described.language,
        "URL": address,
    }
    return orjson.dumps({name: value for name, value in item.items() if value})
