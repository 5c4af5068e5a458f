"""Poems: the title stands above the verses."""

from collections.abc import Sequence

from services.ocr.description.lines import Line, Token
from services.ocr.description.matching import finding, letters, tokens_of
from services.ocr.description.names import (
    sentence,
)
from services.ocr.description.titlepage import authors_of, is_author, is_notice
from shared.events.draft import DocumentForm, MetadataDraft

VERSES = 6
VERSE_WORDS = 10


def poem_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    """Short lines with large first letters, most of them of one length or in turns of six and eight syllables."""
    lines = next((page for page in pages if page), ())
    author = next((line for line in reversed(lines) if is_author(line)), None)
    verses = [line for line in lines[1:] if line is not author and not is_notice(line)]
    if len(verses) < VERSES or not _metric(verses):
        return None
    title = lines[0]
    return MetadataDraft(
        form=DocumentForm.POEM,
        title=finding(sentence(title.text), "line-above-verses", title.tokens),
        authors=tuple(authors_of([author] if author else [])),
        document_type=finding("bai-tho", "verse", tokens_of(verses[:4])),
    )


def _metric(verses: Sequence[Line]) -> bool:
    lengths = [len(_syllables(line.tokens)) for line in verses]
    if max(lengths) > VERSE_WORDS:
        return False
    six_eight = sum(length == (6, 8)[index % 2] for index, length in enumerate(lengths))
    regular = max(lengths.count(length) for length in (4, 5, 6, 7, 8))
    capital = sum(line.text[:1].isupper() for line in verses)
    return max(six_eight, regular) >= 0.75 * len(verses) and capital >= 0.8 * len(verses)


def _syllables(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if letters(token.text)]
