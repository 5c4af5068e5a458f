"""Opens a package: unpacks it, checks it whole, and says which scans it holds in which order.

Runs in an `Enclosure`. A BagIt bag (RFC 8493) holds the scans in `data/`, with a METS that orders them or without one:
then every file is a scan, in the order of the names, beside ALTO of the same name. A package that is no bag has a METS
at its top. What no manifest names is refused, for somebody forgot it either here or there.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import bagit

from services.ingest.documents.document import PackageKind
from services.ingest.documents.refusal import Refused
from services.ingest.intake.folder import natural_order
from services.ingest.packages.archive import PackageLimits, shown, unpack
from services.ingest.packages.description import description_of
from services.ingest.packages.mets import check_file, read_mets
from services.ingest.packages.xml import local_name, read_xml

SUMS = "Payload-Oxum"
OPTIONS = "metadata.json"
"""What a sender laid into a folder beside the package's own files."""
DESCRIPTIONS = frozenset({"mods.xml", "dc.xml"})
logging.getLogger("bagit").setLevel(logging.CRITICAL)  # what it finds is raised as well


@dataclass(frozen=True)
class OpenedFile:
    """A file of a package: its path in the unpacked folder, its path for people, its whole content's SHA-256."""

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Opened:
    """scans: in page order; companions: with the number of the scan each describes; description: as it says itself."""

    kind: PackageKind
    scans: tuple[OpenedFile, ...]
    companions: tuple[tuple[OpenedFile, int | None], ...]
    description: dict[str, Any]
    unverified: int


def open_package(source: Path, folder: Path, limits: PackageLimits) -> Opened:
    """Unpack an archive (or copy a folder) into a new folder and look whether it is whole. Raises Refused, NoSpace."""
    unpack(source, folder, limits)
    root = _root(folder)
    is_bag = (root / "bagit.txt").is_file()
    if is_bag:
        _check_bag(root)
    payload = root / "data" if is_bag else root
    mets = _find_mets(payload, limits)
    if mets:
        return _Opening(payload, limits).by_mets(*mets, is_bag=is_bag)
    if not is_bag:
        raise Refused("package-unknown")
    return _Opening(payload, limits).by_names()


def _root(folder: Path) -> Path:
    """The package's own folder: archives often hold one folder that holds it all."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check_bag(root: Path) -> None:
    """Every payload file is there, named, and has the checksums that the manifests say. Raises Refused.

    The sum of all files (Payload-Oxum) is compared last, as it cannot say which file is at fault.
    """
    try:
        bag = bagit.Bag(str(root))
        sums = bag.info.pop(SUMS, None)
        bag.validate(processes=1)
        if sums:
            bag.info[SUMS] = sums
            bag.validate(fast=True)
    except bagit.BagValidationError as error:
        raise _bag_refusal(error) from error
    except (bagit.BagError, ValueError, OSError, LookupError) as error:
        raise Refused("bag-broken", what=_told(error, root)) from error


def _bag_refusal(error: bagit.BagValidationError) -> Refused:
    for detail in error.details or ():
        name = shown(str(getattr(detail, "path", "")))
        match detail:
            case bagit.ChecksumMismatch():
                return Refused("package-checksum", file=name, algorithm=detail.algorithm or "?")
            case bagit.FileMissing():
                return Refused("package-file-missing", file=name)
            case bagit.UnexpectedFile():
                return Refused("package-unlisted", file=name)
    return Refused("bag-broken", what=shown(str(error)))


def _told(error: Exception, root: Path) -> str:
    return shown(str(error).replace(str(root), "").strip())


def _find_mets(payload: Path, limits: PackageLimits) -> tuple[Path, Element] | None:
    """The one METS at the top of the payload. Raises Refused."""
    found: list[tuple[Path, Element]] = []
    if not payload.is_dir():
        return None
    for path in sorted(payload.glob("*.[xX][mM][lL]")):
        root = read_xml(path, path.name, limits.xml_bytes)
        if local_name(root) == "mets":
            found.append((path, root))
    if len(found) > 1:
        raise Refused("mets-several", file=found[1][0].name)
    return found[0] if found else None


class _Opening:
    """The payload of one package."""

    def __init__(self, payload: Path, limits: PackageLimits) -> None:
        self._payload = payload
        self._limits = limits

    def by_mets(self, path: Path, root: Element, *, is_bag: bool) -> Opened:
        mets = read_mets(root, path.name)
        verified = [check_file(self._payload, file) for file in mets.files]
        listed = {self._payload / file.path for file in mets.files}
        for present in self._files():
            if present not in listed and present not in {path, self._payload / OPTIONS}:
                raise Refused("package-unlisted", file=self._name(present))
        altos = [(place, page.alto.path) for place, page in enumerate(mets.pages, 1) if page.alto]
        companions: list[tuple[OpenedFile, int | None]] = [(self._opened(path), None)]
        companions += [(self._alto(self._payload / alto), place) for place, alto in altos]
        return Opened(
            kind=PackageKind.BAGIT_AND_METS if is_bag else PackageKind.METS,
            scans=tuple(self._opened(self._payload / page.image.path) for page in mets.pages),
            companions=tuple(companions),
            description=mets.description,
            unverified=0 if is_bag else verified.count(False),
        )

    def by_names(self) -> Opened:
        files = sorted(self._files(), key=lambda path: [natural_order(Path(part)) for part in path.parts])
        texts = [path for path in files if path.suffix.lower() == ".xml"]
        scans = [path for path in files if path not in set(texts)]
        if not scans:
            raise Refused("no-files")
        places = {scan.with_suffix(""): place for place, scan in enumerate(scans, 1)}
        descriptions = [path for path in texts if path.name.lower() in DESCRIPTIONS]
        altos = [(self._alto(path), self._place(path, places)) for path in texts if path not in descriptions]
        return Opened(
            kind=PackageKind.BAGIT,
            scans=tuple(self._opened(scan) for scan in scans),
            companions=(*((self._opened(path), None) for path in descriptions), *altos),
            description=self._described(descriptions),
            unverified=0,
        )

    def _described(self, paths: list[Path]) -> dict[str, Any]:
        described = (description_of(read_xml(path, self._name(path), self._limits.xml_bytes)) for path in paths)
        return next((description for description in described if description), {})

    def _place(self, alto: Path, places: dict[Path, int]) -> int:
        """The scan of the same name, in the same folder or in one beside it. Raises Refused."""
        stem = alto.with_suffix("")
        found = places.get(stem) or next((place for scan, place in places.items() if scan.name == stem.name), None)
        if found is None:
            raise Refused("alto-without-scan", file=self._name(alto))
        return found

    def _alto(self, path: Path) -> OpenedFile:
        if local_name(read_xml(path, self._name(path), self._limits.xml_bytes)) != "alto":
            raise Refused("alto-is-none", file=self._name(path))
        return self._opened(path)

    def _files(self) -> Iterator[Path]:
        return (path for path in self._payload.rglob("*") if path.is_file() and not path.name.startswith("."))

    def _opened(self, path: Path) -> OpenedFile:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return OpenedFile(path, self._name(path), digest, path.stat().st_size)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._payload).as_posix()
