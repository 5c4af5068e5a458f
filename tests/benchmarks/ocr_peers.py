"""What reading is timed beside: OCRmyPDF in a venv of its own, and the bare engine with our preparation.

Both give what reading gives: text, hOCR, ALTO and a searchable PDF of every page.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tesserocr
from PIL import Image

from deploy.local.settings import ROOT
from services.ocr.editions.images import PageImages, images_of
from services.ocr.reading.engine import tessdata
from services.ocr.reading.measures import measure
from services.ocr.reading.pages import render
from services.ocr.reading.preparation import prepare
from shared.imaging.enclosure import ONE_THREAD
from shared.imaging.shapes import Limits

OCRMYPDF = "17.13.0"
VENV = ROOT / "var" / "peers" / f"ocrmypdf-{OCRMYPDF}"
OUTPUTS = Path(__file__).with_name("ocrmypdf.cfg")
LIMITS = Limits()
MODEL = "vie"
WRITERS = ("tessedit_create_txt", "tessedit_create_hocr", "tessedit_create_alto", "tessedit_create_pdf")


def ocrmypdf_command(source: Path, target: Path, jobs: int, outputs: Path = OUTPUTS) -> list[str]:
    """PDF/A and text; hOCR and ALTO, which it has no option for, are asked of its engine and stay in its folder."""
    return [
        str(VENV / "bin" / "ocrmypdf"),
        *("--jobs", str(jobs), "--language", MODEL, "--optimize", "0", "--quiet"),
        *("--tesseract-config", str(outputs), "--keep-temporary-files"),
        *("--sidecar", str(target.with_suffix(".txt")), str(source), str(target)),
    ]


def require_ocrmypdf() -> None:
    """Installs the pinned release into var; Debian's tesseract-ocr and ghostscript must be there."""
    lacking = [program for program in ("tesseract", "gs") if shutil.which(program) is None]
    if lacking:
        sys.exit(f"OCRmyPDF needs {' and '.join(lacking)}: apt-get install tesseract-ocr ghostscript")
    if not (VENV / "bin" / "ocrmypdf").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", f"ocrmypdf=={OCRMYPDF}"], check=True)


def through_ocrmypdf(source: Path, folder: Path, jobs: int) -> list[str]:
    """Reads the PDF; returns each page's text."""
    target = folder / "ocrmypdf.pdf"
    subprocess.run(ocrmypdf_command(source, target, jobs), check=True, env=os.environ | {"TMPDIR": str(folder)})
    texts = target.with_suffix(".txt").read_text("utf-8").split("\f")
    for written in ("*_hocr.hocr", "*_hocr.xml"):
        if len(list(folder.rglob(written))) < len(texts):
            sys.exit(f"OCRmyPDF did not write all of {written}: is {OUTPUTS} still what its engine understands?")
    return texts


def through_bare_engine(source: Path, pages: int, folder: Path, processes: int) -> list[str]:
    """Tesseract in a plain pool: our rendering, preparation and page images; its text, hOCR, ALTO and PDF of a page."""
    os.environ.update(ONE_THREAD)
    jobs = [(source, number, folder / f"bare-{number:04}") for number in range(1, pages + 1)]
    with multiprocessing.get_context("spawn").Pool(processes, initializer=load) as pool:
        pool.starmap(write_page, jobs, chunksize=1)
    return [stem.with_suffix(".txt").read_text("utf-8") for _, _, stem in jobs]


ENGINE: list[tesserocr.PyTessBaseAPI] = []
"""The engine of this process: one, filled by `load`."""


def load() -> None:
    api = tesserocr.PyTessBaseAPI(path=str(tessdata()), lang=MODEL, psm=tesserocr.PSM.AUTO)
    for writer in WRITERS:
        api.SetVariable(writer, "true")
    ENGINE.append(api)


def write_page(source: Path, number: int, stem: Path) -> None:
    image = render(source, "application/pdf", number, LIMITS)
    dpi = round(image.shape.dpi * image.scale)
    prepared = prepare(image.grey, dpi, LIMITS.rendered_pixels, measure(image.grey, dpi))
    picture = Image.fromarray(prepared.pixels)
    picture.info["dpi"] = (prepared.dpi, prepared.dpi)
    ENGINE[0].ProcessPage(str(stem), picture, number - 1, "")
    stem.with_suffix(".images").write_bytes(b"".join(bytes_of(images_of(image))))


def bytes_of(images: PageImages) -> tuple[bytes, ...]:
    return images.thumbnail, images.web, images.facsimile.body, images.tiles
