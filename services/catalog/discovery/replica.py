"""One replica's search index: built beside the one that answers, followed, kept in snapshots, built anew on request."""

import asyncio
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from services.catalog.discovery.feed import Feed
from services.catalog.discovery.snapshots import Copied, Snapshots, copy, is_due
from services.catalog.metrics import SNAPSHOT_FAILURES
from services.catalog.search import SearchIndex, Serving
from shared.bus.follower import Follower
from shared.bus.messages import Message
from shared.events.clusters import ClusterChanged
from shared.settings import Settings
from shared.store.objects import Objects

log = structlog.get_logger(__name__)

WATCH_SECONDS = 0.2
STOP_SECONDS = 5.0


def empty_index(folder: Path) -> SearchIndex:
    """An index without anything in it, whatever an earlier process left in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    return SearchIndex(folder)


@dataclass(frozen=True)
class Means:
    """What builds of a replica share."""

    folder: Path
    objects: Objects
    settings: Settings
    snapshot_every: timedelta


class Build:
    """One index that follows the topic in a thread: from the newest snapshot, or from the topic's beginning."""

    def __init__(self, means: Means, number: int, *, from_snapshot: bool) -> None:
        self._means = means
        self._path = means.folder / f"index-{number}"
        self._from_snapshot = from_snapshot
        self._kafka_cluster: str | None = None
        self._feed: Feed | None = None
        self._looked_at = time.monotonic()
        self._uploading: threading.Thread | None = None
        self.index: SearchIndex | None = None
        self.follower = Follower(ClusterChanged.topic, self._apply, means.settings, self._begin)
        self._thread = threading.Thread(target=self.follower.run, name=f"search-index-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """End following; the folder stays until `discard`, for searches that are under way."""
        self.follower.stop()
        self._thread.join(timeout=STOP_SECONDS)
        if self.index is not None:
            self.index.close()

    def discard(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)

    def _begin(self, kafka_cluster: str) -> Mapping[int, int]:
        """Where to go on; another cluster's log is read from its beginning into the index as it is."""
        if self._feed is None or self.index is None:
            offsets = self._restored(kafka_cluster) if self._from_snapshot else None
            self.index = SearchIndex(self._path) if offsets is not None else empty_index(self._path)
            self._feed = Feed(self.index, self._means.objects, offsets)
        elif kafka_cluster != self._kafka_cluster:
            self._feed = Feed(self.index, self._means.objects)
        self._kafka_cluster = kafka_cluster
        return self._feed.offsets

    def _restored(self, kafka_cluster: str) -> Mapping[int, int] | None:
        try:
            return asyncio.run(Snapshots(self._means.objects, kafka_cluster).restore(self._path))
        except Exception as error:
            raise ConnectionError(f"the object store did not say which snapshots it has: {error}") from error

    def _apply(self, messages: Sequence[Message]) -> None:
        if self._feed is None:
            raise RuntimeError("messages came before the beginning")
        self._feed.apply(messages)
        if not messages and self.follower.caught_up.is_set() and self._feed.offsets:
            self._keep_snapshot(self._feed.offsets)

    def _keep_snapshot(self, offsets: Mapping[int, int]) -> None:
        """Now and then; it is stored while following goes on. One that fails is counted: the index itself is whole."""
        uploading = self._uploading is not None and self._uploading.is_alive()
        waited = time.monotonic() - self._looked_at
        if uploading or self._kafka_cluster is None or waited < self._means.snapshot_every.total_seconds():
            return
        self._looked_at = time.monotonic()
        try:
            copied = copy(self._path, offsets, self._means.folder / "snapshot")
        except OSError:
            SNAPSHOT_FAILURES.labels("made").inc()
            log.exception("snapshot_failed")
            return
        snapshots = Snapshots(self._means.objects, self._kafka_cluster)
        self._uploading = threading.Thread(target=self._store, args=(snapshots, copied), daemon=True)
        self._uploading.start()

    def _store(self, snapshots: Snapshots, copied: Copied) -> None:
        """Where no replica stored one lately. Nothing here may keep the index from following."""
        try:
            if is_due(asyncio.run(snapshots.newest()), self._means.snapshot_every):
                log.info("snapshot_stored", name=asyncio.run(snapshots.put(copied)))
        except Exception:
            SNAPSHOT_FAILURES.labels("made").inc()
            log.exception("snapshot_failed")
        finally:
            shutil.rmtree(copied.folder, ignore_errors=True)


class Replica:
    """Keeps `serving` answered by a whole index; while another is built, the one before goes on answering."""

    def __init__(self, serving: Serving, means: Means) -> None:
        self._serving = serving
        self._means = means
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._started = 1
        self._current = Build(means, self._started, from_snapshot=True)
        self._next: Build | None = None

    def start(self) -> None:
        for left in self._means.folder.glob("index-*"):  # by a process before this one
            shutil.rmtree(left, ignore_errors=True)
        self._current.start()
        self._watch(self._current)

    def stop(self) -> None:
        self._stopping.set()
        for build in filter(None, (self._current, self._next)):
            build.stop()

    def rebuild(self) -> bool:
        """Begin to build an index from all that the topic holds; whether none was being built already."""
        with self._changing:
            if self._next is not None or not self._current.follower.caught_up.is_set():
                return False
            self._started += 1
            self._next = Build(self._means, self._started, from_snapshot=False)
            self._next.start()
            self._watch(self._next)
            return True

    async def ready(self) -> str | None:
        """What keeps the index from being whole, if anything."""
        if not self._current.alive:
            return "the search index is no longer fed"
        return None if self._current.follower.caught_up.is_set() else "the search index is being built"

    def _watch(self, build: Build) -> None:
        threading.Thread(target=self._serve_when_whole, args=(build,), name="search-swap", daemon=True).start()

    def _serve_when_whole(self, build: Build) -> None:
        while not build.follower.caught_up.wait(WATCH_SECONDS):
            if self._stopping.is_set():
                return
        if build.index is None:
            raise RuntimeError("an index was caught up that was never begun")
        with self._changing:
            self._serving.swap(build.index)
            before, self._current, self._next = self._current, build, None
        log.info("search_index_serves", folder=str(self._means.folder))
        if before is not build:
            before.stop()
            before.discard()
