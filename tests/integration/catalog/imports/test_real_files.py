"""Every odd and damaged file of real catalogues goes into the union with a word on each record, and none is dropped."""

import os
from pathlib import Path

import pytest

from services.catalog.formats import detect
from services.catalog.imports.run import RunState
from services.catalog.union.store import CONTRIBUTIONS
from tests.engines import ROOT
from tests.integration.catalog.imports.conftest import Desk

DATA = Path(os.environ.get("LIENTHONG_SHARED", ROOT.parent / "shared")) / "data/marc"
SUFFIXES = {".mrc", ".marc", ".dat", ".marc21", ".xml"}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real records in {DATA}")
async def test_no_record_of_any_file_is_dropped(desk: Desk) -> None:
    source = await desk.source()
    taken = 0
    for path in sorted(path for path in DATA.rglob("*") if path.suffix in SUFFIXES):
        body = path.read_bytes()
        form = detect(body[:4096], path.name)
        if form is None:
            continue
        run = await desk.take(source, body, form=form, name=path.name)
        counts = run.counts
        ended = (RunState.DONE, None) if counts.read else (RunState.FAILED, "empty")
        assert (run.state, run.failure) == ended or run.failure == "unreadable", (path, run.failure, run.detail)
        became = counts.new + counts.updated + counts.unchanged + counts.copy_ + counts.refused
        assert counts.read == became, path
        assert len(await desk.report(run)) >= min(counts.refused, 1000), path
        taken += 1
    assert taken > 100
    standing = await desk.standing()
    assert standing > 2_000
    members = await desk.database[CONTRIBUTIONS].distinct("cluster", {"deleted": False})
    assert len(await desk.union.clusters()) == len(members)
