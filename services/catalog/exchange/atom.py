"""What came into a part of the union last, as Atom (RFC 4287). No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.catalog.exchange.xml import DECLARATION, attribute, moment, text

MEDIA_TYPE = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Entry:
    """An edition. address: absolute; updated: when it came into the union."""

    address: str
    title: str
    updated: datetime
    authors: tuple[str, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """address: of the feed itself; page: of the part; name: of the union, the author where an edition has none."""

    address: str
    page: str
    title: str
    subtitle: str
    name: str
    language: str
    updated: datetime
    entries: Sequence[Entry]


def as_atom(feed: Feed) -> bytes:
    return "".join(_document(feed)).encode()


def _document(feed: Feed) -> Iterator[str]:
    yield f'{DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={attribute(feed.language)}>\n'
    yield f"<id>{text(feed.address)}</id>\n<title>{text(feed.title)}</title>\n"
    yield f"<subtitle>{text(feed.subtitle)}</subtitle>\n"
    yield f'<link rel="self" type="application/atom+xml" href={attribute(feed.address)}/>\n'
    yield f'<link rel="alternate" type="text/html" href={attribute(feed.page)}/>\n'
    yield f"<updated>{moment(feed.updated)}</updated>\n<author><name>{text(feed.name)}</name></author>\n"
    for entry in feed.entries:
        yield from _entry(entry)
    yield "</feed>\n"


def _entry(entry: Entry) -> Iterator[str]:
    yield f"<entry>\n<id>{text(entry.address)}</id>\n<title>{text(entry.title)}</title>\n"
    yield f'<link rel="alternate" type="text/html" href={attribute(entry.address)}/>\n'
    yield f"<updated>{moment(entry.updated)}</updated>\n"
    yield from (f"<author><name>{text(name)}</name></author>\n" for name in entry.authors)
    yield f"<summary>{text(entry.summary)}</summary>\n</entry>\n"
