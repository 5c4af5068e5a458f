"""Keeps a search index like topic `records-current` says: one message, one cluster."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import structlog

from services.catalog.metrics import INDEX_FAILURES
from services.catalog.search import SearchEngine, entry_of
from shared.bus.messages import Message
from shared.events import CONTRACTS, Malformed, NewerVersion, UnknownType
from shared.events.clusters import ClusterChanged, ClusterView, DigitisedCopy
from shared.events.vocabulary import AccessLevel
from shared.store.objects import ObjectMissing, Objects

log = structlog.get_logger(__name__)

COMMIT_SECONDS = 1.0
"""While messages come in a stream, they are made visible this often: a commit costs as much as hundreds of them."""
CLUSTER_KEYS = "c-"
"""How the keys of clusters begin; the topic also carries the state of single records."""


class Feed:
    """Applies messages of the topic to an index, and knows up to which of them the index is whole."""

    def __init__(self, engine: SearchEngine, objects: Objects, offsets: Mapping[int, int] | None = None) -> None:
        self._engine = engine
        self._objects = objects
        self._taken = dict(offsets or {})
        self._committed_at = 0.0
        self.offsets: Mapping[int, int] = dict(self._taken)
        """For each partition the first message that the committed index does not hold."""

    def apply(self, messages: Sequence[Message]) -> None:
        """Take a batch in; an empty one makes visible what was taken in. Messages without a contract are counted.

        Raises ConnectionError while the object store is away; what the batch says is then still to be taken.
        """
        texts = _Texts(self._objects)
        for message in messages:
            if message.key.startswith(CLUSTER_KEYS):
                self._take(message, texts)
            self._taken[message.partition] = message.offset + 1
        if not messages or time.monotonic() - self._committed_at > COMMIT_SECONDS:
            self._commit()

    def _commit(self) -> None:
        if self._taken == self.offsets:
            return
        self._engine.commit()
        self.offsets = dict(self._taken)
        self._committed_at = time.monotonic()

    def _take(self, message: Message, texts: "_Texts") -> None:
        if message.value is None:
            self._engine.remove(message.key)
            return
        try:
            data = CONTRACTS.decode(message.value).data
        except (Malformed, UnknownType, NewerVersion):
            INDEX_FAILURES.inc()
            log.exception("cluster_not_indexed", cluster=message.key)
            return
        if isinstance(data, ClusterChanged):
            self._engine.put(entry_of(data.cluster, texts.of(data.cluster)))


class _Texts:
    """The full texts of digitised documents, where anyone may read them."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def of(self, cluster: ClusterView) -> str:
        return "\n\n".join(filter(None, (self._text(copy) for copy in cluster.digitised)))

    def _text(self, copy: DigitisedCopy) -> str:
        if copy.text is None or copy.access_level != AccessLevel.PUBLIC:
            return ""
        try:
            body = asyncio.run(self._objects.get(copy.text.key))
        except ObjectMissing:
            log.warning("record_text_missing", record=copy.record, key=copy.text.key)
            return ""
        except Exception as error:
            raise ConnectionError(f"the object store did not give {copy.text.key}: {error}") from error
        return body.decode("utf-8", "replace")
