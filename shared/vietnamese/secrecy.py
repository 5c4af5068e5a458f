"""The marks of state secrets (độ mật) in Vietnamese text, names of files and descriptions.

Source: Luật Bảo vệ bí mật nhà nước 29/2018/QH14 (three degrees: tuyệt mật, tối mật, mật); the stamps are forms of
Thông tư 24/2020/TT-BCA: capital letters, standing alone in a box.
"""

import re
import unicodedata
from typing import Literal

from shared.vietnamese.folding import fold

Degree = Literal["tuyet-mat", "toi-mat", "mat"]

_FRAME = " \t|[](){}<>«»“”\"'.,:;-–—_=*~¦•"
"""What readers make of a stamp's box."""
_EXACT: dict[str, Degree] = {"TUYỆT MẬT": "tuyet-mat", "TỐI MẬT": "toi-mat", "MẬT": "mat"}
_BARE: dict[str, Degree] = {"TUYET MAT": "tuyet-mat", "TOI MAT": "toi-mat"}
"""Marks lost in reading. A bare "MAT" is many other words."""
_DECLARED = re.compile(r"\bđộ mật\s*[:：]?\s*(tuyệt mật|tối mật|mật)\s*$", re.IGNORECASE)
_BESIDE_NUMBER = re.compile(r"^Số\s*[:：].*\s(TUYỆT MẬT|TỐI MẬT|MẬT)$")
_APART = re.compile(r"\s{3,}|[|¦\[\]]")
_NAME_ANYWHERE = re.compile(r"(?<!\w)(tuyệt mật|tuyet mat|tối mật|TOI MAT|TOP SECRET)(?!\w)")
_NAME_LOOSE = re.compile(r"(?<!\w)(tuyệt mật|tuyet mat|tối mật)(?!\w)", re.IGNORECASE)
_NAME_ALONE = re.compile(r"[\[(]\s*MẬT\s*[\])]|^MẬT(?=\s+\d|$)|(?<!BÍ)(?<!BẢO)\sMẬT$")
_TITLE_FRAMED = re.compile(r"(?:^|[\[(])\s*(TUYỆT MẬT|TỐI MẬT|MẬT)\s*(?:$|[\])])")
_ENDING = re.compile(r"\s(pdf|tiff?|jpe?g|png|jp2|xml|json|zip|tar|gz)$", re.IGNORECASE)
_NAME_DEGREE: dict[str, Degree] = {"tuyet mat": "tuyet-mat", "toi mat": "toi-mat", "top secret": "tuyet-mat"}


def stamp_of(line: str) -> Degree | None:
    """The degree that a line of a page stamps on it, or None: the mark alone, apart from other words, or declared."""
    text = unicodedata.normalize("NFC", line).strip()
    if declared := _DECLARED.search(text) or _BESIDE_NUMBER.match(text):
        return _EXACT[declared[1].upper()]
    pieces = [" ".join(piece.strip(_FRAME).split()) for piece in _APART.split(text)]
    return next((degree for piece in pieces if (degree := _EXACT.get(piece) or _BARE.get(piece))), None)


def is_declassified(line: str) -> bool:
    """Whether a line says that the secret was lifted (dấu "GIẢI MẬT")."""
    return " ".join(unicodedata.normalize("NFC", line).strip(_FRAME).split()).upper() in {"GIẢI MẬT", "ĐÃ GIẢI MẬT"}


def degree_in_name(name: str) -> Degree | None:
    """The degree that the name of a file or folder carries; None for ordinary words.

    Separators count as spaces: `tuyet_mat-01.pdf`, `[MẬT] Báo cáo.pdf`. A bare "mat" and a small "toi mat" (tôi mất)
    are ordinary words, and so is the mật of mật ong or bí mật.
    """
    spaced = re.sub(r"[_.\-–]+", " ", unicodedata.normalize("NFC", name)).strip()
    if found := _NAME_LOOSE.search(spaced) or _NAME_ANYWHERE.search(spaced):
        return _NAME_DEGREE[fold(found[1])]
    stem = _ENDING.sub("", spaced)
    return "mat" if _NAME_ALONE.search(stem) else None


def degree_in_title(title: str) -> Degree | None:
    """The degree that a title is marked with: in capitals, alone or in brackets. "Hồ sơ tuyệt mật" is a novel."""
    found = _TITLE_FRAMED.search(" ".join(unicodedata.normalize("NFC", title).split()))
    return _EXACT[found[1]] if found else None
