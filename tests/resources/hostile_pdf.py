"""PDFs made to do harm: each kind is a function of nothing that returns the file's bytes, always the same."""

import io
import struct
import zlib
from collections.abc import Callable

import pikepdf

from tests.resources.hostile import deflated, pdf, pdf_file

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
A4 = b"/MediaBox [0 0 595 842]"
HUGE = b"2147483647"
BOMB = 1 << 29


def stream(content: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(content), head) + content + b"\nendstream"


def flate(content: bytes, head: bytes = b"") -> bytes:
    return stream(zlib.compress(content), b"/Filter /FlateDecode " + head)


def page(content: bytes = b"", *more: bytes, resources: bytes = b"", extra: bytes = b"", box: bytes = A4) -> bytes:
    """One page with plain content; `more` are objects 5, 6, …"""
    head = b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R /Resources << %s >> %s >>" % (box, resources, extra)
    return pdf_file([CATALOG, PAGES, head, flate(content), *more])


def image(content: bytes, head: bytes, *more: bytes) -> bytes:
    """One page that shows an image XObject (object 5)."""
    shown = stream(content, b"/Type /XObject /Subtype /Image " + head)
    return page(b"500 0 0 700 40 40 cm /I Do", shown, *more, resources=b"/XObject << /I 5 0 R >>")


def grey(width: int, height: int, more: bytes = b"") -> bytes:
    size = b"/Width %d /Height %d" % (width, height)
    return size + b" /ColorSpace /DeviceGray /BitsPerComponent 8 " + more


def form(content: bytes, number: int) -> bytes:
    """A form XObject that may call itself or others as /F<number>."""
    forms = b" ".join(b"/F%d %d 0 R" % (other, other) for other in (number, number + 1))
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << %s >> >>" % forms
    return stream(content, head)


def laughing_forms() -> bytes:
    """Twelve forms, each drawing the next one ten times."""
    forms = [form(b"/F%d Do " % (number + 1) * 10, number) for number in range(5, 17)]
    last = form(b"0 0 1 1 re f", 17)
    return page(b"/F5 Do", *forms, last, resources=b"/XObject << /F5 5 0 R >>")


