"""A METS file: its pages in order, its files with their checksums, what it says of the document.

Source: METS 1.12 and 2 (https://www.loc.gov/standards/mets/): structMap, fileSec, dmdSec. Pages are the divisions of
the physical structMap (else of the first) that point to an image, or to a PDF where there is no image. Of several
images of a page the master is taken.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from services.ingest.documents.refusal import Refused
from services.ingest.packages.archive import safe_path, shown
from services.ingest.packages.description import description_of

XLINK = "{http://www.w3.org/1999/xlink}href"
MASTER = ("master", "archiv", "preserv", "original")
SMALL = ("thumb", "min", "preview")
HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
SUMS: dict[str, Callable[[bytes, int], int]] = {"CRC32": zlib.crc32, "ADLER-32": zlib.adler32}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class MetsFile:
    """A file of the fileSec; path: from the METS file's folder."""

    id: str
    path: PurePosixPath
    use: str
    media_type: str
    size: str | None
    checksum: str | None
    checksum_type: str

    @property
    def is_alto(self) -> bool:
        return "xml" in self.media_type or self.path.suffix.lower() == ".xml"

    @property
    def rank(self) -> int:
        """0: the best of a page's images."""
        if any(word in self.use for word in MASTER):
            return 0
        return 2 if any(word in self.use for word in SMALL) else 1


@dataclass(frozen=True)
class MetsPage:
    image: MetsFile
    alto: MetsFile | None


@dataclass(frozen=True)
class Mets:
    pages: tuple[MetsPage, ...]
    files: tuple[MetsFile, ...]
    description: dict[str, Any]


def read_mets(root: Element, name: str) -> Mets:
    """What a METS says; `name` is shown where it is refused. Raises Refused."""
    files = {file.id: file for file in _files(root)}
    pages = _pages(root, files, "image/", name) or _pages(root, files, "application/pdf", name)
    if not pages:
        raise Refused("mets-without-pages", file=name)
    return Mets(tuple(pages), tuple(files.values()), _description(root))


def check_file(folder: Path, file: MetsFile) -> bool:
    """Whether a checksum was there to agree. Raises Refused where the file is missing or is another one."""
    path, name = folder / file.path, shown(str(file.path))
    if not path.is_file():
        raise Refused("package-file-missing", file=name)
    if file.size is not None and file.size.strip() != str(path.stat().st_size):
        raise Refused("package-size", file=name, expected=shown(file.size)[:30], found=path.stat().st_size)
    if not file.checksum:
        return False
    found = _checksum(path, file.checksum_type, name)
    if found != file.checksum.strip().lower():
        raise Refused("package-checksum", file=name, algorithm=file.checksum_type)
    return True


def _checksum(path: Path, kind: str, name: str) -> str:
    with path.open("rb") as source:
        if kind in HASHES:
            return hashlib.file_digest(source, HASHES[kind]).hexdigest()
        if kind not in SUMS:
            raise Refused("package-checksum-unknown", file=name, algorithm=shown(kind)[:30])
        total = SUMS[kind](b"", 1 if kind == "ADLER-32" else 0)
        while chunk := source.read(_CHUNK):
            total = SUMS[kind](chunk, total)
        return f"{total:08x}"


def _files(root: Element) -> list[MetsFile]:
    groups = root.iterfind(".//{*}fileSec//{*}fileGrp")
    return [_file(file, group.get("USE") or "") for group in groups for file in group.findall("{*}file")]


def _file(file: Element, use: str) -> MetsFile:
    location = file.find("{*}FLocat")
    href = "" if location is None else location.get(XLINK) or location.get("LOCREF") or ""
    return MetsFile(
        id=file.get("ID", ""),
        path=_path(href),
        use=(file.get("USE") or use).lower(),
        media_type=file.get("MIMETYPE", "").lower(),
        size=file.get("SIZE"),
        checksum=file.get("CHECKSUM"),
        checksum_type=file.get("CHECKSUMTYPE", "").upper(),
    )


def _path(href: str) -> PurePosixPath:
    """A file of the package and nothing else, whatever the address says. Raises Refused."""
    try:
        parts = urlsplit(href.replace("file://./", "", 1) if href.startswith("file://./") else href)
    except ValueError as error:
        raise Refused("package-unsafe-path", file=shown(href)) from error
    if parts.scheme not in {"", "file"} or parts.netloc:
        raise Refused("package-unsafe-path", file=shown(href))
    return safe_path(unquote(parts.path))


def _pages(root: Element, files: dict[str, MetsFile], media_type: str, name: str) -> list[MetsPage]:
    maps = root.findall("{*}structMap") + root.findall(".//{*}structSec/{*}structMap")
    physical = [one for one in maps if one.get("TYPE", "").upper() == "PHYSICAL"] or maps
    divisions = [div for div in (physical[0].iter() if physical else ()) if div.tag.endswith("}div")]
    pages: dict[str, MetsPage] = {}
    for division in sorted(divisions, key=_order) if all(map(_is_ordered, divisions)) else divisions:
        page = _page([_file_of(pointer, files, name) for pointer in _pointers(division)], media_type)
        if page:
            pages.setdefault(page.image.id, page)
    return list(pages.values())


def _is_ordered(division: Element) -> bool:
    order = division.get("ORDER", "")
    return not division.findall("{*}fptr") or (order.isascii() and order.isdecimal() and len(order) < 10)


def _order(division: Element) -> int:
    return int(division.get("ORDER", "0")) if division.findall("{*}fptr") else 0


def _pointers(division: Element) -> list[str]:
    pointers = division.findall("{*}fptr")
    areas = [area for pointer in pointers for area in pointer.iter()]
    return [identifier for area in areas if (identifier := area.get("FILEID"))]


def _file_of(identifier: str, files: dict[str, MetsFile], name: str) -> MetsFile:
    if identifier not in files:
        raise Refused("mets-unknown-file", file=name, identifier=shown(identifier)[:100])
    return files[identifier]


def _page(files: list[MetsFile], media_type: str) -> MetsPage | None:
    images = sorted((file for file in files if file.media_type.startswith(media_type)), key=lambda file: file.rank)
    alto = next((file for file in files if file.is_alto), None)
    return MetsPage(images[0], alto) if images else None


def _description(root: Element) -> dict[str, Any]:
    """Of the section that the whole document's division names, else of the first that says something."""
    sections = {section.get("ID", ""): section for section in root.iter() if section.tag.endswith(("}dmdSec", "}md"))}
    named = [identifier for div in root.iterfind("{*}structMap/{*}div") for identifier in div.get("DMDID", "").split()]
    ordered = [sections[identifier] for identifier in named if identifier in sections]
    described = (description_of(section) for section in [*ordered, *sections.values()])
    return next((description for description in described if description), {})
