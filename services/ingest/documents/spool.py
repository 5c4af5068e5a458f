"""Where submissions lie until they are accepted: nothing outlives its request, nor a killed process the next start."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from obstore.exceptions import BaseError

from services.ingest.documents.document import ReceivedFile
from services.ingest.documents.refusal import NoSpace, Refused
from shared.bus.messages import DependencyAway

PREFIX = "lienthong-ingest-"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_CHUNK = 1 << 20


class Spool:
    """A folder of this process, locked while it lives; those of processes that were killed are removed."""

    def __init__(self, parent: Path, spare_bytes: int) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        self._spare_bytes = spare_bytes
        with _locked(parent):
            _remove_abandoned(parent)
            self._home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            self._lock = os.open(self._home, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        os.close(self._lock)

    @contextmanager
    def folder(self, expected_bytes: int = 0) -> Iterator[Path]:
        """A folder for one submission, gone afterwards. Raises NoSpace."""
        with _space_or_refusal():
            if shutil.disk_usage(self._home).free < expected_bytes + self._spare_bytes:
                raise NoSpace
            with tempfile.TemporaryDirectory(dir=self._home) as folder:
                yield Path(folder)


class Writing:
    """One file being received: written and hashed as it comes, cut at its limit."""

    def __init__(self, path: Path, name: str, max_bytes: int) -> None:
        self._path = path
        self._name = name
        self._max_bytes = max_bytes
        self._size = 0
        self._digest = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    def __enter__(self) -> Writing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Raises Refused when the file grows over its limit, and OSError."""
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise Refused("file-too-large", status=413, file=self._name, megabytes=self._max_bytes // 1_000_000)
        self._digest.update(chunk)
        self._file.write(chunk)

    def finish(self) -> ReceivedFile:
        self._file.close()
        return ReceivedFile(self._name, self._path, self._digest.hexdigest(), self._size)


def copy_in(source: Path, target: Path, name: str, max_bytes: int) -> ReceivedFile:
    """Receive a file from a folder. Blocking. Raises Refused, OSError; follows no link."""
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file, Writing(target, name, max_bytes) as writing:
        while chunk := file.read(_CHUNK):
            writing.write(chunk)
        return writing.finish()


@contextmanager
def store_or_refusal() -> Iterator[None]:
    """Turns what the object store cannot do into NoSpace or DependencyAway."""
    try:
        yield
    except BaseError as error:
        if "StorageFull" in str(error):
            raise NoSpace from error
        raise DependencyAway(f"the object store: {error}") from error


@contextmanager
def _space_or_refusal() -> Iterator[None]:
    """Turns a full disk into NoSpace."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace from error
        raise


@contextmanager
def _locked(parent: Path) -> Iterator[None]:
    with (parent / f".{PREFIX}lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
