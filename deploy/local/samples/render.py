"""Writes the sample documents and says what is true of them; the same seed gives the same pages."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import img2pdf
import pikepdf
import yaml
from PIL import Image

from deploy.local.samples import damage, drawing
from shared.events.vocabulary import DocumentMetadata

HERE = Path(__file__).parent
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Sample:
    """A written document. pages: the true text of each page, none where the file cannot be read."""

    name: str
    kind: str
    library: str
    path: Path
    media_type: str
    metadata: DocumentMetadata
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GeneratedPage:
    """Grey, 300 dpi, A4, with its true text."""

    image: Image.Image
    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file's bytes, its type, and the true text of its pages."""

    content: bytes
    suffix: str
    media_type: str
    pages: tuple[str, ...]


def render_samples(folder: Path, seed: int = 1) -> list[Sample]:
    """Writes the documents of samples.yaml into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "samples.yaml").read_text("utf-8"))
    return [render_sample(entry, folder, seed) for entry in entries]


def render_sample(entry: dict[str, Any], folder: Path, seed: int) -> Sample:
    drawn = KINDS[entry["kind"]](entry["name"], seed)
    path = folder / f"{entry['name']}{drawn.suffix}"
    path.write_bytes(drawn.content)
    return Sample(
        name=entry["name"],
        kind=entry["kind"],
        library=entry["library"],
        path=path,
        media_type=drawn.media_type,
        metadata=DocumentMetadata.model_validate(entry["metadata"]),
        pages=drawn.pages,
    )


def generate_pages(count: int, seed: int) -> Iterator[GeneratedPage]:
    """Full pages of prose, each different, made of the samples' sentences; for measuring."""
    sentences = all_sentences()
    for number in range(1, count + 1):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311, not for secrets
        family, points = chance.choice(["DejaVuSerif", "DejaVuSans"]), chance.choice([11, 12, 13])
        text = full_page(f"Tờ số {number}", sentences, drawing.load_font(family, points), chance)
        yield GeneratedPage(drawing.draw_page(text, family=family, points=points), text)


def full_page(heading: str, sentences: list[str], font: drawing.Font, chance: random.Random) -> str:
    paragraphs = [heading]
    rows_left = drawing.capacity(font)
    while True:
        paragraph = " ".join(chance.sample(sentences, 5))
        rows_left -= 1 + len(list(drawing.wrap(paragraph, font, drawing.PAGE_SIZE[0] - 2 * drawing.MARGIN)))
        if rows_left < 0:
            return "\n\n".join(paragraphs)
        paragraphs.append(paragraph)


def all_sentences() -> list[str]:
    sources = sorted((HERE / "texts").glob("*.txt"))
    paragraphs = [line for path in sources for line in path.read_text("utf-8").splitlines() if line.endswith(".")]
    return [f"{sentence.rstrip('.')}." for paragraph in paragraphs for sentence in paragraph.split(". ")]


def page_texts(name: str) -> tuple[str, ...]:
    content = (HERE / "texts" / f"{name}.txt").read_text("utf-8")
    return tuple(page.strip() for page in content.split("\n---\n"))


def clean(name: str, seed: int) -> Drawn:  # noqa: ARG001, each kind is drawn by the same call
    (text,) = page_texts(name)
    return Drawn(encoded(drawing.draw_page(text), "PNG"), ".png", "image/png", (text,))


def degraded(name: str, seed: int) -> Drawn:
    (text,) = page_texts(name)
    (back,) = generate_pages(1, seed)
    photo = damage.age(drawing.draw_page(text, points=13), back.image, seed)
    return Drawn(encoded(photo, "JPEG", dpi=damage.DPI, quality=60), ".jpg", "image/jpeg", (text,))


def two_column(name: str, seed: int) -> Drawn:  # noqa: ARG001
    (text,) = page_texts(name)
    page = drawing.draw_page(text, points=11, columns=2)
    return Drawn(encoded(page, "TIFF", compression="tiff_lzw"), ".tif", "image/tiff", (text,))


def book(name: str, seed: int) -> Drawn:  # noqa: ARG001
    pages = page_texts(name)
    return Drawn(image_pdf([drawing.draw_page(page, points=14) for page in pages]), ".pdf", PDF, pages)


def broken(name: str, seed: int) -> Drawn:  # noqa: ARG001
    whole = image_pdf([page.image for page in generate_pages(2, seed)])
    return Drawn(whole[: len(whole) // 2], ".pdf", PDF, ())


def eicar(name: str, seed: int) -> Drawn:  # noqa: ARG001
    """A good PDF that carries the EICAR test file as an attachment.

    The string is put together here, so that virus scanners leave this source alone.
    """
    text = "Tệp thử của trình quét mã độc\n\nTrang này vô hại; tệp đính kèm chỉ để thử trình quét."
    signature = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"
    content = io.BytesIO()
    with pikepdf.open(io.BytesIO(image_pdf([drawing.draw_page(text, points=14)]))) as document:
        document.attachments["eicar.com"] = signature.encode("ascii")
        # Scanners look into plain objects, not into compressed object streams.
        plain = pikepdf.ObjectStreamMode.disable
        document.save(content, deterministic_id=True, compress_streams=False, object_stream_mode=plain)
    return Drawn(content.getvalue(), ".pdf", PDF, (text,))


KINDS: dict[str, Callable[[str, int], Drawn]] = {
    "clean": clean,
    "degraded": degraded,
    "two-column": two_column,
    "book": book,
    "broken": broken,
    "eicar": eicar,
}


def image_pdf(pages: list[Image.Image]) -> bytes:
    """A PDF of nothing but page images, the same bytes every time."""
    images = [encoded(page, "PNG") for page in pages]
    content: bytes = img2pdf.convert(images, nodate=True, engine=img2pdf.Engine.internal)
    return content


def encoded(page: Image.Image, image_format: str, *, dpi: int = drawing.DPI, **options: Any) -> bytes:
    content = io.BytesIO()
    page.save(content, image_format, dpi=(dpi, dpi), **options)
    return content.getvalue()
