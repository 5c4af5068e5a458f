"""Names for what is found on a page."""

from typing import Literal

Script = Literal["latin", "han"]
Reader = Literal["tesseract", "embedded"]
RegionKind = Literal[
    "heading",
    "paragraph",
    "table",
    "running-head",
    "page-number",
    "national-motto",
    "issuing-body",
    "document-number",
    "place-and-date",
    "document-type",
    "abstract",
    "recipients",
    "signature",
]
"""The first five are of any page; the others are the parts of a Vietnamese administrative document (Decree 30/2020):
quốc hiệu và tiêu ngữ, cơ quan ban hành, số và ký hiệu, địa danh và ngày, tên loại, trích yếu, nơi nhận, chữ ký."""
