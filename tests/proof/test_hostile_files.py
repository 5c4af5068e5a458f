"""Whatever a file does, the service lives, its memory and time are bounded, and a librarian is told a reason."""

from __future__ import annotations

import hashlib
import io
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import img2pdf
import pytest

from tests.proof.figures import write_figures
from tests.proof.hostile_run import LIBRARIES_BYTES, MEMORY_BYTES, SECONDS, TAKEN, Outcome, Trial
from tests.resources.hostile import mutated
from tests.resources.hostile_archives import BAG, tarred, zipped
from tests.resources.hostile_archives import entry as tar_entry
from tests.resources.hostile_kinds import COSTLY, HARMLESS, KINDS
from tests.resources.hostile_pdf import page
from tests.resources.hostile_pictures import frames_in_ring, good_png, saved

ENOUGH_KINDS = 60
ENDED = ("pdf-content-bomb", "pdf-shadings")
"""Of the costly kinds, one that memory ends and one that time ends."""
MUTATIONS = 4000
SEED = 20_261_122


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path)
    yield made
    made.close()


@pytest.fixture
def short_trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path, SECONDS / 2)
    yield made
    made.close()


async def test_each_kind_of_hostile_file_is_answered_in_bounds(short_trial: Trial) -> None:
    kinds = [kind for kind in KINDS if kind not in COSTLY or kind in ENDED]
    assert len(kinds) >= ENOUGH_KINDS
    await _check(short_trial, kinds)


@pytest.mark.prove
async def test_all_kinds_of_hostile_files_are_answered_in_bounds(trial: Trial) -> None:
    outcomes = await _check(trial, list(KINDS))
    write_figures("hostile-files", _figures(outcomes))


@pytest.mark.prove
async def test_mutations_are_answered_in_bounds(trial: Trial) -> None:
    chance = random.Random(SEED)
    originals = good_files()
    outcomes = []
    for place in range(MUTATIONS):
        kind = chance.choice(sorted(originals))
        outcomes.append(await trial.put(f"{kind}-{place}", mutated(originals[kind], chance)))
    write_figures("hostile-mutations", {"seed": SEED, **_figures(outcomes)})
    assert _too_large(outcomes) == []
    assert await _still_serves(trial)


def good_files() -> Mapping[str, bytes]:
    """Files of every kind that is taken, small, each with another part of the decoders behind it."""
    picture = saved("PNG", (300, 400))
    frames = io.BytesIO(saved("TIFF", compression="group4", mode="1"))
    listed = f"{hashlib.sha256(picture).hexdigest()}  data/a.png\n"
    bag = {"bagit.txt": BAG, "manifest-sha256.txt": listed, "data/a.png": picture}
    return {
        "png-grey": picture,
        "png-palette": saved("PNG", mode="P"),
        "jpeg-grey": saved("JPEG"),
        "jpeg-progressive": saved("JPEG", mode="CMYK", progressive=True),
        "tiff-fax": frames.getvalue(),
        "tiff-lzw": saved("TIFF", compression="tiff_lzw"),
        "tiff-jpeg": saved("TIFF", mode="RGB", compression="jpeg"),
        "tiff-frames": frames_in_ring(3),
        "pdf-drawn": page(b"BT /F 12 Tf 50 700 Td (Trang) Tj ET 0 0 9 9 re f " * 20),
        "pdf-scan": bytes(img2pdf.convert([picture, saved("JPEG")], nodate=True)),
        "pdf-fax": bytes(img2pdf.convert([frames.getvalue()], nodate=True)),
        "zip-bag": zipped(bag),
        "tar-bag": tarred(tar_entry("bagit.txt", size=len(BAG)), body=BAG.encode()),
    }


async def _check(trial: Trial, kinds: list[str]) -> list[Outcome]:
    outcomes = [await trial.put(kind, KINDS[kind]()) for kind in kinds]
    unnoticed = {one.kind for one in outcomes if one.page == TAKEN and TAKEN in {one.door, one.package}}
    assert unnoticed <= HARMLESS
    assert _too_large(outcomes) == []
    assert await _still_serves(trial)
    return outcomes


def _too_large(outcomes: list[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.most_bytes > MEMORY_BYTES + LIBRARIES_BYTES]


async def _still_serves(trial: Trial) -> bool:
    outcome = await trial.put("png-good", good_png())
    return outcome.door == outcome.page == TAKEN


def _figures(outcomes: list[Outcome]) -> dict[str, object]:
    return {
        "files": len(outcomes),
        "door": dict(Counter(one.door for one in outcomes)),
        "package": dict(Counter(one.package for one in outcomes)),
        "page": dict(Counter(one.page for one in outcomes)),
        "slowest_seconds": max(one.seconds for one in outcomes),
        "most_megabytes_of_a_worker": max(one.most_bytes for one in outcomes) // 1_000_000,
    }
