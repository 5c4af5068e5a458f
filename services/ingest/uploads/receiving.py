"""Takes an upload's bytes piece by piece into the object store, and puts them together again.

A piece counts once its object and then its row are written, so a killed process costs what it held in memory, and any
other process takes the upload on. Two requests that append at once are told apart by the offset each started from.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.content.judgement import STATE_SECRET, bears_mark
from services.ingest.documents.document import ReceivedFile, display_name
from services.ingest.documents.refusal import Refused
from services.ingest.documents.spool import Writing, store_or_refusal
from services.ingest.uploads import store
from services.ingest.uploads.protocol import Checksum
from services.ingest.uploads.store import Upload
from shared.events.vocabulary import Verdict
from shared.store.mongo import Document
from shared.store.objects import ObjectMissing, Objects

REMOVED_AT_ONCE = 20
NEVER_KEPT = frozenset({STATE_SECRET, Verdict.INFECTED.value})
"""Reasons of refusal after which not even the upload stays."""


@dataclass(frozen=True)
class UploadSettings:
    """part_bytes: kept in memory before they are stored; seconds: an upload lives on after its last piece."""

    part_bytes: int
    max_parts: int
    seconds: float
    max_bytes: int
    max_uploads: int
    max_uploads_bytes: int


@dataclass(frozen=True)
class Uploads:
    """The uploads of all libraries."""

    database: AsyncDatabase[Document]
    objects: Objects
    settings: UploadSettings

    async def create(self, *, library: str, by: str, filename: str, length: int) -> Upload:
        """Begin one. Raises Refused."""
        if bears_mark(filename):
            raise Refused(STATE_SECRET)
        if length > self.settings.max_bytes:
            raise Refused("too-large", status=413, megabytes=self.settings.max_bytes // 1_000_000)
        count, size = await store.usage(self.database, library)
        if count >= self.settings.max_uploads or size + length > self.settings.max_uploads_bytes:
            raise Refused("too-many-uploads", status=413, allowed=self.settings.max_uploads)
        return await store.create(
            self.database, library=library, by=by, filename=filename, length=length, seconds=self.settings.seconds
        )

    async def get(self, upload: str, library: str) -> Upload:
        """A library's own upload. Raises Refused."""
        found = await store.find(self.database, upload, library)
        if found is None:
            raise Refused("no-such-upload", status=404, upload=upload)
        return found

    async def append(self, upload: Upload, body: AsyncIterator[bytes], checksum: Checksum | None) -> Upload:
        """Add what comes. What came before a body broke off counts, unless a checksum was promised for it all.

        Raises Refused, Problem (as the body does), NoSpace, DependencyAway.
        """
        appending = _Appending(self, upload, checksum)
        try:
            async for chunk in body:
                await appending.write(chunk)
        except BaseException:
            await appending.break_off()
            raise
        return await appending.finish()

    async def bring_in(self, upload: Upload, folder: Path, place: int, max_bytes: int) -> ReceivedFile:
        """Put a finished upload together as a file. Raises Refused, DependencyAway."""
        if not upload.finished:
            raise Refused("upload-unfinished", status=409, upload=upload.id)
        name = display_name(upload.filename, place)
        with Writing(folder / f"{place:04d}", name, max_bytes) as writing, store_or_refusal():
            try:
                for part in upload.parts:
                    async for chunk in self.objects.stream(part):
                        writing.write(chunk)
            except ObjectMissing as error:  # given up meanwhile
                raise Refused("no-such-upload", status=404, upload=upload.id) from error
            return writing.finish()

    @asynccontextmanager
    async def taking(self, uploads: Sequence[Upload]) -> AsyncIterator[None]:
        """A document is made of them: they need not stay long then; of a state secret or malware they go at once."""
        try:
            yield
        except Refused as refused:
            if refused.reason in NEVER_KEPT:
                for upload in uploads:
                    await self.give_up(upload)
            raise
        await store.end_soon(self.database, [upload.id for upload in uploads])

    async def give_up(self, upload: Upload) -> None:
        """Remove it now."""
        await store.expire(self.database, upload.id)
        await self._remove(upload.id)

    async def turn(self) -> bool:
        """Remove some of what has expired; whether there may be more."""
        expired = await store.find_expired(self.database, REMOVED_AT_ONCE)
        for upload in expired:
            await self._remove(upload)
        return len(expired) == REMOVED_AT_ONCE

    async def _remove(self, upload: str) -> None:
        with store_or_refusal():
            for key in await self.objects.list(_folder(upload)):
                await self.objects.delete(key)
        await store.remove(self.database, upload)


class _Appending:
    """The bytes of one request on their way."""

    def __init__(self, uploads: Uploads, upload: Upload, checksum: Checksum | None) -> None:
        self._uploads = uploads
        self._upload = upload
        self._checksum = checksum
        self._hash = checksum.new_hash() if checksum else None
        self._buffer = bytearray()
        self._parts: list[str] = []
        self._stored = 0

    async def write(self, chunk: bytes) -> None:
        if self._upload.offset + self._stored + len(self._buffer) + len(chunk) > self._upload.length:
            raise Refused("upload-too-long", status=413, length=self._upload.length)
        self._buffer += chunk
        if self._hash:
            self._hash.update(chunk)
        if len(self._buffer) >= self._uploads.settings.part_bytes:
            await self._store_part()

    async def finish(self) -> Upload:
        """Raises Refused 460 where the checksum does not agree; nothing of the request is kept then."""
        if self._checksum and self._hash and not self._checksum.agrees(self._hash.digest()):
            await self._forget()
            raise Refused("upload-checksum", status=460)
        await self._store_part()
        await self._count()
        return self._upload

    async def break_off(self) -> None:
        if self._checksum:
            await self._forget()
        else:
            await asyncio.shield(self._store_part())

    async def _store_part(self) -> None:
        if not self._buffer:
            return
        if len(self._upload.parts) + len(self._parts) >= self._uploads.settings.max_parts:
            raise Refused("upload-in-crumbs", status=413, allowed=self._uploads.settings.max_parts)
        key = f"{_folder(self._upload.id)}{self._upload.offset + self._stored:015d}-{secrets.token_hex(4)}"
        with store_or_refusal():
            await self._uploads.objects.put(key, bytes(self._buffer), "application/octet-stream")
        self._parts.append(key)
        self._stored += len(self._buffer)
        self._buffer.clear()
        if not self._checksum:
            await self._count()

    async def _count(self) -> None:
        if not self._parts:
            return
        settings = self._uploads.settings
        grown = await store.extend(self._uploads.database, self._upload, self._parts, self._stored, settings.seconds)
        if grown is None:
            await self._forget()
            raise Refused("upload-offset", status=409)
        self._upload, self._parts, self._stored = grown, [], 0

    async def _forget(self) -> None:
        with store_or_refusal():
            for key in self._parts:
                await self._uploads.objects.delete(key)
        self._buffer.clear()


def _folder(upload: str) -> str:
    return f"uploads/{upload}/"
