"""Archives made to do harm: each kind is a function of nothing that returns the file's bytes, always the same."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping

from tests.resources.hostile import MEGABYTE

BAG = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
METS = '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">{}</mets>'


def zipped(files: Mapping[str, bytes | str], *, links: bool = False, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", kind) as archive:
        for name, body in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = kind
            entry.external_attr = (stat.S_IFLNK if links else stat.S_IFREG) << 16
            archive.writestr(entry, body)
    return content.getvalue()


def tarred(*entries: tarfile.TarInfo, body: bytes = b"") -> bytes:
    """Entries, each with the body where it has a size."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(body[: entry.size]) if entry.size else None)
    return content.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, *, size: int = 0, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, size, link
    return made


def twice(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for spelled in (name, name.upper()):
            archive.writestr(zipfile.ZipInfo(spelled), b"a")
    return content.getvalue()


def overlapping(count: int) -> bytes:
    """Many names for one compressed megabyte: small on disk, `count` megabytes unpacked."""
    one = zipped({"anh/trang.png": b"\0" * MEGABYTE})
    start = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    record = one[start:end]
    records = [record.replace(b"anh/trang.png", b"anh/%05d.png" % place) for place in range(count)]
    locals_kept = one[:start]
    directory = b"".join(records)
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count % 65_536, count % 65_536, len(directory), start, 0)
    return locals_kept + directory + tail


def locked() -> bytes:
    whole = bytearray(zipped({"mets.xml": METS.format("")}))
    whole[6] |= 1
    whole[whole.index(b"PK\1\2") + 8] |= 1
    return bytes(whole)


def lying_size() -> bytes:
    """The directory tells ten bytes where sixteen megabytes come out."""
    whole = bytearray(zipped({"anh/a.png": b"\0" * (16 * MEGABYTE)}))
    directory = whole.index(b"PK\1\2")
    whole[directory + 24 : directory + 28] = whole[22:26] = struct.pack("<I", 10)
    return bytes(whole)


def header_of_gigabytes(kind: bytes) -> bytes:
    """A name or extended header that says it is eight gigabytes long."""
    head = entry("dai", kind, size=0o77777777777)
    return head.tobuf(tarfile.GNU_FORMAT) + b"a" * 4096


