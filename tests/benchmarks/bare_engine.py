"""The baseline of `pipeline.pages`: the same preparation and outputs over the same files, with no service around.

`python -m tests.benchmarks.bare_engine FILE... [--processes N] [--pages N]` prints pages a minute as JSON. Without
files it draws `--pages` generated ones first.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

from deploy.local.samples.render import encoded, generate_pages
from services.ocr.reading.engine import loaded
from services.ocr.reading.pool import read_page
from services.ocr.reading.writers import alto, hocr
from shared.imaging.enclosure import ONE_THREAD
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits, MediaType

LIMITS = Limits()

Page = tuple[Path, MediaType, int]


def pages_per_minute(files: list[Path], processes: int, folder: Path) -> dict[str, float | int]:
    """Reads every page of the files; text, words, hOCR, ALTO and JPEG of each are written into the folder.

    Starting the processes and loading the model is not counted: a service does it once.
    """
    os.environ.update(ONE_THREAD)
    shapes = [(file, sniff_and_inspect(file, LIMITS)) for file in files]
    pages = [(file, shape.media_type, page.number) for file, shape in shapes for page in shape.pages]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(warm, range(processes), chunksize=1)
        started = time.monotonic()
        for _ in pool.imap_unordered(write_page, ((page, folder / f"{n:05}") for n, page in enumerate(pages))):
            pass
        seconds = time.monotonic() - started
    return {
        "pages": len(pages),
        "processes": processes,
        "seconds": round(seconds, 2),
        "pages_per_minute": round(60 * len(pages) / seconds, 1),
    }


def warm(_: int) -> None:
    loaded("vie")


def write_page(job: tuple[Page, Path]) -> None:
    (path, media_type, number), stem = job
    page = read_page(path, media_type, number, LIMITS)
    stem.with_suffix(".txt").write_text(page.reading.text, "utf-8")
    stem.with_suffix(".json").write_text(page.reading.model_dump_json(), "utf-8")
    stem.with_suffix(".hocr").write_bytes(hocr(page.reading, number))
    stem.with_suffix(".xml").write_bytes(alto(page.reading, number))
    stem.with_suffix(".jpg").write_bytes(page.images.web)
    stem.with_suffix(".thumbnail.jpg").write_bytes(page.images.thumbnail)
    stem.with_suffix(".facsimile").write_bytes(page.images.facsimile.body)
    stem.with_suffix(".tif").write_bytes(page.images.tiles)


def drawn_files(count: int, seed: int, folder: Path) -> list[Path]:
    files = []
    for number, page in enumerate(generate_pages(count, seed), start=1):
        file = folder / f"page-{number:05}.png"
        file.write_bytes(encoded(page.image, "PNG"))
        files.append(file)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as inputs, tempfile.TemporaryDirectory() as outputs:
        files = arguments.files or drawn_files(arguments.pages, arguments.seed, Path(inputs))
        print(json.dumps(pages_per_minute(files, arguments.processes, Path(outputs))))  # noqa: T201, its result


if __name__ == "__main__":
    main()
