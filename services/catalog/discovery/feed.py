"""Keeps a search index like topic `records-current` says, in a thread beside the API."""

import asyncio
import re
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from services.catalog.metrics import INDEX_FAILURES
from services.catalog.search import SearchEngine, SearchEntry, SearchIndex
from shared.bus.follower import Follower
from shared.bus.messages import Message
from shared.events import CONTRACTS, Malformed, NewerVersion, UnknownType
from shared.events.records import Record, RecordChanged, WorkflowState
from shared.events.vocabulary import AccessLevel
from shared.settings import Settings
from shared.store.objects import ObjectMissing, Objects

log = structlog.get_logger(__name__)

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


def fresh_index(folder: Path) -> SearchIndex:
    """An empty index in a folder of its own below `folder`, whatever an earlier process left there."""
    path = folder / "records"
    shutil.rmtree(path, ignore_errors=True)
    return SearchIndex(path)


class Feed:
    """Applies messages of the record topic to an index; what anyone may know of is in it, and nothing else."""

    def __init__(self, engine: SearchEngine, objects: Objects) -> None:
        self._engine = engine
        self._objects = objects

    def apply(self, messages: Sequence[Message]) -> None:
        """Take a batch in and make it visible. A message that no contract describes is logged and counted.

        Raises ConnectionError while the object store is away, upon which the follower begins anew.
        """
        for message in messages:
            try:
                self._apply_one(message)
            except (Malformed, UnknownType, NewerVersion):
                INDEX_FAILURES.inc()
                log.exception("record_not_indexed", record=message.key)
        self._engine.commit()

    def _apply_one(self, message: Message) -> None:
        if message.value is None:
            self._engine.remove(message.key)
            return
        data = CONTRACTS.decode(message.value).data
        if not isinstance(data, RecordChanged):
            return
        if _known_to_all(data.record):
            self._engine.put(entry_of(data.record, self._text(data.record)))
        else:
            self._engine.remove(data.record.id)

    def _text(self, record: Record) -> str:
        """The full text, where anyone may read it."""
        if record.text is None or record.metadata.access_level != AccessLevel.PUBLIC:
            return ""
        try:
            body = asyncio.run(self._objects.get(record.text.key))
        except ObjectMissing:
            log.warning("record_text_missing", record=record.id, key=record.text.key)
            return ""
        except Exception as error:
            raise ConnectionError(f"the object store did not give {record.text.key}: {error}") from error
        return body.decode("utf-8", "replace")


class Following:
    """The thread that follows the topic for one api process."""

    def __init__(self, feed: Feed, settings: Settings) -> None:
        self._follower = Follower(RecordChanged.topic, feed.apply, settings)
        self._thread = threading.Thread(target=self._follower.run, name="search-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._follower.stop()
        self._thread.join(timeout=5)

    async def ready(self) -> str | None:
        """What keeps the index from being whole, if anything."""
        if not self._thread.is_alive():
            return "the search index is no longer fed"
        return None if self._follower.caught_up.is_set() else "the search index is being built"


def entry_of(record: Record, text: str) -> SearchEntry:
    """What search knows of a published record."""
    described = record.metadata
    public = described.access_level == AccessLevel.PUBLIC
    return SearchEntry.model_validate(
        {
            "id": record.id,
            "version": record.version,
            "title": described.title,
            "creators": described.creators,
            "subjects": described.subjects,
            "summary": described.summary or "",
            "text": text,
            "library": record.library,
            "library_name": record.library_name,
            "collection_class": described.collection_class,
            "year": year_of(described.date),
            "language": described.language,
            "published_at": record.published_at,
            "pages": record.pages,
            "thumbnail": f"/v1/records/{record.id}/pages/1/image" if public and record.manifest else None,
        }
    )


def year_of(date: str | None) -> int | None:
    """The first year that a date names, however it was written."""
    found = _YEAR.search(date or "")
    return int(found[0]) if found else None


def _known_to_all(record: Record) -> bool:
    return record.state == WorkflowState.PUBLISHED and record.metadata.access_level != AccessLevel.CLOSED
