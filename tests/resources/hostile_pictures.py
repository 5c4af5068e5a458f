"""Pictures made to do harm: each kind is a function of nothing that returns the file's bytes, always the same."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence

from PIL import Image

from tests.resources.hostile import deflated, png, png_chunk, tiff

PNG_MARK = b"\x89PNG\r\n\x1a\n"
HUGE = 0x7FFFFFFF
MOST = 0xFFFFFFFF


def png_of(
    width: int, height: int, pixels: bytes, *before: bytes, depth: int = 8, colour: int = 0, lace: int = 0
) -> bytes:
    """A PNG with this header, these chunks, and this content of its IDAT."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, lace)
    return (
        PNG_MARK + png_chunk(b"IHDR", header) + b"".join(before) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    )


def good_png(*before: bytes) -> bytes:
    return png_of(30, 40, deflated(b"\0" * 31, 40), *before)


def wrong_checksums() -> bytes:
    whole = bytearray(good_png())
    whole[whole.index(b"IDAT") + 9] ^= 0xFF
    return bytes(whole)


def endless_chunk() -> bytes:
    return good_png().replace(png_chunk(b"IEND", b""), struct.pack(">I", MOST) + b"tEXt" + b"a" * 100)


def animated(frames: int, width: int, height: int) -> bytes:
    """An APNG that declares frames of this size and has one."""
    control = struct.pack(">IIIIIHHBB", 0, width, height, HUGE, HUGE, 0, 0, 7, 9)
    return good_png(png_chunk(b"acTL", struct.pack(">II", frames, 0)), png_chunk(b"fcTL", control))


def many_frames(count: int) -> bytes:
    """An APNG that really has so many frames of one dot."""
    dot = deflated(b"\0\0", 1)
    control = struct.pack(">IIIIHHBB", 1, 1, 0, 0, 1, 1, 0, 0)
    frames = b"".join(
        png_chunk(b"fcTL", struct.pack(">I", 2 * n) + control) + png_chunk(b"fdAT", struct.pack(">I", 2 * n + 1) + dot)
        for n in range(1, count)
    )
    whole = png_of(1, 1, dot, png_chunk(b"acTL", struct.pack(">II", count, 0)))
    end = png_chunk(b"IEND", b"")
    return whole.removesuffix(end) + frames + end


def saved(form: str, size: tuple[int, int] = (90, 120), mode: str = "L", **options: object) -> bytes:
    """A picture of a gradient, as Pillow writes it."""
    width, height = size
    picture = Image.frombytes("L", size, bytes((x * y) % 256 for y in range(height) for x in range(width)))
    content = io.BytesIO()
    picture.convert(mode).save(content, form, **options)
    return content.getvalue()


def jpeg_with(*segments: bytes) -> bytes:
    """A good JPEG with these segments behind its first mark."""
    return b"\xff\xd8" + b"".join(segments) + saved("JPEG")[2:]


