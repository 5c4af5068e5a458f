"""Readings made by hand, for what comes after reading."""

from services.ocr.reading.engine import PageReading, Region, Word
from services.ocr.reading.measures import PageMeasures

MEASURES = PageMeasures(
    dpi=300,
    bilevel=False,
    paper=250,
    unevenness=3,
    contrast=200,
    grain=1,
    specks=0,
    blur=2,
    ink=0.03,
    show_through=0,
    border=0,
    letter=30,
    sideways=0.5,
)


def reading_of(*parts: tuple[str, str], width: int = 2480, height: int = 3508) -> PageReading:
    """A page whose parts, each a region's kind and one line of text, stand one below the other."""
    words: list[Word] = []
    regions: list[Region] = []
    for line, (kind, text) in enumerate(parts, start=1):
        first = len(words)
        for place, token in enumerate(text.split()):
            box = {"x": 200 + 220 * place, "y": 100 * line, "width": 200, "height": 60}
            words.append(Word(text=token, **box, confidence=91.5, block=line, line=line))
        places = tuple(range(first, len(words)))
        box = {"x": 200, "y": 100 * line, "width": 220 * len(places), "height": 60}
        regions.append(Region.model_validate({"kind": kind, **box, "words": places}))
    return PageReading(
        text="\n\n".join(text for _, text in parts),
        words=tuple(words),
        confidence=91.5,
        engine="tesseract",
        engine_version="5.5.4",
        model="vie",
        steps=("whiten",),
        width=width,
        height=height,
        dpi=300,
        seconds=1.0,
        measures=MEASURES,
        regions=tuple(regions),
    )
