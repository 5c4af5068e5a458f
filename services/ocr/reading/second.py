"""A second opinion: words the first model was unsure of are read again by another, and the likelier of the two kept."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

import cv2

from services.ocr.reading.bigrams import bigrams
from services.ocr.reading.correction import syllable_of
from services.ocr.reading.engine import has_model, loaded, recognise_line
from services.ocr.reading.limits import SECOND
from services.ocr.reading.preparation import PreparedPage, as_pixels
from services.ocr.reading.word import Box, Word, bounds
from services.ocr.spelling.words import odd_words
from shared.vietnamese.orthography import is_syllable

OTHER_MODEL = {"vie": "Vietnamese", "Vietnamese": "vie"}
"""Both read Vietnamese and are trained apart: where one loses a mark the other seldom does."""
MIXED = re.compile(r"\d[^\W\d_]|[^\W\d_]\d")


def seconded(page: PreparedPage, words: Sequence[Word], model: str) -> Sequence[Word]:
    """The same words, the doubtful ones as the likelier model read them; lines and blocks stay."""
    other = OTHER_MODEL.get(model)
    if other is None or not has_model(other):
        return words
    return [word for span, doubtful in spans(words) for word in (reread(page, span, other) if doubtful else span)]


def spans(words: Sequence[Word]) -> Iterator[tuple[list[Word], bool]]:
    """The words cut into runs within a line: those near a doubtful word, and the others."""
    near = [
        any(
            other.confidence < SECOND.sure and other.line == word.line for other in words[max(0, place - 1) : place + 2]
        )
        for place, word in enumerate(words)
    ]
    for (_, doubtful), run in groupby(zip(words, near, strict=True), key=lambda pair: (pair[0].line, pair[1])):
        yield [word for word, _ in run], doubtful


def reread(page: PreparedPage, span: Sequence[Word], model: str) -> list[Word]:
    box = box_around(page, span)
    part = page.pixels[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    scale = min(1.0, SECOND.line / box[3])
    size = max(1, round(box[2] * scale)), max(1, round(box[3] * scale))
    again = recognise_line(loaded(model), as_pixels(cv2.resize(part, size, interpolation=cv2.INTER_AREA)), page.dpi)
    found = [placed(word, box, scale, span[0]) for word in again]
    return merged(span, [word for word in found if lies_within(word, bounds(span))])


def placed(word: Word, box: Box, scale: float, beside: Word) -> Word:
    """The word where it stands on the page, in the line of the one beside it."""
    x, y, width, height = (round(length / scale) for length in word.box)
    place = {"x": box[0] + x, "y": box[1] + y, "width": max(1, width), "height": max(1, height)}
    return word.model_copy(update={**place, "block": beside.block, "line": beside.line})


def box_around(page: PreparedPage, span: Sequence[Word]) -> Box:
    """With room for the marks that the first model did not see."""
    x, y, width, height = bounds(span)
    room = round(height * SECOND.room)
    most_down, most_across = page.pixels.shape
    left, top = max(0, x - room), max(0, y - room)
    return left, top, min(most_across, x + width + room) - left, min(most_down, y + height + room) - top


def lies_within(word: Word, box: Box) -> bool:
    """Whether its middle is there: the room around a run may hold pieces of the lines above and below."""
    x, y, width, height = box
    return x <= word.x + word.width / 2 <= x + width and y <= word.y + word.height / 2 <= y + height


def merged(first: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    """Where they differ, word by word or run by run, the likelier."""
    kept: list[Word] = []
    one, two = [word.text for word in first], [word.text for word in second]
    for tag, start, end, from_, to in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        ours, theirs = first[start:end], second[from_:to]
        if tag == "equal":
            kept += ours
        elif len(ours) == len(theirs):
            for place, (a, b) in enumerate(zip(ours, theirs, strict=True), start=start):
                kept.append(likelier_word(a, b, before=kept[-1:], after=first[place + 1 : place + 2]))
        else:
            kept += likelier_run(ours, theirs)
    return kept


def likelier_word(first: Word, second: Word, *, before: Sequence[Word], after: Sequence[Word]) -> Word:
    """What is spelled as words are, then what its model was surer of and what fits its neighbours."""
    if is_odd([first]) != is_odd([second]):
        return second if is_odd([first]) else first
    gain = second.confidence - first.confidence + SECOND.context * better_fit(first, second, before, after)
    return second if gain > 0 else first


def better_fit(first: Word, second: Word, before: Sequence[Word], after: Sequence[Word]) -> float:
    """How much likelier the second is beside its neighbours: difference of natural logarithms, within limits."""
    one, two = syllable(first), syllable(second)
    if one is None or two is None:
        return 0.0
    previous = syllable(before[-1]) if before and before[-1].text[-1:].isalpha() else None
    following = syllable(after[0]) if after and first.text[-1:].isalpha() else None
    gain = fit(two, previous, following) - fit(one, previous, following)
    return max(-SECOND.most_context, min(SECOND.most_context, gain))


def syllable(word: Word) -> str | None:
    found = syllable_of(word.text)
    return found if found and is_syllable(found) else None


def fit(word: str, before: str | None, after: str | None) -> float:
    model = bigrams()
    return model.log(word, before) + (model.log(after, word) if after else 0.0)


def likelier_run(first: Sequence[Word], second: Sequence[Word]) -> Sequence[Word]:
    """Nothing is added or lost between two readings; runs of other numbers of words differ in where words end."""
    if not first or not second:
        return first
    return second if likelihood(second) > likelihood(first) else first


def likelihood(run: Sequence[Word]) -> tuple[bool, float]:
    return not is_odd(run), min(word.confidence for word in run)


def is_odd(run: Sequence[Word]) -> bool:
    """Whether a word is spelled as nobody would, or is a number with a letter in it."""
    texts = [word.text for word in run]
    return any(odd_words([texts])[0]) or any(MIXED.search(text) for text in texts)