def segment(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content


def jpeg_of(height: int, width: int) -> bytes:
    """A good JPEG whose frame header tells another size."""
    whole = saved("JPEG")
    place = whole.index(b"\xff\xc0") + 5
    return whole[:place] + struct.pack(">HH", height, width) + whole[place + 4 :]


def scan_storm(scans: int) -> bytes:
    """A progressive JPEG of a large picture whose last refinement comes again and again."""
    content = io.BytesIO()
    Image.new("L", (4000, 4000), 90).save(content, "JPEG", progressive=True)
    whole = content.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * scans + b"\xff\xd9"


def exif(entries: Sequence[tuple[int, int, int, int]], next_directory: int = 0) -> bytes:
    """An APP1 segment: entries are tag, type, count, value; offsets count from the TIFF mark."""
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", next_directory))


def many_profiles() -> bytes:
    """A colour profile in 255 parts that name themselves all the first."""
    return jpeg_with(*(segment(0xE2, b"ICC_PROFILE\0\1\xff" + b"\0" * 65_000) for _ in range(255)))


def packed(entries: Sequence[tuple[int, int, int, int]], next_frame: int = 0, behind: bytes = b"") -> bytes:
    """A TIFF of one directory: entries are tag, type, count, value; `behind` begins where the directory ends."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", next_frame) + behind


def tiff_of(pixels: bytes = b"\x7f" * 1200, **changes: int) -> bytes:
    """A plain grey TIFF of 30 x 40 with some values changed, by the names in TAGS; -1 leaves the tag out."""
    values = {"width": 30, "height": 40, "bits": 8, "compression": 1, "photometric": 1, "samples": 1, "rows": 40}
    values |= {"size": len(pixels), "offset": 0} | changes
    entries = {name: value for name, value in values.items() if value >= 0}
    start = 8 + 2 + 12 * len(entries) + 4
    rows = [(TAGS[name], 4, 1, start if (name, value) == ("offset", 0) else value) for name, value in entries.items()]
    return packed(rows, behind=pixels)


TAGS = {
    "width": 256,
    "height": 257,
    "bits": 258,
    "compression": 259,
    "photometric": 262,
    "offset": 273,
    "orientation": 274,
    "samples": 277,
    "rows": 278,
    "size": 279,
    "planar": 284,
    "options": 292,
    "predictor": 317,
    "sub": 330,
    "extra": 338,
    "format": 339,
    "profile": 34675,
    "exif": 34665,
}


def frames_in_ring(count: int) -> bytes:
    """Directories of one dot each, the last of which leads back to the first."""
    one = 2 + 12 * 9 + 4
    tags = ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    starts = [10 + one * place for place in range(count)]
    follow = [*starts[1:], starts[0]]
    body = b"".join(struct.pack("<H", 9) + entries + struct.pack("<I", place) for place in follow)
    return b"II*\0" + struct.pack("<I", 10) + b"\0\0" + body


def profile_bomb() -> bytes:
    return good_png(png_chunk(b"iCCP", b"ten\0\0" + deflated(b"\0", 1 << 28)))


def jpeg2000(width: int, height: int, tiles: int) -> bytes:
    """A JPEG 2000 file of this size, cut into tiles of one side, with no tile in it."""
    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tiles, tiles, 0, 0, 1) + b"\7\1\1"
    stream = b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size
    head = struct.pack(">IIHBBBB", height, width, 1, 7, 7, 0, 0)
    boxes = [
        (b"jP  ", b"\r\n\x87\n"),
        (b"ftyp", b"jp2 \0\0\0\0jp2 "),
        (b"jp2h", _box(b"ihdr", head)),
        (b"jp2c", stream),
    ]
    return b"".join(_box(kind, content) for kind, content in boxes)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


KINDS: dict[str, Callable[[], bytes]] = {
    "png-bomb": lambda: png(20_000, 20_000),
    "png-of-two-milliards": lambda: png_of(HUGE, HUGE, deflated(b"\0", 9)),
    "png-of-nothing": lambda: png_of(0, 40, deflated(b"\0", 9)),
    "png-a-dot-high": lambda: png(70_000_000, 1),
    "png-header-only": lambda: PNG_MARK + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30, 40, 8, 0, 0, 0, 0)),
    "png-cut": lambda: good_png()[:-30],
    "png-wrong-checksums": wrong_checksums,
    "png-chunk-without-end": endless_chunk,
    "png-pixels-missing": lambda: png_of(3000, 4000, deflated(b"\0" * 3001, 7)),
    "png-pixels-left-over": lambda: png_of(30, 40, deflated(b"\0", 1 << 29)),
    "png-pixels-noise": lambda: png_of(30, 40, b"\x78\x9c" + bytes(n * 53 % 256 for n in range(500))),
    "png-palette-missing": lambda: png_of(30, 40, deflated(b"\xff" * 31, 40), colour=3),
    "png-depth-unknown": lambda: png_of(30, 40, deflated(b"\0" * 31, 40), depth=7, colour=5),
    "png-laced-bomb": lambda: png_of(8900, 8900, deflated(b"\0", 1 << 20), depth=16, colour=6, lace=1),
    "png-profile-bomb": profile_bomb,
    "png-text-bomb": lambda: good_png(png_chunk(b"zTXt", b"a\0\0" + deflated(b"a", 1 << 28))),
    "png-many-texts": lambda: good_png(*(png_chunk(b"tEXt", b"a\0b") for _ in range(200_000))),
    "png-exif-loop": lambda: good_png(
        png_chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0")
    ),
    "apng-of-milliards": lambda: animated(HUGE, HUGE, HUGE),
    "apng-many-frames": lambda: many_frames(50_000),
    "jpeg-cut": lambda: saved("JPEG")[:-400],
    "jpeg-marks-only": lambda: b"\xff\xd8\xff\xd9" * 40_000,
    "jpeg-noise": lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(n * 41 % 255 for n in range(9000)) + b"\xff\xd9",
    "jpeg-declared-huge": lambda: jpeg_of(65_500, 65_500),
    "jpeg-of-no-height": lambda: jpeg_of(0, 90),
    "jpeg-larger-than-its-data": lambda: jpeg_of(8000, 8000),
    "jpeg-scans": lambda: scan_storm(2000),
    "jpeg-many-starts": lambda: b"\xff\xd8" * 500_000 + saved("JPEG"),
    "jpeg-empty-segment": lambda: jpeg_with(b"\xff\xe1\0\0", b"\xff\xe2\0\1"),
    "jpeg-tables-broken": lambda: jpeg_with(segment(0xC4, b"\xff" * 60), segment(0xDB, b"\xff" * 60)),
    "jpeg-cmyk-unsaid": lambda: saved("JPEG", mode="CMYK"),
    "jpeg-exif-loop": lambda: jpeg_with(exif([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)], 8)),
    "jpeg-exif-of-milliards": lambda: jpeg_with(
        exif([(0x9286, 7, MOST, 8), (0x0112, 3, MOST, 8), (0x011A, 5, 1, MOST)])
    ),
    "jpeg-exif-orientation-of-words": lambda: jpeg_with(exif([(0x0112, 2, 4, 0x41414141)])),
    "jpeg-exif-resolution-by-nought": lambda: jpeg_with(
        exif([(0x011A, 5, 1, 30), (0x011B, 5, 1, 30), (0x0128, 3, 1, 2)])
    ),
    "jpeg-profile-in-255-firsts": many_profiles,
    "tiff-bomb": lambda: tiff(20_000, 20_000),
    "tiff-ring-of-one": lambda: tiff(30, 40, next_frame=8),
    "tiff-ring-of-many": lambda: frames_in_ring(20_000),
    "tiff-header-only": lambda: b"II*\0\x08\0\0\0",
    "tiff-directory-beyond-the-end": lambda: b"II*\0" + struct.pack("<I", MOST) + b"\0" * 100,
    "tiff-cut": lambda: tiff(300, 400)[:-20],
    "tiff-of-nothing": lambda: tiff_of(width=0, height=0),
    "tiff-of-milliards": lambda: tiff_of(width=HUGE, height=HUGE),
    "tiff-no-strips": lambda: tiff_of(offset=-1, size=-1),
    "tiff-strip-before-the-start": lambda: tiff_of(offset=MOST, size=MOST),
    "tiff-strip-of-minus-one": lambda: tiff_of(size=MOST),
    "tiff-no-rows-in-a-strip": lambda: tiff_of(rows=0),
    "tiff-entry-of-milliards": lambda: packed([(256, 4, 1, 30), (257, 4, 1, 40), (273, 4, MOST, 8), (279, 4, MOST, 8)]),
    "tiff-samples-huge": lambda: tiff_of(samples=65_535, photometric=2),
    "tiff-bits-unknown": lambda: tiff_of(bits=255),
    "tiff-orientation-unknown": lambda: tiff_of(orientation=99),
    "tiff-sub-directory-loop": lambda: tiff_of(sub=8, exif=8),
    "tiff-deflate-noise": lambda: tiff_of(compression=8),
    "tiff-deflate-left-over": lambda: tiff_of(deflated(b"\0", 1 << 29), compression=8),
    "tiff-deflate-of-too-little": lambda: tiff_of(
        deflated(b"\0" * 90, 1), compression=8, width=6000, height=9000, rows=9000
    ),
    "tiff-lzw-noise": lambda: tiff_of(compression=5),
    "tiff-fax-noise": lambda: tiff_of(
        bytes(n * 31 % 256 for n in range(9000)), compression=4, bits=1, width=5000, height=7000, rows=7000
    ),
    "tiff-fax-mixed-noise": lambda: tiff_of(
        b"\0\x01" * 4000, compression=3, bits=1, options=5, width=5000, height=7000, rows=7000
    ),
    "tiff-jpeg-noise": lambda: tiff_of(compression=7),
    "tiff-jpeg-of-old": lambda: tiff_of(compression=6),
    "tiff-packbits-bomb": lambda: tiff_of(b"\x81\0" * 300_000, compression=32_773, width=6000, height=6000, rows=6000),
    "tiff-zstd-noise": lambda: tiff_of(compression=50_000),
    "tiff-lerc-noise": lambda: tiff_of(compression=34_887),
    "tiff-unknown-compression": lambda: tiff_of(compression=777),
    "tiff-floats": lambda: tiff_of(b"\xff" * 4800, bits=32, format=3),
    "tiff-planes-missing": lambda: tiff_of(samples=3, photometric=2, planar=2),
    "bigtiff-beyond-the-end": lambda: b"II+\0\x08\0\0\0" + struct.pack("<Q", 1 << 62) + b"\0" * 64,
    "bigtiff-of-milliards": lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1 << 60) + b"\0" * 64,
    "jpeg2000-of-milliards": lambda: jpeg2000(MOST, MOST, MOST),
    "jpeg2000-of-tiny-tiles": lambda: jpeg2000(60_000, 60_000, 1),
    "jpeg2000-cut": lambda: jpeg2000(30, 40, 40)[:60],
    "gif": lambda: saved("GIF"),
    "bmp-of-milliards": lambda: (
        b"BM" + struct.pack("<IIIIiiHHIIIIII", 90, 0, 54, 40, HUGE, HUGE, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "webp": lambda: saved("WEBP"),
    "svg-laughing": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (b"%d" % (n - 1) if n else b"") * 10) for n in range(9))
        + b"]><svg>&a8;</svg>"
    ),
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n{} loop\n%%EOF\n",
    "program": lambda: b"MZ" + good_png(),
    "empty": lambda: b"",
    "png-and-archive": lambda: good_png() + b"PK\x05\x06" + b"\0" * 18,
    "jpeg-and-pdf": lambda: saved("JPEG") + b"%PDF-1.7\n%%EOF",
    "checksum-only": lambda: zlib.crc32(b"").to_bytes(4, "big"),
}
