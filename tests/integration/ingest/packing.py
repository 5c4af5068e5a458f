"""Packages as scanning firms make them, with real scans, for tests to send and to break."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import bagit

from tests.integration.ingest.conftest import page

ALTO = '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page ID="P1"/></Layout></alto>'
MODS = """<mods xmlns="http://www.loc.gov/mods/v3">
  <titleInfo><nonSort>Cuốn</nonSort><title>Sổ bộ làng Phú Cam</title><subTitle>quyển thượng</subTitle></titleInfo>
  <name><namePart>Nguyễn Đình Khôi</namePart></name>
  <originInfo><dateIssued>1924</dateIssued><publisher>Ban Hương ước</publisher></originInfo>
  <language><languageTerm type="code" authority="iso639-2b">vie</languageTerm></language>
  <subject><topic>Hương ước</topic></subject><abstract>Sổ chép tay.</abstract>
</mods>"""
DC = """<dc xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Địa bạ</dc:title><dc:language>fr-FR</dc:language></dc>"""
METS = """<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">
  <dmdSec ID="D1"><mdWrap MDTYPE="MODS"><xmlData>{description}</xmlData></mdWrap></dmdSec>
  <fileSec>{groups}</fileSec>
  <structMap TYPE="LOGICAL"><div DMDID="D1"/></structMap>
  <structMap TYPE="PHYSICAL"><div TYPE="physSequence">{pages}</div></structMap>
</mets>"""

Files = dict[str, bytes]


def scans(count: int = 2) -> Files:
    """Pages whose order is not the order of their names."""
    return {f"anh/{chr(ord('a') + count - place)}.png": page(place) for place in range(1, count + 1)}


def mets_package(
    files: Files | None = None, *, description: str = MODS, alto: bool = True, altos: Files | None = None
) -> Files:
    """A METS with its scans and ALTO, empty ones unless given, in the order of the scans."""
    images = files or scans()
    empty = {name.replace("anh/", "alto/").replace(".png", ".xml"): ALTO.encode() for name in images} if alto else {}
    altos = altos or empty
    pages = "".join(
        f'<div TYPE="page" ORDER="{place}"><fptr FILEID="I{place}"/>'
        + (f'<fptr FILEID="A{place}"/></div>' if alto else "</div>")
        for place in range(1, len(images) + 1)
    )
    groups = _group("MASTER", "I", "image/png", images) + _group("ALTO", "A", "text/xml", altos)
    mets = METS.format(description=description, groups=groups, pages=pages)
    return {"mets.xml": mets.encode(), **images, **altos}


def _group(use: str, prefix: str, media_type: str, files: Mapping[str, bytes]) -> str:
    listed = "".join(
        f'<file ID="{prefix}{place}" MIMETYPE="{media_type}" SIZE="{len(content)}" CHECKSUMTYPE="SHA-256"'
        f' CHECKSUM="{hashlib.sha256(content).hexdigest()}"><FLocat LOCTYPE="URL" xlink:href="file://./{name}"/></file>'
        for place, (name, content) in enumerate(files.items(), 1)
    )
    return f'<fileGrp USE="{use}">{listed}</fileGrp>' if files else ""


def bag(folder: Path, payload: Files) -> Files:
    """A BagIt bag of these files, made by the reference library in an empty folder."""
    for name, content in payload.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    bagit.make_bag(str(folder), checksums=["sha256", "md5"])
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(files: Mapping[str, bytes], *more: tarfile.TarInfo, compression: str = "gz") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=f"w:{compression}") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in more:
            archive.addfile(entry)
    return target.getvalue()
