"""Files that real libraries and their programmers left: every record is counted, and none is silently dropped.

The files lie beside the checkout (MARC_FILES names another place); each test skips where they are not.
"""

import io
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from services.catalog.formats import Format, Found, Severity, Unwritable, as_marc21, detect, read

FILES = Path(os.environ.get("MARC_FILES", "../shared/data/marc"))
FORMS = {
    ".mrc": Format.MARC21, ".marc": Format.MARC21, ".dat": Format.MARC21, ".marc21": Format.MARC21,
    ".xml": Format.MARCXML, ".json": Format.MARCJSON, ".jsonl": Format.MARCJSON,
}  # fmt: skip
LEADER = re.compile(rb"<(?:\w+:)?leader[ >]")

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason=f"no real records at {FILES}: set MARC_FILES")


def files(*forms: Format) -> Iterator[tuple[Path, Format]]:
    for path in sorted(FILES.rglob("*")):
        form = FORMS.get(path.suffix)
        if path.is_file() and form in forms:
            yield path, form


def test_iso_2709_loses_no_record() -> None:
    kept = pieces = ends = 0
    for path, form in files(Format.MARC21):
        with path.open("rb") as stream:
            found = list(read(stream, form))
        ends += path.read_bytes().count(b"\x1d")
        pieces += len(found)
        kept += sum(one.record is not None for one in found)
        assert all(one.record is not None or one.faults for one in found)
        assert _skipped(path.read_bytes(), found).strip(b"\r\n\t\0\x1a ") == b"", path

    assert (kept, pieces) == (3_551, 3_553)
    assert pieces >= ends


@pytest.mark.parametrize(("form", "sign"), [(Format.MARCXML, LEADER), (Format.MARCJSON, re.compile(rb'"leader"'))])
def test_every_leader_in_a_file_is_a_record_or_told(form: Format, sign: re.Pattern[bytes]) -> None:
    for path, _ in files(form):
        with path.open("rb") as stream:
            found = list(read(stream, form))
        assert len(found) >= len(sign.findall(path.read_bytes())), path
        assert all(one.record is not None or one.faults for one in found), path


def test_what_was_read_can_be_written_and_read_as_the_same() -> None:
    too_long = 0
    for path, form in files(*Format):
        with path.open("rb") as stream:
            for one in islice(read(stream, form), 40):
                if one.record is None:
                    continue
                try:
                    data = as_marc21(one.record)
                except Unwritable:
                    too_long += 1
                    continue
                (again,) = read(_stream(data), Format.MARC21)
                assert again.record is not None
                assert again.record.as_dict()["fields"] == one.record.as_dict()["fields"], (path, one.number)
                assert all(fault.severity == Severity.NOTE for fault in again.faults), (path, one.number)
    assert too_long < 10


def test_formats_are_told_apart() -> None:
    for path, form in files(Format.MARC21, Format.MARCJSON):
        with path.open("rb") as stream:
            assert detect(stream.read(4096), path.name) in (form, Format.UNIMARC), path


def _skipped(data: bytes, found: list[Found]) -> bytes:
    """What stands between the pieces of a file."""
    starts = [*(one.position for one in found), len(data)]
    ends = [0, *(one.end for one in found)]
    return b"".join(data[end:start] for end, start in zip(ends, starts, strict=True))


def _stream(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)