def laughing(root: str) -> str:
    """XML entities that unfold to a gigabyte."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "a" * 10}">' for n in range(9))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{entities}]><{root}>&a8;</{root}>'


def outside() -> str:
    return '<?xml version="1.0"?><!DOCTYPE mets [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + METS.format("&a;")


def bag(files: Mapping[str, bytes | str]) -> bytes:
    return zipped({"bagit.txt": BAG, **files})


def mets_naming(path: str) -> bytes:
    """A METS whose one page lies there."""
    file = f'<file ID="a" MIMETYPE="image/png"><FLocat LOCTYPE="URL" xlink:href="{path}"/></file>'
    order = '<structMap TYPE="PHYSICAL"><div><div TYPE="page" ORDER="1"><fptr FILEID="a"/></div></div></structMap>'
    return zipped({"mets.xml": METS.format(f"<fileSec><fileGrp>{file}</fileGrp></fileSec>{order}")})


def deep(depth: int) -> bytes:
    return zipped({"a/" * depth + "trang.png": b"a"})


KINDS: dict[str, Callable[[], bytes]] = {
    "zip-bomb": lambda: zipped({f"anh/{place}.png": b"\0" * (8 * MEGABYTE) for place in range(4)}),
    "zip-overlapping": lambda: overlapping(4000),
    "zip-lying-size": lying_size,
    "zip-of-100000-names": lambda: zipped({f"{place}": b"" for place in range(100_000)}, kind=zipfile.ZIP_STORED),
    "zip-in-zip": lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c.png": b"a"})})}),
    "zip-above-its-folder": lambda: zipped({"../../../../etc/cron.d/a": b"* * * * * root true"}),
    "zip-absolute": lambda: zipped({"/etc/cron.d/a": b"a"}),
    "zip-of-windows": lambda: zipped({"C:\\Windows\\a.png": b"a"}),
    "zip-with-control-characters": lambda: zipped({"anh/\x1b[2J\u202egnp.a": b"a"}),
    "zip-with-a-long-name": lambda: zipped({"a" * 5000: b"a"}),
    "zip-deep": lambda: deep(3000),
    "zip-same-name-in-capitals": lambda: twice("mets.xml"),
    "zip-link": lambda: zipped({"anh": "/etc"}, links=True),
    "zip-locked": locked,
    "zip-cut": lambda: zipped({"anh/a.png": b"a" * 9000})[:-30],
    "zip-noise": lambda: b"PK\3\4" + bytes(n * 37 % 256 for n in range(5000)) + b"PK\5\6" + b"\xff" * 18,
    "zip-checksum-wrong": lambda: zipped({"a.png": b"aaaa"}, kind=zipfile.ZIP_STORED).replace(b"aaaa", b"aaab"),
    "zip-unknown-method": lambda: zipped({"a.png": b"a" * 90}).replace(b"\x14\0\0\0\x08\0", b"\x14\0\0\0\x63\0"),
    "tar-link": lambda: tarred(entry("a", tarfile.SYMTYPE, link="/etc/passwd")),
    "tar-hard-link": lambda: tarred(entry("a", tarfile.LNKTYPE, link="../../a")),
    "tar-device": lambda: tarred(entry("a", tarfile.CHRTYPE)),
    "tar-pipe": lambda: tarred(entry("a", tarfile.FIFOTYPE)),
    "tar-above-its-folder": lambda: tarred(entry("../a", size=1), body=b"a"),
    "tar-link-then-file-in-it": lambda: tarred(
        entry("a", tarfile.SYMTYPE, link="/tmp"), entry("a/b", size=1), body=b"a"
    ),
    "tar-long-name-of-gigabytes": lambda: header_of_gigabytes(tarfile.GNUTYPE_LONGNAME),
    "tar-extended-header-of-gigabytes": lambda: header_of_gigabytes(tarfile.XHDTYPE),
    "tar-cut": lambda: tarred(entry("a.png", size=9000), body=b"a" * 9000)[:3000],
    "tar-noise": lambda: b"\x1f\x8b\x08\0" + bytes(n * 37 % 256 for n in range(5000)),
    "gzip-bomb": lambda: gzip.compress(tarred(entry("a", size=16 * MEGABYTE), body=b"\0" * (16 * MEGABYTE)), mtime=0),
    "bzip2-bomb": lambda: bz2.compress(tarred(entry("a", size=16 * MEGABYTE), body=b"\0" * (16 * MEGABYTE))),
    "xz-bomb": lambda: lzma.compress(tarred(entry("a", size=16 * MEGABYTE), body=b"\0" * (16 * MEGABYTE)), preset=0),
    "xz-dictionary-huge": lambda: b"\x5d" + struct.pack("<IQ", 0xFFFFFFFF, 1 << 40) + b"\0" * 64,
    "bag-manifest-above-its-folder": lambda: bag({"manifest-sha256.txt": "0" * 64 + "  data/../../../etc/passwd\n"}),
    "bag-fetches": lambda: bag({"manifest-sha256.txt": "", "fetch.txt": "http://127.0.0.1/ 9 data/a.png\n"}),
    "bag-of-no-version": lambda: zipped({"bagit.txt": "\xff", "manifest-md5.txt": "a"}),
    "mets-laughing": lambda: zipped({"mets.xml": laughing("mets")}),
    "mets-outside": lambda: zipped({"mets.xml": outside()}),
    "mets-deep": lambda: zipped({"mets.xml": "<a>" * 200_000 + "</a>" * 200_000}),
    "mets-names-the-outside": lambda: mets_naming("file:///etc/passwd"),
    "mets-names-above": lambda: mets_naming("../../etc/passwd"),
    "mets-names-the-web": lambda: mets_naming("http://127.0.0.1/a.png"),
    "mets-noise": lambda: zipped({"mets.xml": bytes(n * 37 % 256 for n in range(5000))}),
}
