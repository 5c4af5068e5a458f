"""Keys by which others find the same edition: equality of a key is their whole decision."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pymarc

from services.catalog.identity import describe

_PUNCTUATION = re.compile(r"[ !\"#$()*+,\-./:;<=>?@\[\\\]^_`|~©%]")
_ARTICLE = re.compile(r"^ *(?:a|an|the) +", re.IGNORECASE)
_ORDINALS = {"fir": 1, "sec": 2, "thi": 3, "fou": 4, "fif": 5, "six": 6, "sev": 7, "eig": 8, "nin": 9, "ten": 10}
_FOUR_DIGITS = re.compile(r"\d{4}")


def gold_rush(record: pymarc.Record) -> str:
    """The match key of Colorado Alliance's Gold Rush, specification of January 2024."""
    title = "".join(_plain(_any(record, "245", code), "") for code in "abp")
    author = "".join(_plain(_first(record, tag, "a"), "") for tag in ("100", "110", "111", "130"))
    parts = [value for field in record.get_fields("245") for value in field.get_subfields("p")][1:]
    return "".join(
        (
            _padded(title, 70),
            _year(record),
            _padded((_FOUR_DIGITS.search(_any(record, "300", "a")) or [""])[0], 4),
            _padded(_edition(_any(record, "250", "a")), 3),
            _padded(_plain(_any(record, "264", "b") or _any(record, "260", "b"), ""), 5),
            str(record.leader)[6:7],
            _padded("".join(_plain(part.strip(), "_")[:10] for part in parts), 30),
            _padded(_plain(_any(record, "245", "n"), "_"), 10),
            _padded(re.sub(r"[^a-z0-9]", "", author), 5),
            _padded(_plain(_any(record, "245", "f").replace(" ", ""), "_"), 15),
            _plain(_any(record, "086", "a"), "_"),
            "e" if _is_electronic(record) else "p",
        )
    )


def title_author_year(record: pymarc.Record) -> str:
    """Title, first name and year, folded: what library systems mostly compare."""
    said = describe(record)
    return f"{said.title_folded}|{said.people[0].key if said.people else ''}|{said.year}"


def isbn(record: pymarc.Record) -> str:
    """The first valid ISBN alone."""
    return next(iter(describe(record).isbns), "")


BASELINES: dict[str, Callable[[pymarc.Record], str]] = {
    "gold-rush": gold_rush,
    "title+author+year": title_author_year,
    "isbn": isbn,
}
"""An empty key matches nothing."""


def _any(record: pymarc.Record, tag: str, code: str) -> str:
    """The first field that has the subfield."""
    return next((value for field in record.get_fields(tag) for value in field.get_subfields(code) if value), "")


def _first(record: pymarc.Record, tag: str, code: str) -> str:
    """Of the first field only."""
    return next((field.get(code) or "" for field in record.get_fields(tag)[:1]), "")


def _plain(text: str, instead: str) -> str:
    without = re.sub(r"['{}]", "", _ARTICLE.sub("", text)).replace("&", "and")
    return _PUNCTUATION.sub(instead, _bare(without)).lower()


def _bare(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def _padded(text: str, length: int) -> str:
    return re.sub(" +", "_", text)[:length].ljust(length, "_")


def _year(record: pymarc.Record) -> str:
    control = next((field.data or "" for field in record.get_fields("008")), "")
    said = (control[11:15], control[7:11], _any(record, "264", "c"), _any(record, "260", "c"))
    digits = (re.sub(r"\D", "", text) for text in said)
    return next((found[:4] for found in digits if re.search(r"[1-9]\d{3}", found) and found != "9999"), "0000")


def _edition(statement: str) -> str:
    text = _bare(statement).strip().lower()
    if figures := re.match(r"\d{1,3}", text):
        return figures[0]
    return str(_ORDINALS.get(text[:3], 1))


def _is_electronic(record: pymarc.Record) -> bool:
    said = (("245", "h", "electronic resource"), ("590", "a", "electronic reproduction"))
    said += (("533", "a", "electronic reproduction"), ("300", "a", "online resource"))
    if any(words in _any(record, tag, code).lower() for tag, code, words in said):
        return True
    physical = next((field.data or "" for field in record.get_fields("007")), "")
    if physical.startswith("c") or _first(record, "337", "a").startswith("c"):
        return True
    return bool(record.get_fields("086") and record.get_fields("856"))
