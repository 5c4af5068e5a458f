"""Files made to do harm, small on disk: their declared or decompressed size is the attack."""

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
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(f"{len(body):010} 00000 n \n")
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{''.join(offsets)}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (table + trailer).encode()


def deflated(unit: bytes, times: int) -> bytes:
    """The unit repeated, compressed without ever being whole in memory."""
    packer = zlib.compressobj(9)
    at_once = max(1, MEGABYTE // len(unit))
    parts = [packer.compress(unit * at_once) for _ in range(times // at_once)]
    return b"".join([*parts, packer.compress(unit * (times % at_once)), packer.flush()])
