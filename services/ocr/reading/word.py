"""A word on a page and the box around it."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels from the top left."""


class Word(BaseModel):
    """A word (NFC) and its box on the page's image, upright: pixels from the top left. Confidence: 0 to 100.

    block, line: numbers from 1 on the page, in reading order.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    x: int
    y: int
    width: int
    height: int
    confidence: float
    block: int
    line: int
    raw: str | None = None
    """What the engine read, where a correction changed it."""

    @property
    def box(self) -> Box:
        return self.x, self.y, self.width, self.height


def bounds(words: Iterable[Word]) -> Box:
    """The box around all of them; at least one."""
    boxes = [(word.x, word.y, word.x + word.width, word.y + word.height) for word in words]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return left, top, max(box[2] for box in boxes) - left, max(box[3] for box in boxes) - top
