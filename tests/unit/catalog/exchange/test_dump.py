"""When the next dump is due, and what a table's line may hold."""

import csv
import io
from datetime import UTC, datetime

import pytest

from services.catalog.exchange.opendata.dump import is_due
from services.catalog.exchange.opendata.tables import COLUMNS, head, line_of
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.identity import Description

PROVIDER = Provider("https://thuvien.example", "Mục lục", "a@b.example", "https://licence.example/")
TWO_AT_NIGHT = datetime(2026, 3, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (datetime(2026, 3, 1, 18, 59, tzinfo=UTC), TWO_AT_NIGHT, True),
        (datetime(2026, 3, 1, 18, 59, tzinfo=UTC), datetime(2026, 3, 1, 18, 59, 30, tzinfo=UTC), False),
        (TWO_AT_NIGHT, datetime(2026, 3, 2, 18, 59, tzinfo=UTC), False),
        (TWO_AT_NIGHT, datetime(2026, 3, 2, 19, tzinfo=UTC), True),
    ],
)
def test_one_dump_a_night(last: datetime, now: datetime, due: bool) -> None:
    assert is_due(last, now, hour=2) is due


def test_a_line_is_read_back_as_it_was_written() -> None:
    found = Published("c-1", TWO_AT_NIGHT, ("library", "library:a", "library:b"), False, None, b"")
    described = Description(title='Nói "không", rồi\nđi', subjects=("Làng", "Xã"), year=1990)
    line = line_of(found, described, PROVIDER)
    (cells,) = csv.DictReader(io.StringIO((head() + line).decode("utf-8-sig"), newline=""))
    assert tuple(cells) == COLUMNS
    wanted = {name: cells[name] for name in ("id", "title", "subjects", "year", "libraries", "url")}
    assert wanted == {
        "id": "c-1",
        "title": 'Nói "không", rồi\nđi',
        "subjects": "Làng ; Xã",
        "year": "1990",
        "libraries": "a ; b",
        "url": "https://thuvien.example/clusters/c-1",
    }


def test_no_cell_is_a_formula() -> None:
    found = Published("c-1", TWO_AT_NIGHT, (), False, None, b"")
    line = line_of(found, Description(title="=HYPERLINK(1)"), PROVIDER).decode()
    assert ",'=HYPERLINK(1)," in line
