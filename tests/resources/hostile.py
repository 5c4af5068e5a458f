"""Files made to do harm, small on disk: their declared or decompressed size is the attack."""

import random
import struct
import zlib
from typing import Literal

MEGABYTE = 1 << 20


def png(width: int, height: int) -> bytes:
    """An all-black grey PNG of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = deflated(b"\0" * (width + 1), height)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def tiff(width: int, height: int, *, next_frame: int = 0) -> bytes:
    """A deflated grey TIFF; next_frame is the offset of the next directory (8 makes an endless ring)."""
    pixels = deflated(b"\0" * width, height)
    entries = [(256, width), (257, height), (258, 8), (259, 8), (262, 1), (273, 0), (277, 1), (278, height), (279, 0)]
    start = 8 + 2 + 12 * len(entries) + 4
    values = {273: start, 279: len(pixels)}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, values.get(tag, value)) for tag, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", next_frame) + pixels


def pdf(
    content: bytes,
    *,
    media_box: str = "0 0 595 842",
    image: tuple[int, int] | None = None,
    filters: Literal["/FlateDecode", "[/FlateDecode /FlateDecode]"] = "/FlateDecode",
) -> bytes:
    """A PDF of one page with this (deflated) content; image declares one of that size as /I."""
    resources = "/XObject << /I 5 0 R >>" if image else ""
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] /Contents 4 0 R /Resources << {resources} >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode(),
        f"<< /Length {len(content)} /Filter {filters} >>\nstream\n".encode() + content + b"\nendstream",
    ]
    if image:
        size = f"/Width {image[0]} /Height {image[1]}"
        form = "/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
        objects.append(f"<< {form} {size} /Length 4 >>\nstream\n0000\nendstream".encode())
    return pdf_file(objects)


def pdf_file(objects: list[bytes]) -> bytes:
    parts, size, offsets = [b"%PDF-1.7\n"], 9, []
    for number, content in enumerate(objects, start=1):
        offsets.append(f"{size:010} 00000 n \n")
        parts.append(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
        size += len(parts[-1])
    body = b"".join(parts)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{''.join(offsets)}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (table + trailer).encode()


def deflated(unit: bytes, times: int) -> bytes:
    """The unit repeated, compressed without ever being whole in memory."""
    at_once = max(1, MEGABYTE // len(unit))
    whole, rest = unit * at_once, unit * (times % at_once)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(whole) + packer.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it: can be repeated
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum = 1
    for _ in range(times // at_once):
        checksum = zlib.adler32(whole, checksum)
    checksum = zlib.adler32(rest, checksum)
    body = block * (times // at_once) + end.compress(rest) + end.flush()
    return b"\x78\xda" + body + struct.pack(">I", checksum)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with one to eight accidents of the kinds in ACCIDENTS; the same chance gives the same."""
    body = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(body) or 1)
        chance.choice(ACCIDENTS)(body, place, chance)
    return bytes(body)


def _flip(body: bytearray, place: int, chance: random.Random) -> None:
    body[place : place + 1] = bytes([(body[place] if body else 0) ^ 1 << chance.randrange(8)])


def _overwrite_number(body: bytearray, place: int, chance: random.Random) -> None:
    """Sizes and offsets are numbers of four bytes or two, of either order; and written out in a PDF."""
    number = chance.choice([0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
    written = chance.choice([struct.pack("<I", number), struct.pack(">I", number), b" %d " % number])
    body[place : place + len(written)] = written


def _cut(body: bytearray, place: int, chance: random.Random) -> None:
    del body[place : place + chance.choice([1, 2, 4, 64, 4096])]


def _repeat(body: bytearray, place: int, chance: random.Random) -> None:
    body[place:place] = body[place : place + chance.choice([1, 4, 64, 4096])] * chance.randint(1, 40)


def _move(body: bytearray, place: int, chance: random.Random) -> None:
    start = chance.randrange(len(body) or 1)
    body[place : place + 64] = body[start : start + 64]


ACCIDENTS = (_flip, _overwrite_number, _overwrite_number, _cut, _repeat, _move)
