"""The layout of the Tantivy index, and how an entry becomes a document of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import tantivy

from services.catalog.search.collation import beginning, sort_key
from services.catalog.search.entry import Kept, SearchEntry
from services.catalog.search.highlight import Passages
from services.catalog.search.query import Field, Word, words
from services.catalog.search.terms import class_terms, isbn_term

LAYOUT = "5"
"""Raised whenever documents are made in another way: snapshots of another layout are of no use."""
REPEATED = frozenset({Field.AUTHOR, Field.SUBJECT, Field.PUBLISHER})
"""Fields whose values stand in many entries."""
NOT_DIGITISED = "none"
"""The access level of a cluster without digitised documents."""
PASSAGE_SOURCE_CHARACTERS = 400_000  # about 200 pages; a match further on is found, but not shown in the hit
MAX_VALUE = 400
"""Characters of a whole value that are compared: longer titles are alike when they begin alike."""
SPREAD = 1e-4
"""How far, as a share of the score, equal scores are drawn apart, so that few hits share one place."""
BEFORE_DISPLAY = "\t"
"""Parts the folded form of a whole value from its written form; it stands in neither."""

_NUMBER = re.compile(r"\d+")

WORDS = "words"
TEXT_COLUMNS = {
    Field.ANYWHERE: "all",
    Field.TITLE: "title",
    Field.AUTHOR: "names",
    Field.SUBJECT: "subjects",
    Field.PUBLISHER: "publishers",
    Field.SERIES: "series",
}
"""Columns of folded words."""
EXACT_COLUMN = "all_exact"
"""All words with the marks they were written with."""
WHOLE_COLUMNS = {Field.TITLE: "title_whole", Field.AUTHOR: "names_whole", Field.SUBJECT: "subjects_whole"}
CODE_COLUMNS = {
    Field.ID: "id",
    Field.ISBN: "isbn",
    Field.ISSN: "issn",
    Field.LIBRARY: "library",
    Field.CLASS: "class",
    Field.COLLECTION: "collection",
    Field.LANGUAGE: "language",
    Field.FORM: "form",
    Field.ACCESS: "access",
    Field.TOPIC: "topic",
    Field.BY: "by",
    Field.ABOUT: "about",
}
COUNTED_COLUMNS = ("library", "main_class", "collection", "language", "form", "access")
"""Columns of codes that facets count."""
TOPIC_NUMBER = "topic_number"
"""Topics are counted by number: of so many values the engine would look most up in vain, in each of its segments."""


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for column in (*TEXT_COLUMNS.values(), EXACT_COLUMN):
        builder.add_text_field(column, tokenizer_name=WORDS, index_option="position")
    for column in (*WHOLE_COLUMNS.values(), *CODE_COLUMNS.values(), "main_class"):
        fast = column in COUNTED_COLUMNS
        builder.add_text_field(column, tokenizer_name="raw", index_option="basic", fast=fast)
    builder.add_text_field("by_title", tokenizer_name="raw", index_option="basic", fast=True)
    for column in ("version", "key", "holders", "by_year", "by_added", "title_start"):
        builder.add_unsigned_field(column, fast=True)
    builder.add_unsigned_field(TOPIC_NUMBER, fast=True, indexed=True)
    for column in ("year", "added"):
        builder.add_integer_field(column, fast=True, indexed=True)
    builder.add_boolean_field("removed", fast=True, indexed=True)
    builder.add_float_field("spread", fast=True)
    for column in ("entry", "passages", "aligned"):
        builder.add_bytes_field(column, stored=True)
    return builder.build()


def document_of(given: SearchEntry) -> tantivy.Document:
    entry, document = given.composed(), tantivy.Document()
    _add_texts(document, entry)
    _add_codes(document, entry)
    _add_orders(document, entry)
    document.add_bytes("entry", entry.as_json())
    if entry.text:
        shown = entry.text[:PASSAGE_SOURCE_CHARACTERS]
        document.add_bytes("passages", shown.encode())
        document.add_bytes("aligned", Passages.align(shown).encode())
    return document


def kept_of(document: tantivy.Document) -> Kept:
    return Kept.of_json(bytes(document.get_first("entry") or b""))


def whole(found: Iterable[Word]) -> str:
    """The folded form by which whole values are compared."""
    return " ".join(word.folded for word in found)[:MAX_VALUE]


def _add_texts(document: tantivy.Document, entry: SearchEntry) -> None:
    for field, value in texts_of(entry):
        exact, folded = forms_of(field, value)
        if not folded:
            continue
        document.add_text(TEXT_COLUMNS[Field.ANYWHERE], folded)
        document.add_text(EXACT_COLUMN, exact)
        if field is not Field.ANYWHERE:
            document.add_text(TEXT_COLUMNS[field], folded)
        if field in WHOLE_COLUMNS:
            written = " ".join(value.split())[:MAX_VALUE]
            document.add_text(WHOLE_COLUMNS[field], f"{folded[:MAX_VALUE]}{BEFORE_DISPLAY}{written}")


def forms_of(field: Field, value: str) -> tuple[str, str]:
    """The words of a value as they are written and folded."""
    return _forms_of_name(value) if field in REPEATED else _forms(value)


def _forms(value: str) -> tuple[str, str]:
    found = tuple(words(value))
    return " ".join(word.exact for word in found), " ".join(word.folded for word in found)


_forms_of_name = lru_cache(maxsize=32_768)(_forms)


def texts_of(entry: SearchEntry) -> Iterator[tuple[Field, str]]:
    yield Field.TITLE, entry.title
    yield from ((Field.AUTHOR, name) for name in entry.creators)
    yield from ((Field.SUBJECT, subject) for subject in entry.subjects)
    yield from ((Field.AUTHOR, name) for name in entry.creator_variants)
    yield from ((Field.SUBJECT, subject) for subject in entry.subject_variants)
    yield from ((Field.PUBLISHER, publisher) for publisher in entry.publishers)
    yield from ((Field.SERIES, series) for series in entry.series)
    others = (entry.summary, entry.edition, str(entry.year or ""), *entry.also, *entry.isbns, *entry.issns)
    yield from ((Field.ANYWHERE, text) for text in others if text)
    yield from ((Field.ANYWHERE, name) for name in dict.fromkeys(copy.library_name for copy in entry.digitised))
    yield Field.ANYWHERE, entry.text


def _add_codes(document: tantivy.Document, entry: SearchEntry) -> None:
    for column, values in codes_of(entry):
        for value in dict.fromkeys(values):
            document.add_text(column, value)
    for topic in dict.fromkeys(entry.subjects):
        document.add_unsigned(TOPIC_NUMBER, topic_number(topic))


def topic_number(topic: str) -> int:
    """Of 52 bits, for the engine counts in floating point; in one of 10^4 unions two of 10^6 topics share a number."""
    return _digest(topic) >> 12


def codes_of(entry: SearchEntry) -> Iterator[tuple[str, Iterable[str]]]:
    collections = [copy.collection_class for copy in entry.digitised]
    classes = [term for number in entry.classes for term in class_terms(number)]
    yield "isbn", map(isbn_term, entry.isbns)
    yield "issn", (number.replace("-", "").upper() for number in entry.issns)
    yield "library", (holder.library for holder in entry.libraries)
    yield "class", [*classes, *collections]
    yield "main_class", (f"{term}00" for term in classes if len(term) == 1)
    yield "collection", collections
    yield "language", [entry.language.lower()] if entry.language else []
    yield "form", [entry.form]
    yield "access", [copy.access_level for copy in entry.digitised] or [NOT_DIGITISED]
    yield "topic", entry.subjects
    yield "by", entry.by
    yield "about", entry.about


def _add_orders(document: tantivy.Document, entry: SearchEntry) -> None:
    key = key_of(entry.id)
    added = int(entry.added_at.timestamp())
    document.add_unsigned("key", key)
    document.add_float("spread", (key >> 40) / (1 << 24) * SPREAD)
    document.add_unsigned("holders", sum(holder.records for holder in entry.libraries))
    document.add_unsigned("by_added", (max(added, 0) & 0xFFFFFFFF) << 32 | key >> 32)
    document.add_unsigned("by_year", min(max(entry.year or 0, 0), 9999) << 48 | key >> 16)
    title = _title_order(entry)
    document.add_text("by_title", f"{title}\t{key:016x}")
    document.add_unsigned("title_start", beginning(title))
    document.add_integer("added", added)
    if entry.year is not None:
        document.add_integer("year", entry.year)


def _title_order(entry: SearchEntry) -> str:
    """By title, volumes of one title by their numbers."""
    volumes = " ".join(_NUMBER.sub(lambda found: found[0].zfill(6), part) for part in entry.parts)
    return f"{sort_key(entry.title)[:MAX_VALUE]}\t{sort_key(volumes)[:MAX_VALUE]}"


def key_of(cluster: str) -> int:
    """The number that orders equal scores: the same in every replica, unlike a position in the index."""
    return _digest(cluster)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
