"""Reading takes the same memory however long a file is."""

import tracemalloc
from pathlib import Path

import pytest

from services.catalog.formats import Format, read, write
from tests.resources.catalog.formats.samples import TITLES, book, field


@pytest.mark.parametrize("form", [Format.MARC21, Format.MARCXML, Format.MARCJSON, Format.CSV])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, form: Format) -> None:
    block = 400
    long_note = field("500", "  ", "a" + 5_000 * "x")
    one = list(write([book(number, TITLES[0], long_note) for number in range(block)], form))
    first, last = one[0], one[-1]
    peaks = []
    for times in (2, 6):
        file = tmp_path / f"{form}.{times}"
        with file.open("wb") as target:
            target.write(first)
            for _ in range(times):
                target.writelines(one[1:-1])
            target.write(last)
        tracemalloc.start()
        with file.open("rb") as stream:
            assert sum(found.record is not None for found in read(stream, form)) >= times * (block - 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.2
