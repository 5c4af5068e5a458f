"""`ocr.pages_1`, `ocr.pages_2`: pages a minute of one and two workers beside OCRmyPDF (`--jobs 1`, `--jobs 2`).

From one PDF of scans to text, hOCR, ALTO and PDF/A, all of them by each. `ocr.engine_1`, `ocr.engine_2`: the same
beside the bare engine with our preparation, our page images and its own writers. The scans are in colour, as those of
old paper are; `.grey` are the same pages in grey.

All start from nothing (processes, models) and stop when the last file is written. They take turns.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import img2pdf

from services.ocr.editions.pdf import About, PdfPage, bind_part, join
from services.ocr.reading.pool import ReadingPool, ReadPage
from services.ocr.reading.writers import alto, hocr
from tests.benchmarks.figures import Figure
from tests.benchmarks.ocr_accuracy import score
from tests.benchmarks.ocr_peers import (
    OCRMYPDF,
    OUTPUTS,
    ocrmypdf_command,
    require_ocrmypdf,
    through_bare_engine,
    through_ocrmypdf,
)
from tests.pages.damage import coloured
from tests.pages.sets import Page, page

COMMAND = "python -m tests.benchmarks --only ocr."
SUFFIXES = {"image/jpeg": ".jpg", "image/tiff": ".tif"}
KIND = "scan"

Reader = Callable[[Path, Path, int], list[str]]
"""From a PDF, a folder for results and a number of workers to the text of each page."""


PAPERS = {"": (238, 226, 200), ".grey": (255, 255, 255)}
"""RGB, by the end of the figures' names."""


def scans(drawn: list[Page], paper: tuple[int, int, int], folder: Path) -> Path:
    """The pages on such paper as one PDF of JPEGs."""
    files = []
    for number, one in enumerate(drawn):
        files.append(folder / f"{number:04}.jpg")
        coloured(one.image, paper).save(files[-1], quality=85, dpi=(one.damage.dpi, one.damage.dpi))
    source = folder / "scans.pdf"
    source.write_bytes(img2pdf.convert(list(map(str, files))))
    return source


def through_product(source: Path, folder: Path, workers: int, pages: int) -> list[str]:
    """A pool of workers as a service has it, every output written, bound to PDF/A."""
    read = asyncio.run(read_all(source, folder, workers, pages))
    part = folder / "part.pdf"
    bind_part([page for page, _ in read], part)
    about = About(title="scans", creators=(), language="vi", at=datetime.now(UTC))
    join([part], about, folder / "document.pdf")
    return [text for _, text in read]


async def read_all(source: Path, folder: Path, workers: int, pages: int) -> list[tuple[PdfPage, str]]:
    """Each page's files are written while others are read, as a service does it."""
    pool = ReadingPool(workers=workers)

    async def read(number: int) -> tuple[PdfPage, str]:
        page = await pool.read(source, "application/pdf", number)
        return await asyncio.to_thread(written, page, number, folder), page.reading.text

    try:
        return await asyncio.gather(*map(read, range(1, pages + 1)))
    finally:
        pool.close()


def written(page: ReadPage, number: int, folder: Path) -> PdfPage:
    stem = folder / f"page-{number:04}"
    reading, facsimile = page.reading, page.images.facsimile
    stem.with_suffix(".txt").write_text(reading.text, "utf-8")
    stem.with_suffix(".hocr").write_bytes(hocr(reading, number))
    stem.with_suffix(".xml").write_bytes(alto(reading, number))
    image = stem.with_suffix(SUFFIXES[facsimile.media_type])
    image.write_bytes(facsimile.body)
    return PdfPage(reading.width, reading.height, reading.dpi, image, stem.with_suffix(".xml"))


def figures(folder: Path, pages: int, rounds: int) -> Iterator[Figure]:
    """Ordinary scans of all layouts."""
    require_ocrmypdf()
    drawn = [page("tuned", KIND, number) for number in range(pages)]
    for suffix, paper in PAPERS.items():
        place = folder / f"scans{suffix}"
        place.mkdir()
        source = scans(drawn, paper, place)
        for workers in (1, 2):
            yield from in_turns(source, drawn, workers, rounds, f"{workers}{suffix}")


def in_turns(source: Path, drawn: list[Page], workers: int, rounds: int, suffix: str) -> Iterator[Figure]:
    pages = len(drawn)
    readers: dict[str, Reader] = {
        "product": lambda source, folder, workers: through_product(source, folder, workers, pages),
        "OCRmyPDF": through_ocrmypdf,
        "bare engine": lambda source, folder, workers: through_bare_engine(source, pages, folder, workers),
    }
    rates: dict[str, list[float]] = {name: [] for name in readers}
    cpu: dict[str, float] = {}
    errors: dict[str, float] = {}
    for turn in range(rounds):
        for name, reader in readers.items():
            place = source.parent / f"{workers}-{turn}-{name.replace(' ', '-')}"
            place.mkdir()
            started, used = time.monotonic(), cpu_seconds()
            texts = reader(source, place, workers)
            rates[name].append(60 * pages / (time.monotonic() - started))
            cpu[name] = round((cpu_seconds() - used) / pages, 3)
            errors[name] = error_rate(drawn, texts)
    yield from beside(suffix, workers, rates, errors, {"pages": pages, "cpu_seconds_per_page": cpu})


def cpu_seconds() -> float:
    """Of this process and of all its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def error_rate(drawn: list[Page], texts: list[str]) -> float:
    """Percent of all characters, wherever they stand."""
    scores = [score(one.texts, text) for one, text in zip(drawn, texts, strict=False)]
    return round(100 * sum(one.unordered_edits for one in scores) / sum(one.characters for one in scores), 3)


def beside(
    suffix: str, workers: int, rates: dict[str, list[float]], errors: dict[str, float], shared: dict[str, Any]
) -> Iterator[Figure]:
    peers = {"ocr.pages": "OCRmyPDF", "ocr.engine": "bare engine"}
    for name, peer in peers.items():
        details: dict[str, Any] = {
            **shared,
            "peer": f"{peer} {OCRMYPDF}" if peer == "OCRmyPDF" else peer,
            "peer_name": peer,
            "cer": errors["product"],
            "peer_cer": errors[peer],
        }
        if peer == "OCRmyPDF":
            command = ocrmypdf_command(Path("scans.pdf"), Path("out.pdf"), workers, Path(OUTPUTS.name))
            details["peer_command"] = " ".join(command[1:])
        yield Figure(
            f"{name}_{suffix}",
            unit="pages/min",
            command=COMMAND,
            runs=rates["product"],
            baseline_runs=rates[peer],
            details=details,
        )
