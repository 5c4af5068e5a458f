"""A cluster as one line of a table that any spreadsheet opens."""

from collections.abc import Iterable

from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.sets import LIBRARY
from services.catalog.formats.tables import guarded_row
from services.catalog.identity import Description

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Without it spreadsheets take UTF-8 for something else."""
COLUMNS = (
    *("id", "url", "title", "parts", "statement", "people", "edition", "places", "publishers", "year", "extent"),
    *("form", "language", "isbn", "issn", "classes", "subjects", "series", "libraries", "changed"),
)


def head() -> bytes:
    return BYTE_ORDER_MARK + guarded_row(COLUMNS)


def line_of(found: Published, described: Description, provider: Provider) -> bytes:
    """Several values in a cell are parted by ` ; `; what a spreadsheet would take for a formula gets an apostrophe."""
    cells: dict[str, object] = {
        "id": found.id,
        "url": provider.address_of(found.id),
        "title": described.title,
        "parts": _joined(" ".join(filter(None, (part.number, part.name))) for part in described.parts),
        "statement": described.statement,
        "people": _joined(name.display for name in described.people),
        "edition": described.edition,
        "places": _joined(described.places),
        "publishers": _joined(described.publishers),
        "year": described.year or "",
        "extent": described.extent,
        "form": described.form.value,
        "language": described.language,
        "isbn": _joined(described.isbns),
        "issn": _joined(described.issns),
        "classes": _joined(described.classes),
        "subjects": _joined(described.subjects),
        "series": _joined(described.series),
        "libraries": _joined(spec.partition(":")[2] for spec in found.sets if spec.startswith(f"{LIBRARY}:")),
        "changed": found.changed_at.isoformat(timespec="seconds"),
    }
    return guarded_row([str(cells[column]) for column in COLUMNS])


def _joined(values: Iterable[str]) -> str:
    return " ; ".join(values)
