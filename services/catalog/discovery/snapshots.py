"""Copies of the search index in the object store, from which a new replica starts and follows on.

A snapshot is a folder of files and, written last, its manifest. It is good for one layout and one Kafka cluster only:
offsets mean nothing in another. Of each such pair the newest KEPT stay; what nobody of another layout or cluster has
renewed for FORGOTTEN_AFTER goes as a whole.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from services.catalog.metrics import SNAPSHOT_FAILURES
from services.catalog.search import LAYOUT, SearchIndex
from shared.store.objects import ObjectMissing, Objects

log = structlog.get_logger(__name__)

ROOT = "search-index"
KEPT = 2
FORGOTTEN_AFTER = timedelta(days=14)
"""Until then a release may be taken back, and its replicas start from their own snapshots."""
ATTEMPTS = 5
"""Merging takes files away while they are being linked; then it is tried again."""
_NAME = "%Y%m%dT%H%M%SZ"
_MANIFEST = "manifest.json"
_META = "meta.json"


class Manifest(BaseModel):
    """What a snapshot holds. `offsets`: for each partition the first message that it does not hold; `files`: SHA-256 by
    name, for the engine ends its process over a file that is not as it left it.
    """

    model_config = ConfigDict(frozen=True)

    offsets: Mapping[int, int]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Copied:
    """An index as it was at some moment: links to its files in a folder of their own, and up to where it is whole."""

    folder: Path
    offsets: Mapping[int, int]


def copy(index: Path, offsets: Mapping[int, int], into: Path) -> Copied:
    """Link the files of a committed index, whose next commit may begin when this returns. Raises OSError."""
    for attempt in range(ATTEMPTS):
        _empty(into)
        try:
            _link(index, into)
            return Copied(into, dict(offsets))
        except FileNotFoundError:
            log.info("snapshot_again", attempt=attempt)
    raise FileNotFoundError(f"{index} is being merged all the time")


def _link(index: Path, into: Path) -> None:
    """Raises FileNotFoundError where a file of the index's present state was merged away meanwhile."""
    shutil.copy(index / _META, into / _META)
    for file in index.iterdir():
        if file.name != _META and not file.name.endswith(".lock"):
            os.link(file, into / file.name)
    try:
        SearchIndex(into)
    except ValueError as error:
        raise FileNotFoundError(str(error)) from error


class Snapshots:
    """The snapshots of one layout and one Kafka cluster."""

    def __init__(self, objects: Objects, kafka_cluster: str) -> None:
        self._objects = objects
        self._prefix = f"{ROOT}/{LAYOUT}-{version('tantivy')}/{kafka_cluster}"

    async def restore(self, folder: Path) -> Mapping[int, int] | None:
        """Fetch the newest whole snapshot into a folder; the offsets to follow on from, None where there is none."""
        for name in reversed(await self._names()):
            await asyncio.to_thread(_empty, folder)
            try:
                return await self._fetch(name, folder)
            except (ObjectMissing, ValidationError, ValueError, OSError) as error:
                SNAPSHOT_FAILURES.labels("taken").inc()
                log.warning("snapshot_not_taken", name=name, why=str(error)[:300])
        shutil.rmtree(folder, ignore_errors=True)
        return None

    async def newest(self) -> datetime | None:
        """When the newest snapshot was made."""
        names = await self._names()
        return _made_at(names[-1]) if names else None

    async def put(self, copied: Copied) -> str:
        """Store a copy, its manifest last, and drop what has had its day; the snapshot's name."""
        name = f"{datetime.now(UTC).strftime(_NAME)}-{secrets.token_hex(4)}"
        files = await asyncio.to_thread(_digests, copied.folder)
        for file in files:
            await self._objects.put_file(f"{self._prefix}/{name}/{file}", copied.folder / file)
        manifest = Manifest(offsets=copied.offsets, files=files).model_dump_json().encode()
        await self._objects.put(f"{self._prefix}/{name}/{_MANIFEST}", manifest, "application/json")
        await self._prune()
        return name

    async def _fetch(self, name: str, folder: Path) -> Mapping[int, int]:
        body = await self._objects.get(f"{self._prefix}/{name}/{_MANIFEST}")
        manifest = Manifest.model_validate_json(body)
        for file in manifest.files:
            await self._objects.fetch(f"{self._prefix}/{name}/{Path(file).name}", folder / Path(file).name)
        if await asyncio.to_thread(_digests, folder) != manifest.files:
            raise ValueError("files are not what the manifest says")
        SearchIndex(folder)
        return manifest.offsets

    async def _names(self) -> list[str]:
        """Those that are whole, the oldest first."""
        keys = await self._objects.list(f"{self._prefix}/")
        found = (key.split("/")[-2] for key in keys if key.endswith(f"/{_MANIFEST}"))
        return sorted(name for name in found if _made_at(name))

    async def _prune(self) -> None:
        """Drop whatever is older than the newest few, whole or not, its manifest first; others' by their age.

        What is no snapshot stays.
        """
        oldest_kept = (await self._names())[-KEPT:][0]
        forgotten = datetime.now(UTC) - FORGOTTEN_AFTER
        for key in sorted(await self._objects.list(f"{ROOT}/"), key=lambda key: not key.endswith(_MANIFEST)):
            name = key.split("/")[-2]
            made_at, own = _made_at(name), key.startswith(f"{self._prefix}/")
            if made_at is None:
                continue
            is_superseded = own and name < oldest_kept
            is_forgotten = not own and made_at < forgotten
            if is_superseded or is_forgotten:
                await self._objects.delete(key)


def _made_at(name: str) -> datetime | None:
    """None for what is not the name of a snapshot."""
    try:
        return datetime.strptime(name.partition("-")[0], _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _digests(folder: Path) -> dict[str, str]:
    return {file.name: _digest(file) for file in sorted(folder.iterdir())}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def is_due(newest: datetime | None, every: timedelta) -> bool:
    return newest is None or datetime.now(UTC) - newest > every
