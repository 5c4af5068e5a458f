"""Unpacks an archive, or copies a folder, that nobody trusts: plain files with plain names, within limits.

Runs in an `Enclosure`. What is refused is named with its path.
"""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from services.ingest.documents.refusal import NoSpace, Refused

_CHUNK = 1 << 20
_LONGEST_PART = 200
_DEEPEST = 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError)


@dataclass(frozen=True)
class PackageLimits:
    """entries: files and folders; bytes: unpacked; xml_bytes: of one XML file; spare_bytes: left free on the disk."""

    entries: int
    bytes: int
    file_bytes: int
    xml_bytes: int
    spare_bytes: int = 0


def unpack(source: Path, folder: Path, limits: PackageLimits) -> None:
    """Unpack a zip or tar archive (gzip, bzip2, xz), or copy a folder, into a new folder. Raises Refused, NoSpace."""
    folder.mkdir()
    target = _Target(folder, limits)
    if source.is_dir():
        _copy(source, target)
        return
    with _broken_or_refused():
        if zipfile.is_zipfile(source):
            _unzip(source, target)
        else:
            _untar(source, target)


class _Target:
    """The folder being filled, with what is left of its limits."""

    def __init__(self, folder: Path, limits: PackageLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._entries = 0
        self._bytes = 0
        self._seen: set[str] = set()

    def enter(self, name: str) -> Path:
        """Where an entry is to lie. Raises Refused."""
        self._entries += 1
        if self._entries > self._limits.entries:
            raise Refused("package-too-many-entries", status=413, allowed=self._limits.entries)
        path = self._folder / safe_path(name)
        if (alike := unicodedata.normalize("NFC", str(path)).casefold()) in self._seen:
            raise Refused("package-twice", file=shown(name))
        self._seen.add(alike)
        return path

    def write(self, name: str, source: IO[bytes]) -> None:
        path = self.enter(name)
        size = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    self._grow(len(chunk), size, name)
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError) as error:
            raise Refused("package-twice", file=shown(name)) from error

    def _grow(self, more: int, size: int, name: str) -> None:
        self._bytes += more
        if size > self._limits.file_bytes:
            raise Refused(
                "file-too-large", status=413, file=shown(name), megabytes=self._limits.file_bytes // 1_000_000
            )
        if self._bytes > self._limits.bytes:
            raise Refused("package-too-large", status=413, megabytes=self._limits.bytes // 1_000_000)
        if shutil.disk_usage(self._folder).free < more + self._limits.spare_bytes:
            raise NoSpace


def safe_path(name: str) -> PurePosixPath:
    """A relative path that stays where it is put. Raises Refused."""
    path = PurePosixPath(name)
    parts = path.parts
    plain = parts and len(parts) <= _DEEPEST and not path.is_absolute() and ".." not in parts
    if not plain or "\\" in name or ":" in parts[0] or not all(_is_plain(part) for part in parts):
        raise Refused("package-unsafe-path", file=shown(name))
    return path


def shown(name: str) -> str:
    """A path as it may be shown: no control characters, at most 300 characters."""
    return "".join(char if unicodedata.category(char)[0] != "C" else "?" for char in name)[:300]


def _is_plain(part: str) -> bool:
    return shown(part) == part and len(part.encode()) <= _LONGEST_PART


def _unzip(source: Path, target: _Target) -> None:
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                raise Refused("package-encrypted", file=shown(entry.filename))
            if entry.is_dir():
                target.enter(entry.filename)
                continue
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                raise Refused("package-link", file=shown(entry.filename))
            with archive.open(entry) as file:
                target.write(entry.filename, file)


def _untar(source: Path, target: _Target) -> None:
    with tarfile.open(source, "r:*") as archive:
        for entry in archive:
            if entry.isdir():
                if entry.name not in {".", "./"}:
                    target.enter(entry.name)
                continue
            file = archive.extractfile(entry) if entry.isreg() and not entry.issparse() else None
            if file is None:
                raise Refused("package-link", file=shown(entry.name))
            with file:
                target.write(entry.name, file)


def _copy(source: Path, target: _Target) -> None:
    for parent, folders, files in os.walk(source):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*folders, *sorted(name for name in files if not name.startswith("."))]:
            path = here / name
            relative = path.relative_to(source).as_posix()
            mode = path.lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise Refused("package-link", file=shown(relative))
            if stat.S_ISREG(mode):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with os.fdopen(descriptor, "rb") as file:
                    target.write(relative, file)


@contextmanager
def _broken_or_refused() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Refused("package-broken-archive") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpace from error
        raise Refused("package-broken-archive") from error