def shading_storm(times: int = 20_000) -> bytes:
    """Quick to parse and endless to draw: the whole page is shaded again and again by a program for each pixel."""
    program = b"{ 2 copy mul sin 360 mul exch cos add abs 1 exch sub abs dup 1 exch sub dup }"
    function = stream(program, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Matrix [595 0 0 842 0 0] /Function 6 0 R >>"
    return page(b"/S sh " * times, shading, function, resources=b"/Shading << /S 5 0 R >>")


def minute_tiles() -> bytes:
    head = b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.0001 /YStep 0.0001 /Resources << >>"
    resources = b"/Pattern << /P 5 0 R >>"
    return page(b"/Pattern cs /P scn 0 0 595 842 re f", stream(b"0 0 1 1 re f", head), resources=resources)


def minute_dashes() -> bytes:
    return page(b"[0.00001 0.00001] 0 d 0 0 m 595 842 l S " * 50)


def glyph_loop() -> bytes:
    """A letter whose drawing shows the same letter."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 750 750] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 "
        b"/LastChar 97 /Widths [1000] /Encoding << /Type /Encoding /Differences [97 /a] >> "
        b"/CharProcs << /a 6 0 R >> /Resources << /Font << /T 5 0 R >> >> >>"
    )
    letter = stream(b"1000 0 0 0 750 750 d1 BT /T 900 Tf (aaaa) Tj ET")
    return page(b"BT /T 20 Tf 50 500 Td (aaaa) Tj ET", font, letter, resources=b"/Font << /T 5 0 R >>")


def deep_page_tree(depth: int = 20_000) -> bytes:
    """Each node of the page tree holds one other node; the page is at the bottom."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1) for number in range(2, depth)]
    return pdf_file([CATALOG, *nodes, b"<< /Type /Page /Parent %d 0 R %s >>" % (depth - 1, A4)])


def broad_page_tree() -> bytes:
    """Five million pages of eight nodes: every node lists the next one nine times."""
    nodes = [
        b"<< /Type /Pages /Kids [%s] /Count 4782969 >>" % (b"%d 0 R " % (number + 1) * 9) for number in range(2, 9)
    ]
    return pdf_file([CATALOG, *nodes, b"<< /Type /Page /Parent 8 0 R %s >>" % A4])


def with_trailer(trailer: bytes) -> bytes:
    """A good page whose trailer is replaced; {start} is where the table begins."""
    body, _, _ = page(b"0 0 9 9 re f").rpartition(b"trailer")
    start = body.rindex(b"xref\n")
    return body + b"trailer << %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer.replace(b"{start}", b"%d" % start), start)


def wrong_offsets() -> bytes:
    return page(b"0 0 9 9 re f").replace(b" 00000 n", b" 00007 n").replace(b"000000001", b"000000077")


def start_beyond() -> bytes:
    body, _, _ = page(b"0 0 9 9 re f").rpartition(b"startxref")
    return body + b"startxref\n99999999999999999999\n%%EOF\n"


def xref_stream(head: bytes, content: bytes = b"\0" * 40) -> bytes:
    """A file whose only table is a stream with this dictionary."""
    body, _, _ = page(b"0 0 9 9 re f").rpartition(b"xref\n0")
    table = b"9 0 obj\n" + flate(content, b"/Type /XRef /Root 1 0 R " + head) + b"\nendobj\n"
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def object_stream(head: bytes, content: bytes) -> bytes:
    """The page (3) lies in an object stream (5) with this dictionary, so a reader has to open it."""
    objects = [CATALOG, PAGES, b"null", flate(b"0 0 9 9 re f"), flate(content, b"/Type /ObjStm " + head)]
    body, _, _ = pdf_file(objects).rpartition(b"xref\n0")
    offsets = [body.find(b"\n%d 0 obj" % number) + 1 for number in range(1, 6)]
    rows = b"".join(struct.pack(">BIH", 1, offset, 0) for offset in offsets)
    rows = struct.pack(">BIH", 0, 0, 65535) + rows[:14] + struct.pack(">BIH", 2, 5, 0) + rows[21:]
    table = b"6 0 obj\n" + flate(rows, b"/Type /XRef /Root 1 0 R /Size 6 /W [1 4 2]") + b"\nendobj\n"
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def encrypted() -> bytes:
    opened = pikepdf.open(io.BytesIO(page(b"0 0 9 9 re f")))
    content = io.BytesIO()
    opened.save(content, encryption=pikepdf.Encryption(user="matkhau", owner="chu"), deterministic_id=False)
    return content.getvalue()


def strange_lock() -> bytes:
    return with_trailer(
        b"/Size 5 /Root 1 0 R /Encrypt << /Filter /Khoa /V 99 /R 99 /O (a) /U (b) /P -1 >> /ID [(a) (b)]"
    )


def nested_flate(times: int) -> bytes:
    content = b" "
    for _ in range(times):
        content = zlib.compress(content)
    names = b"[" + b"/FlateDecode " * times + b"]"
    shown = stream(content, b"/Filter " + names)
    return pdf_file([CATALOG, PAGES, b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R >>" % A4, shown])


def lzw_bomb() -> bytes:
    """Twelve-bit codes that name the longest string there is; megabytes for a kilobyte."""
    codes = "100000000" + "".join(f"{code:09b}" for code in [32, *range(258, 510)]) + f"{511:012b}" * 60_000
    packed = int(codes.ljust(-(-len(codes) // 8) * 8, "0"), 2).to_bytes(-(-len(codes) // 8), "big")
    shown = stream(packed, b"/Filter /LZWDecode")
    return pdf_file([CATALOG, PAGES, b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R >>" % A4, shown])


def icc_bomb() -> bytes:
    profile = stream(deflated(b"\0", 1 << 28), b"/N 3 /Filter /FlateDecode")
    head = b"/Width 9 /Height 9 /ColorSpace [/ICCBased 6 0 R] /BitsPerComponent 8 "
    return image(b"\x7f" * 243, head, profile)


def jbig2(segments: bytes) -> bytes:
    return image(segments, b"/Width 2000 /Height 2000 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode")


def jbig2_page(width: int, height: int) -> bytes:
    """A page information segment and a generic region that is noise."""
    information = struct.pack(">IBBBI", 0, 48, 0, 1, 19) + struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", width, height, 0, 0, 0) + b"\0" + b"\x03\xff\xfd\xff\x02\xfe\xfe\xfe"
    noise = bytes(number * 97 % 251 for number in range(400))
    return information + struct.pack(">IBBBI", 1, 38, 0, 1, len(region + noise)) + region + noise


def ccitt(parameters: bytes, content: bytes = b"\x26\xa0" * 200) -> bytes:
    head = b"/Width 2000 /Height 2000 /ColorSpace /DeviceGray /BitsPerComponent 1 "
    return image(content, head + b"/Filter /CCITTFaxDecode /DecodeParms << %s >>" % parameters)


def annotation_loop() -> bytes:
    notes = b"/Annots [5 0 R 5 0 R 3 0 R]"
    note = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 595 842] /AP << /N 6 0 R >> /Parent 5 0 R /Popup 5 0 R >>"
    return page(b"", note, form(b"/F6 Do", 6), extra=notes)


def program_inside() -> bytes:
    """Opens a program, runs a script, carries a file: nothing of it may happen, and the page is good."""
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) /Next << /S /Launch /F (/bin/sh) >> >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s /AA << /WC %s >> >>" % (script, script)
    return page(b"0 0 9 9 re f").replace(CATALOG, catalog)


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return page(b"0 0 9 9 re f", extra=b"/Khoa " + opening * depth + closing * depth)


KINDS: dict[str, Callable[[], bytes]] = {
    "pdf-header-only": lambda: b"%PDF-1.7\n%%EOF\n",
    "pdf-noise": lambda: b"%PDF-1.7\n" + bytes(number * 89 % 256 for number in range(9000)) + b"%%EOF",
    "pdf-cut-in-half": lambda: (whole := page(b"0 0 9 9 re f " * 500))[: len(whole) // 2],
    "pdf-no-catalog": lambda: pdf_file([b"null", PAGES]),
    "pdf-catalog-is-its-pages": lambda: pdf_file([b"<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 9 >>"]),
    "pdf-no-pages": lambda: pdf_file([CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"]),
    "pdf-page-tree-loop": lambda: pdf_file([CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>"]),
    "pdf-page-is-its-parent": lambda: pdf_file(
        [CATALOG, PAGES, b"<< /Type /Page /Parent 3 0 R /Contents 3 0 R /Resources 3 0 R >>"]
    ),
    "pdf-page-count-lies": lambda: page(b"0 0 9 9 re f").replace(b"/Count 1", b"/Count " + HUGE),
    "pdf-page-count-negative": lambda: page(b"0 0 9 9 re f").replace(b"/Count 1", b"/Count -7"),
    "pdf-one-page-100000-times": lambda: pdf_file(
        [CATALOG, b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % (b"3 0 R " * 100_000), b"<< /Type /Page %s >>" % A4]
    ),
    "pdf-deep-page-tree": deep_page_tree,
    "pdf-broad-page-tree": broad_page_tree,
    "pdf-table-loop": lambda: with_trailer(b"/Size 5 /Root 1 0 R /Prev {start}"),
    "pdf-table-of-two-milliards": lambda: with_trailer(b"/Size %s /Root 1 0 R" % HUGE),
    "pdf-hybrid-table-loop": lambda: with_trailer(b"/Size 5 /Root 1 0 R /XRefStm {start} /Prev {start}"),
    "pdf-wrong-offsets": wrong_offsets,
    "pdf-table-beyond-the-end": start_beyond,
    "pdf-table-stream-of-wide-fields": lambda: xref_stream(b"/Size 9 /W [8 2147483647 8]"),
    "pdf-table-stream-of-huge-index": lambda: xref_stream(b"/Size 9 /W [1 2 1] /Index [0 %s]" % HUGE),
    "pdf-table-stream-bomb": lambda: xref_stream(b"/Size 9 /W [1 2 1] /DecodeParms << /Columns %s >>" % HUGE),
    "pdf-object-stream-extends-itself": lambda: object_stream(b"/N 1 /First 4 /Extends 5 0 R", b"3 0 null"),
    "pdf-object-stream-of-a-milliard": lambda: object_stream(b"/N 1000000000 /First 4", b"3 0 null"),
    "pdf-object-stream-in-itself": lambda: object_stream(b"/N 1 /First 4", b"5 0 << /Length 5 0 R >>"),
    "pdf-stream-length-is-itself": lambda: page(b"9").replace(b"/Length 9", b"/Length 4 0 R"),
    "pdf-stream-length-huge": lambda: page(b"9").replace(b"/Length 9", b"/Length " + HUGE),
    "pdf-stream-without-end": lambda: page(b"0 0 9 9 re f").replace(b"endstream", b"").replace(b"endobj", b""),
    "pdf-arrays-100000-deep": lambda: nested(b"[", b"]", 100_000),
    "pdf-dictionaries-100000-deep": lambda: nested(b"<< /A ", b">>", 100_000),
    "pdf-filters-60-deep": lambda: nested_flate(60),
    "pdf-content-bomb": lambda: pdf(deflated(b" ", BOMB)),
    "pdf-content-bomb-in-bomb": lambda: pdf(deflated(deflated(b" ", BOMB), 1), filters="[/FlateDecode /FlateDecode]"),
    "pdf-lzw-bomb": lzw_bomb,
    "pdf-run-length-bomb": lambda: image(b"\x81\0" * 800_000, grey(10_000, 10_000, b"/Filter /RunLengthDecode")),
    "pdf-ascii85-bomb": lambda: image(b"z" * 4_000_000 + b"~>", grey(4_000, 4_000, b"/Filter /ASCII85Decode")),
    "pdf-strokes": lambda: pdf(deflated(b"0 0 m 9 9 l S\n", 1 << 23)),
    "pdf-saved-states": lambda: page(b"q " * 3_000_000),
    "pdf-marked-content-deep": lambda: page(b"/A BMC " * 1_000_000),
    "pdf-text-states": lambda: page(b"BT (a) Tj ET " * 200_000),
    "pdf-operands": lambda: page(b"9 " * 5_000_000 + b"re f"),
    "pdf-inline-image-huge": lambda: page(b"BI /W 2147483647 /H 2147483647 /BPC 8 /CS /G ID \0\0\0 EI"),
    "pdf-form-in-itself": lambda: page(b"/F5 Do", form(b"/F5 Do /F5 Do", 5), resources=b"/XObject << /F5 5 0 R >>"),
    "pdf-forms-laughing": laughing_forms,
    "pdf-shadings": shading_storm,
    "pdf-minute-tiles": minute_tiles,
    "pdf-minute-dashes": minute_dashes,
    "pdf-glyph-in-itself": glyph_loop,
    "pdf-annotation-loop": annotation_loop,
    "pdf-soft-mask-is-itself": lambda: image(b"\x7f" * 81, grey(9, 9, b"/SMask 5 0 R")),
    "pdf-image-declared-huge": lambda: pdf(deflated(b"/I Do", 1), image=(20_000, 20_000)),
    "pdf-image-of-minus-one": lambda: image(b"\x7f" * 81, grey(-1, -1)),
    "pdf-image-predictor-huge": lambda: image(
        zlib.compress(b"\2" * 900),
        grey(30, 30, b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 32 /Columns %s >>" % HUGE),
    ),
    "pdf-indexed-by-two-milliards": lambda: image(
        b"\x7f" * 81, b"/Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace [/Indexed /DeviceRGB %s (abc)]" % HUGE
    ),
    "pdf-colour-space-is-itself": lambda: image(
        b"\x7f" * 81, b"/Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace 6 0 R", b"[/Indexed 6 0 R 1 (ab)]"
    ),
    "pdf-icc-bomb": icc_bomb,
    "pdf-jbig2-noise": lambda: jbig2(bytes(number * 31 % 256 for number in range(900))),
    "pdf-jbig2-damaged": lambda: jbig2(jbig2_page(2000, 2000)),
    "pdf-jbig2-huge": lambda: jbig2(jbig2_page(65_535, 4_294_967_295)),
    "pdf-ccitt-damaged": lambda: ccitt(b"/K -1 /Columns 2000 /Rows 2000"),
    "pdf-ccitt-huge": lambda: ccitt(b"/K -1 /Columns %s /Rows %s" % (HUGE, HUGE)),
    "pdf-ccitt-mixed-without-ends": lambda: ccitt(b"/K 4 /Columns 1 /EndOfLine true", b"\0" * 100_000),
    "pdf-jpeg-noise": lambda: image(b"\xff\xd8\xff\xe0" + b"\x55" * 900, grey(900, 900, b"/Filter /DCTDecode")),
    "pdf-jpeg2000-noise": lambda: image(
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\x33" * 900, grey(900, 900, b"/Filter /JPXDecode")
    ),
    "pdf-paper-endless": lambda: page(b"", box=b"/MediaBox [0 0 1e30 1e30]"),
    "pdf-paper-inside-out": lambda: page(b"0 0 9 9 re f", box=b"/MediaBox [900 900 -900 -900]"),
    "pdf-paper-of-a-hair": lambda: page(b"0 0 9 9 re f", box=b"/MediaBox [0 0 0.001 19000]"),
    "pdf-paper-of-words": lambda: page(b"0 0 9 9 re f", box=b"/MediaBox [(a) /b null [0]]"),
    "pdf-user-unit-huge": lambda: page(b"0 0 9 9 re f", extra=b"/UserUnit 1000000 /Rotate 37"),
    "pdf-encrypted": encrypted,
    "pdf-strange-lock": strange_lock,
    "pdf-program-inside": program_inside,
    "pdf-behind-a-web-page": lambda: b"<html><script>alert(1)</script>" + page(b"0 0 9 9 re f"),
}
