"""What lies in the drop folder, and whether it is complete.

    <drop>/<library>/<name>/          metadata.json, the files, optionally an empty file .done
    <drop>/<library>/<file>           beside it <file>.json, optionally <file>.done
    <drop>/<library>/<archive>        a package of a scanning firm, zip or tar; its <archive>.json may be left out
    <drop>/<library>/<name>/          with bagit.txt or a METS at its top: a package in a folder
    <drop>/<library>/accepted|rejected/<name>/    where each ends, with document.json or reason.txt

A submission is complete when its `.done` marker is there, or when nothing in it has changed for a while. Changes are
seen by ctime: copying programs set mtime to the original's.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.ingest.documents.document import display_name

log = structlog.get_logger(__name__)

ACCEPTED = "accepted"
REJECTED = "rejected"
METS = "mets.xml"
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
NOTES = frozenset({"document.json", "reason.txt"})
DONE = ".done"
NAMELESS = "khong-luu"
"""What stands in place of a name that must not be kept (không lưu)."""
_UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload")


@dataclass(frozen=True)
class Candidate:
    """Something laid down as one document."""

    library: str
    name: str
    home: Path
    """The library's folder."""
    folder: Path | None
    """The submission's own folder, None for a lone file."""
    metadata: Path
    files: tuple[Path, ...]
    changed_at: float
    """Seconds since the epoch."""
    done: bool
    unfinished: bool
    is_package: bool
    """It says itself what it is: its metadata may be missing."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its own and its files'."""
        return (self.name, *(path.name for path in self.files))

    @property
    def parts(self) -> tuple[Path, ...]:
        """What is to be moved when it is settled; of a lone file, itself last."""
        if self.folder:
            return (self.folder,)
        marker = self.files[0].with_name(self.files[0].name + DONE)
        return (self.metadata, marker, self.files[0])


def is_complete(candidate: Candidate, *, now: float, quiet: float, patience: float) -> bool:
    """Whether to take it now: marked, or unchanged for `quiet` seconds; without metadata for `patience` seconds."""
    if candidate.done:
        return True
    waits = candidate.unfinished or not (candidate.is_package or candidate.metadata.exists())
    return now - candidate.changed_at >= (patience if waits else quiet)


def candidates(drop: Path) -> Iterator[Candidate]:
    """Everything in the drop folder, by library and name; what cannot be looked at keeps nothing else waiting."""
    for home in sorted(_visible(drop)):
        if not home.is_dir() or home.is_symlink() or display_name(home.name, 1) != home.name:
            continue
        for path in _entries(home):
            try:
                found = _candidate(home, path)
            except OSError as error:  # gone meanwhile, not ours to read, a name too long for its companions
                log.warning("submission_unreadable", library=home.name, error=error.strerror)
                continue
            if found:
                yield found


def _entries(home: Path) -> Sequence[Path]:
    try:
        return sorted(_visible(home), key=natural_order)
    except OSError as error:
        log.warning("library_unreadable", library=home.name, error=error.strerror)
        return []


def _candidate(home: Path, path: Path) -> Candidate | None:
    if path.is_dir() and not path.is_symlink():
        return _folder(home, path) if path.name not in {ACCEPTED, REJECTED} else None
    if path.suffix in {".json", DONE} or _is_unfinished(path):
        return None
    return _lone_file(home, path)


def _folder(home: Path, folder: Path) -> Candidate:
    metadata = folder / "metadata.json"
    inside = [path for path in _visible(folder) if path != metadata and path.name not in NOTES]
    return Candidate(
        library=home.name,
        name=folder.name,
        home=home,
        folder=folder,
        metadata=metadata,
        files=tuple(sorted(inside, key=natural_order)),
        changed_at=_changed_at([folder, *folder.rglob("*")]),
        done=(folder / DONE).exists(),
        unfinished=any(_is_unfinished(path) for path in inside),
        is_package=any(path.name == "bagit.txt" or path.name.lower().endswith(METS) for path in inside),
    )


def _lone_file(home: Path, file: Path) -> Candidate:
    metadata = file.with_name(file.name + ".json")
    return Candidate(
        library=home.name,
        name=file.name,
        home=home,
        folder=None,
        metadata=metadata,
        files=(file,),
        changed_at=_changed_at([file, metadata]),
        done=file.with_name(file.name + DONE).exists(),
        unfinished=False,
        is_package=is_archive(file.name),
    )


@dataclass(frozen=True)
class Ending:
    """Where a submission ends (ACCEPTED or REJECTED), and the note that says why: its file name and text."""

    end: str
    note: str
    text: str
    destroyed: bool = False
    """Nothing of it is kept, its name neither."""
    document: str | None = None
    """What was made of it."""


def settle(candidate: Candidate, ending: Ending) -> Path:
    """Move it to where it ends, with its note; where it lies now. Raises OSError.

    The note is written before the last move: what has moved is explained.
    """
    if ending.destroyed:
        return _destroy(candidate, ending)
    target = _free(candidate.home / ending.end / candidate.name)
    target.parent.mkdir(exist_ok=True)
    if candidate.folder:
        (candidate.folder / ending.note).write_text(ending.text, encoding="utf-8")
        return candidate.folder.rename(target)
    target.mkdir()
    (target / ending.note).write_text(ending.text, encoding="utf-8")
    for part in candidate.parts:
        if part.exists() or part.is_symlink():
            part.rename(target / part.name)
    return target


def clear(place: Path) -> None:
    """Remove what was settled there, if it still lies there. Raises OSError."""
    with suppress(FileNotFoundError):
        shutil.rmtree(place)


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVES)


def _destroy(candidate: Candidate, ending: Ending) -> Path:
    target = _free(candidate.home / ending.end / NAMELESS)
    target.mkdir(parents=True)
    (target / ending.note).write_text(ending.text, encoding="utf-8")
    if candidate.folder:
        shutil.rmtree(candidate.folder)
    else:
        for part in candidate.parts:
            part.unlink(missing_ok=True)
    return target


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Page 2 before page 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _visible(folder: Path) -> Sequence[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _is_unfinished(path: Path) -> bool:
    return path.name.endswith(_UNFINISHED)


def _changed_at(paths: Sequence[Path]) -> float:
    return max((path.lstat().st_ctime for path in paths if path.exists() or path.is_symlink()), default=0)


def _free(target: Path) -> Path:
    number = 1
    free = target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}-{number}")
    return free
