"""Packages opened: what is hostile or broken is named by file and reason, whatever made it."""

import io
import stat
import struct
import tarfile
import zipfile

import pytest

from services.ingest.documents.refusal import Refused
from services.ingest.packages.archive import PackageLimits
from services.ingest.packages.description import description_of, language_code
from services.ingest.packages.package import open_package
from services.ingest.packages.xml import read_xml
from tests.integration.ingest.conftest import page
from tests.integration.ingest.packing import ALTO, DC, METS, MODS, bag, mets_package, scans, tarred, zipped

LIMITS = PackageLimits(entries=50, bytes=6_000_000, file_bytes=2_000_000, xml_bytes=100_000)
BOMB = (
    '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><mets xmlns="http://www.loc.gov/METS/">&b;</mets>'
)
OUTSIDE = '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><mets xmlns="http://www.loc.gov/METS/">&x;</mets>'


def opened(tmp_path, archive: bytes):
    (tmp_path / "archive").write_bytes(archive)
    return open_package(tmp_path / "archive", tmp_path / "unpacked", LIMITS)


def why_not(tmp_path, archive: bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        opened(tmp_path, archive)
    return refused.value.reason, refused.value.file or ""


def changed(**changes: bytes | None):
    """A METS package in which files were changed, added or lost after the METS was written."""
    files = mets_package()
    for name, content in changes.items():
        path = name.replace("__", "/").replace("_", ".")
        files[path] = content or b""
        if content is None:
            del files[path]
    return zipped(files)


def zip_with(name: str, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> bytes:
    target = io.BytesIO(zipped(mets_package()))
    with zipfile.ZipFile(target, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return target.getvalue()


def tar_with(name: str, kind: bytes, link: str = "/etc/passwd") -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return tarred(mets_package(), entry)


def mets_only(text: str) -> bytes:
    return zipped({"mets.xml": text.encode(), **scans()})


def href(address: str) -> bytes:
    group = f'<fileGrp><file ID="I1" MIMETYPE="image/png"><FLocat xlink:href="{address}"/></file></fileGrp>'
    return mets_only(METS.format(description=MODS, groups=group, pages='<div><fptr FILEID="I1"/></div>'))


def encrypted() -> bytes:
    """A zip that says its first file is encrypted."""
    body = bytearray(zipped(mets_package()))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = body.index(signature) + place
        struct.pack_into("<H", body, start, struct.unpack_from("<H", body, start)[0] | 1)
    return bytes(body)


BAD = {
    "a changed scan": (changed(anh__a_png=page(2)[:-1] + b"?"), "package-checksum", "anh/a.png"),
    "a scan cut short": (changed(anh__a_png=page(2)[:100]), "package-size", "anh/a.png"),
    "a lost scan": (changed(anh__b_png=None), "package-file-missing", "anh/b.png"),
    "a scan nobody named": (changed(anh__z_png=page(7)), "package-unlisted", "anh/z.png"),
    "ALTO that is none": (zipped(mets_package() | {"alto/x.xml": b"<a/>"}), "package-unlisted", "alto/x.xml"),
    "no METS and no bag": (zipped(scans()), "package-unknown", ""),
    "no pages": (mets_only('<mets xmlns="http://www.loc.gov/METS/"/>'), "mets-without-pages", "mets.xml"),
    "broken XML": (mets_only("<mets"), "package-xml-broken", "mets.xml"),
    "an XML bomb": (mets_only(BOMB), "package-xml-forbidden", "mets.xml"),
    "an outside entity": (mets_only(OUTSIDE), "package-xml-forbidden", "mets.xml"),
    "XML too large": (mets_only("<mets>" + " " * 200_000 + "</mets>"), "package-xml-too-large", "mets.xml"),
    "an unknown encoding": (
        mets_only('<?xml version="1.0" encoding="x-no"?><mets/>'),
        "package-xml-broken",
        "mets.xml",
    ),
    "an address outside": (href("../../etc/passwd"), "package-unsafe-path", "../../etc/passwd"),
    "an absolute address": (href("file:///etc/passwd"), "package-unsafe-path", "/etc/passwd"),
    "an encoded address": (href("%2e%2e/%2e%2e/etc/passwd"), "package-unsafe-path", "../../etc/passwd"),
    "an address on the web": (href("http://example.org/a.png"), "package-unsafe-path", "http://example.org/a.png"),
    "an address that is none": (href("http://[x"), "package-unsafe-path", "http://[x"),
    "a path outside, zip": (zip_with("../x"), "package-unsafe-path", "../x"),
    "an absolute path, zip": (zip_with("/etc/x"), "package-unsafe-path", "/etc/x"),
    "a Windows path": (zip_with("a\\..\\x"), "package-unsafe-path", "a\\..\\x"),
    "a drive": (zip_with("C:/x"), "package-unsafe-path", "C:/x"),
    "a very long name": (zip_with("x" * 300), "package-unsafe-path", "x" * 300),
    "a very deep path": (zip_with("d/" * 30 + "x"), "package-unsafe-path", "d/" * 30 + "x"),
    "a name twice": (zip_with("ANH/A.PNG"), "package-twice", "ANH/A.PNG"),
    "a file as a folder": (zip_with("mets.xml/x"), "package-twice", "mets.xml/x"),
    "a link, zip": (zip_with("l", stat.S_IFLNK | 0o777, b"/etc/passwd"), "package-link", "l"),
    "a link, tar": (tar_with("l", tarfile.SYMTYPE), "package-link", "l"),
    "a hard link": (tar_with("l", tarfile.LNKTYPE, "mets.xml"), "package-link", "l"),
    "a device": (tar_with("l", tarfile.CHRTYPE), "package-link", "l"),
    "a pipe": (tar_with("l", tarfile.FIFOTYPE), "package-link", "l"),
    "an absolute path, tar": (tarred({"/etc/x": b"x"}), "package-unsafe-path", "/etc/x"),
    "a path outside, tar": (tarred({"a/../../x": b"x"}), "package-unsafe-path", "a/../../x"),
    "10,000 entries": (zipped({f"{n}.png": b"" for n in range(10_000)}), "package-too-many-entries", ""),
    "a zip bomb": (zipped({f"{n}": b"\0" * 1_900_000 for n in range(40)}), "package-too-large", ""),
    "a file bomb": (zipped({"x": b"\0" * 9_000_000}), "file-too-large", "x"),
    "a tar bomb": (tarred({f"{n}": b"\0" * 1_900_000 for n in range(40)}), "package-too-large", ""),
    "a zip cut short": (zipped(mets_package())[:-30], "package-broken-archive", ""),
    "a tar cut short": (tarred(mets_package())[:-30], "package-broken-archive", ""),
    "no archive": (page(), "package-broken-archive", ""),
    "nothing": (b"", "package-broken-archive", ""),
    "a password": (encrypted(), "package-encrypted", "mets.xml"),
    "an unknown checksum": (
        zipped({k: v.replace(b"SHA-256", b"TIGER") for k, v in mets_package().items()}),
        "package-checksum-unknown",
        "anh/b.png",
    ),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_a_bad_package_is_refused_by_file_and_reason(tmp_path, case):
    archive, reason, file = case

    assert why_not(tmp_path, archive) == (reason, file)
    assert not (tmp_path / "x").exists()


BAD_BAGS = {
    "a changed scan": (lambda files: files | {"data/anh/a.png": page(99)}, "package-checksum", "data/anh/a.png"),
    "a lost scan": (
        lambda files: {k: v for k, v in files.items() if k != "data/anh/a.png"},
        "package-file-missing",
        "data/anh/a.png",
    ),
    "a scan nobody named": (lambda files: files | {"data/z.png": page(7)}, "package-unlisted", "data/z.png"),
    "a path outside": (
        lambda files: files | {"manifest-sha256.txt": b"0" * 64 + b"  ../../etc/passwd\n"},
        "bag-broken",
        "",
    ),
    "no manifest": (lambda files: {k: v for k, v in files.items() if "manifest" not in k}, "bag-broken", ""),
    "an unknown version": (lambda files: files | {"bagit.txt": b"nothing\n"}, "bag-broken", ""),
    "no payload": (lambda files: {k: v for k, v in files.items() if not k.startswith("data/")}, "bag-broken", ""),
    "bytes for text": (lambda files: files | {"bag-info.txt": b"\xff\xfe\x00"}, "bag-broken", ""),
    "an unknown encoding": (
        lambda files: files | {"bagit.txt": b"BagIt-Version: 0.97\nTag-File-Character-Encoding: x-no\n"},
        "bag-broken",
        "",
    ),
}


@pytest.mark.parametrize("case", BAD_BAGS.values(), ids=BAD_BAGS.keys())
def test_a_bad_bag_is_refused_by_file_and_reason(tmp_path, case):
    change, reason, file = case

    assert why_not(tmp_path, zipped(change(bag(tmp_path / "bag", mets_package())))) == (reason, file)


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", ""])
def test_every_kind_of_tar_is_opened(tmp_path, compression):
    assert [scan.name for scan in opened(tmp_path, tarred(mets_package(), compression=compression)).scans] == [
        "anh/b.png",
        "anh/a.png",
    ]


def test_a_file_without_a_checksum_is_counted(tmp_path):
    files = mets_package()
    files["mets.xml"] = files["mets.xml"].replace(b"CHECKSUM=", b"ADMID=", 1)

    assert opened(tmp_path, zipped(files)).unverified == 1


def test_of_a_pages_images_the_master_is_taken_and_no_thumbnail(tmp_path):
    files = mets_package({"anh/small.png": page(1), "anh/large.png": page(2)}, alto=False)
    one_page = files["mets.xml"].replace(b'</div><div TYPE="page" ORDER="2">', b"")
    small_first = one_page.replace(b'<file ID="I1"', b'<file USE="THUMBNAIL" ID="I1"')
    found = opened(tmp_path, zipped(files | {"mets.xml": small_first}))

    assert [scan.name for scan in found.scans] == ["anh/large.png"]


def test_alto_in_a_bag_goes_to_the_scan_of_its_name(tmp_path):
    payload = scans() | {"alto/a.xml": ALTO.encode()}
    found = opened(tmp_path, zipped(bag(tmp_path / "bag", payload)))

    assert [(file.name, place) for file, place in found.companions] == [("alto/a.xml", 1)]
    assert found.scans[0].name == "anh/a.png"


@pytest.mark.parametrize(
    "case", [({"alto/z.xml": ALTO.encode()}, "alto-without-scan"), ({"a.xml": b"<a/>"}, "alto-is-none")]
)
def test_alto_in_a_bag_that_describes_nothing(tmp_path, case):
    extra, reason = case

    assert why_not(tmp_path, zipped(bag(tmp_path / "bag", scans() | extra)))[0] == reason


@pytest.mark.parametrize(
    ("text", "code"),
    [("vie", "vi"), ("vi-VN", "vi"), ("FRE", "fr"), ("tày", ""), ("vietnamese", ""), ("", ""), ("tyz", "tyz")],
)
def test_language_codes(text, code):
    assert language_code(text) == code


def test_a_description_without_a_title_is_none(tmp_path):
    (tmp_path / "dc.xml").write_text(DC.replace("dc:title", "dc:creator"))

    assert description_of(read_xml(tmp_path / "dc.xml", "dc.xml", 1000)) == {}
