"""The object store: page images, texts, originals. Writes are idempotent by name; events carry references."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlparse

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from shared.events.vocabulary import ObjectRef

_CHUNK = 1 << 20
_DIGITS = 16


class ObjectMissing(Exception):
    """Nothing lies under that key."""


class Objects:
    """A folder or an S3-compatible bucket, by URL (`file:///…`, `s3://bucket/prefix`)."""

    def __init__(self, url: str) -> None:
        parsed = urlparse(url)
        if parsed.scheme == "file":
            self._store: ObjectStore = LocalStore(unquote(parsed.path), mkdir=True)
        else:
            self._store = from_url(url)

    async def put(self, key: str, body: bytes, media_type: str) -> ObjectRef:
        """Store bytes under a key; the same key again must mean the same bytes."""
        await obstore.put_async(self._store, key, body)
        return ObjectRef(key=key, media_type=media_type, sha256=hashlib.sha256(body).hexdigest(), size=len(body))

    async def put_file(self, key: str, file: Path | BinaryIO) -> None:
        """Store a file, an open one from where it is read, without holding it in memory."""
        await obstore.put_async(self._store, key, file)

    async def put_named(self, base: str, body: bytes, media_type: str) -> ObjectRef:
        """Store bytes under a name that ends in a piece of their SHA-256: other bytes get another name."""
        digest = hashlib.sha256(body).hexdigest()[:_DIGITS]
        return await self.put(f"{base}-{digest}", body, media_type)

    async def put_named_file(self, base: str, path: Path, media_type: str) -> ObjectRef:
        """The same with a file, which is not held in memory."""
        digest, size = await asyncio.to_thread(_digest, path)
        key = f"{base}-{digest[:_DIGITS]}"
        await self.put_file(key, path)
        return ObjectRef(key=key, media_type=media_type, sha256=digest, size=size)

    async def get(self, key: str) -> bytes:
        """The bytes under a key. Raises ObjectMissing."""
        try:
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under a key, a chunk at a time. Raises ObjectMissing."""
        try:
            result = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        async for chunk in result.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)

    async def fetch(self, key: str, path: Path) -> None:
        """Copy an object into a local file. Raises ObjectMissing."""
        with path.open("wb") as file:
            async for chunk in self.stream(key):
                file.write(chunk)

    async def list(self, prefix: str) -> list[str]:
        """Every key under a prefix, sorted."""
        found: list[str] = []
        async for page in obstore.list(self._store, prefix=prefix):
            found.extend(str(entry["path"]) for entry in page)
        return sorted(found)

    async def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return


def _digest(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
