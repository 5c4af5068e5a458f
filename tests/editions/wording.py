"""The words of one edition as habits have them: names, volumes, edition statements, numbers."""

from __future__ import annotations

import random
import re
import unicodedata

from tests.editions.works import Edition, Person

ORDINALS = {1: "nhất", 2: "hai", 3: "ba", 4: "tư", 5: "năm", 6: "sáu", 7: "bảy", 8: "tám", 9: "chín", 10: "mười"}
CARDINALS = ORDINALS | {1: "một", 4: "bốn", 11: "mười một", 12: "mười hai", 14: "mười bốn", 15: "mười lăm"}
CARDINALS |= {21: "hai mươi mốt", 37: "ba mươi bảy", 38: "ba mươi tám", 45: "bốn mươi lăm", 101: "một trăm linh một"}
ROLE_WORDS = {"edt": ("ch.b.", "chủ biên"), "com": ("s.t., b.s.", "sưu tầm, biên soạn"), "trl": ("dịch", "người dịch")}
ROLE_WORDS |= {"ann": ("h.đ., chú giải", "hiệu đính và chú giải"), "ths": ("h.d.", "người hướng dẫn khoa học")}
ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
NEWER_TONES = {"òa": "oà", "óa": "oá", "ỏa": "oả", "õa": "oã", "ọa": "oạ", "òe": "oè", "óe": "oé", "ỏe": "oẻ"}
NEWER_TONES |= {"ọe": "oẹ", "ùy": "uỳ", "úy": "uý", "ủy": "uỷ", "ũy": "uỹ", "ụy": "uỵ"}
WITH_I = {
    "ký": "kí",
    "kỹ": "kĩ",
    "kỷ": "kỉ",
    "kỳ": "kì",
    "lý": "lí",
    "mỹ": "mĩ",
    "tỷ": "tỉ",
    "sỹ": "sĩ",
    "hy": "hi",
    "vỹ": "vĩ",
}
EYE_SLIPS = (
    ("ơ", "o"),
    ("ư", "u"),
    ("ấ", "ẩ"),
    ("ề", "ê"),
    ("rn", "m"),
    ("ộ", "ô"),
    ("l", "1"),
    ("ữ", "ừ"),
    ("đ", "d"),
    ("ế", "é"),
)


def roman(number: int) -> str:
    written = ""
    for value, sign in ROMAN:
        written += sign * (number // value)
        number %= value
    return written


def newer_tones(text: str) -> str:
    """hòa -> hoà, where nothing follows in the syllable."""
    for older, newer in NEWER_TONES.items():
        for one, other in ((older, newer), (older.upper(), newer.upper()), (older.capitalize(), newer.capitalize())):
            text = re.sub(rf"(?<![qQ]){one}(?!\w)", other, text)
    return text


def with_i(text: str) -> str:
    """vật lý -> vật lí: y alone after a consonant."""

    def changed(found: re.Match[str]) -> str:
        short = WITH_I[found[0].lower()]
        return short.capitalize() if found[0][0].isupper() else short

    return re.sub(rf"\b(?:{'|'.join(WITH_I)})\b", changed, text, flags=re.IGNORECASE)


def without_marks(text: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return bare.replace("đ", "d").replace("Đ", "D")


def eye_slip(text: str, chance: random.Random) -> str:
    """One letter misread, as OCR of a card does."""
    possible = [(wrong, right) for right, wrong in EYE_SLIPS if right in text]
    if not possible:
        return text
    wrong, right = chance.choice(possible)
    place = chance.choice([found.start() for found in re.finditer(re.escape(right), text)])
    return text[:place] + wrong + text[place + len(right) :]


def finger_slip(text: str, chance: random.Random) -> str:
    """Two letters swapped, one lost or one doubled."""
    if len(text) < 6:
        return text
    place = chance.randrange(1, len(text) - 2)
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return chance.choice([swapped, text[:place] + text[place + 1 :], text[:place] + text[place] + text[place:]])


def name_of(person: Person, habit: str, chance: random.Random) -> str:
    if person.role == "bod":
        return person.name
    if person.others and chance.random() < 0.5:
        return chance.choice(person.others)
    surname, _, given = person.name.partition(" ")
    if person.others:  # a foreigner's surname stands last
        given, _, surname = person.name.rpartition(" ")
    if habit == "inverted" and given:
        return f"{surname}, {given}"
    if habit == "caps_surname" and given:
        return person.name.upper() if not person.others else f"{surname.upper()}, {given}"
    return person.name.upper() if habit == "caps" else person.name


def with_role(name: str, person: Person, *, short: bool) -> str:
    words = ROLE_WORDS.get(person.role)
    return f"{name} ({words[0 if short else 1]})" if words else name


def statement_of(edition: Edition, habit: str) -> str:
    """245$c: "B.s.: A (ch.b.), B ; C dịch" or in full words."""
    place = 0 if habit == "short" else 1
    makers = [person for person in edition.people if person.role not in {"trl", "ths"}]
    makers_written = ", ".join(
        f"{person.name} ({ROLE_WORDS[person.role][place]})" if person.role in ROLE_WORDS else person.name
        for person in makers
    )
    translators = ", ".join(person.name for person in edition.people if person.role == "trl")
    if not translators:
        return makers_written
    return f"{makers_written} ; {'Dịch: ' if place == 0 else 'người dịch: '}{translators}"


def volume_of(edition: Edition, habit: str, word: str) -> str:
    """The designation alone: T.2, Tập 2, Tập II, tập hai, 2."""
    number = edition.volume
    if number in {"", "set"}:
        return ""
    if habit == "roman" and number.isdigit() and int(number) < 40:
        return f"{word}{roman(int(number))}"
    if habit == "words" and number.isdigit() and int(number) in CARDINALS:
        return f"{word}{CARDINALS[int(number)]}"
    return f"{word}{number}"


def edition_of(edition: Edition, habit: str, chance: random.Random) -> str:
    number = edition.edition
    if not number or habit == "none":
        return ""
    if edition.english_edition:
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number if number < 20 else number % 10, "th")
        return f"{number}{ending} ed."
    ordinal = ORDINALS.get(number, str(number))
    return {
        "written": f"Tái bản lần thứ {ordinal}",
        "figures": f"Tái bản lần {number}",
        "short": f"T.b. lần {number}",
        "long": f"Tái bản lần thứ {number}, {chance.choice(['có sửa chữa, bổ sung', 'có bổ sung', 'có chỉnh lí'])}",
        "in_title": f"tái bản lần thứ {number}",
    }[habit]
