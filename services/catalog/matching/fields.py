"""What each field of two descriptions says about whether they are of one edition: one code a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from services.catalog.identity import Description, Form, Kind, Name, Part
from services.catalog.identity.names import names_of_statement
from services.catalog.identity.publication import is_partner
from services.catalog.identity.spelling import compared
from services.catalog.matching.wording import (
    Difference,
    difference,
    genre_words,
    is_letter_off,
    is_possible,
    lost_marks,
    telling_words,
)

SHORT_TITLE = 2
LONG_TITLE = 5
"""Words."""
NEAR_PAGES = 4
NEAR_PAGES_SHARE = 0.02
HEIGHT_SLACK_CM = 1
OTHER_HEIGHT_CM = 3
NEAR_NAME = 80
NEAR_SURNAME = 70
"""Beside an initial that agrees: Tônxtôi, Tolstoi."""
NEAR_PUBLISHER = 88
"""Likeness of rapidfuzz, 0..100."""

HARD_FORMS = frozenset([Form.SOUND, Form.VIDEO, Form.ELECTRONIC])
"""No library calls these text by leaving the leader as it is: carrier or extent says them."""


def is_marked(description: Description) -> bool:
    """Whether marks were typed: one letter beyond ASCII in title, names or publishers shows it."""
    said = (description.title, *(name.display for name in description.people), *description.publishers)
    return not all(each.isascii() for each in said)


def words_of(left: Description, right: Description) -> tuple[str, str]:
    """Both titles in the best form that both have, without a volume's number that only one counts to the title."""
    exact = is_marked(left) and is_marked(right)
    ours, theirs = (left.title_exact, right.title_exact) if exact else (left.title_folded, right.title_folded)
    return _without_number(ours, left, right), _without_number(theirs, right, left)


def _without_number(title: str, own: Description, other: Description) -> str:
    """As "Kính vạn hoa 1" is beside "Kính vạn hoa. T.1"."""
    head, _, last = title.rpartition(" ")
    if head and last.isdecimal() and not own.parts and any(part.number == last for part in other.parts):
        return head.removesuffix(" số").removesuffix(" so")
    return title


def title(left: Description, right: Description) -> str:
    ours, theirs = words_of(left, right)
    if not ours or not theirs:
        return "missing"
    if ours == theirs:
        return _by_length("bare" if _lost_marks(left, right) else "same", ours)
    rest = _rest(ours, theirs)
    if rest is not None:
        return _more(left, right, rest, min(ours, theirs, key=len))
    found = difference(ours, theirs)
    if found is Difference.MARKS and lost_marks(ours, theirs):
        return _by_length("bare", ours)
    if found in {Difference.SLIP, Difference.MARKS}:
        return _by_length(found.value, min(ours, theirs, key=lambda words: words.count(" ")))
    return found.value if found is Difference.NUMBER else _other_words(left, right, found)


def _more(left: Description, right: Description, rest: str, shorter: str) -> str:
    if rest in _said_beside(left, right):
        return _by_length("same", shorter)
    return "more" if rest == str(left.year) == str(right.year) else _added(rest)


def _said_beside(left: Description, right: Description) -> set[str]:
    """What a title may end with that the other says of its volume or as its series."""
    names = [part.name for each in (left, right) for part in each.parts if part.name]
    return {form for name in (*names, *left.series, *right.series) for form in compared(name)}


def _other_words(left: Description, right: Description, found: Difference) -> str:
    if is_letter_off(left.title_folded, right.title_folded):
        return "letter"
    if head := _slip_in_head(left, right):
        return _by_length("slip", head)
    return "other-rest" if left.main_title and left.main_title == right.main_title else found.value


def _slip_in_head(left: Description, right: Description) -> str:
    """The title proper, where both differ in it by a slip and one alone goes on, with what tells nothing."""
    plain, fuller = sorted((left, right), key=lambda each: each.title_folded != each.main_title)
    if plain.title_folded != plain.main_title or fuller.title_folded == fuller.main_title:
        return ""
    ours, theirs = words_of(plain, fuller)
    count = fuller.main_title.count(" ") + 1
    words = theirs.split()
    if difference(ours, " ".join(words[:count])) is not Difference.SLIP:
        return ""
    return ours if _added(" ".join(words[count:])) == "more-genre" else ""


def _lost_marks(left: Description, right: Description) -> bool:
    """Whether one of both was typed without its marks, so that the same letters may be another word's; equal pages or
    an equal ISBN say that they are not.
    """
    if left.title_exact == right.title_exact or is_marked(left) == is_marked(right):
        return False
    return "same" not in {pages(left, right), isbn(left, right)}


def _by_length(code: str, words: str) -> str:
    count = words.count(" ") + 1
    return f"{code}-short" if count <= SHORT_TITLE else f"{code}-long" if count >= LONG_TITLE else code


def _rest(ours: str, theirs: str) -> str | None:
    """What one says more at the end, where the other's words end."""
    shorter, longer = sorted((ours, theirs), key=len)
    return longer[len(shorter) + 1 :] if longer.startswith(shorter + " ") else None


@lru_cache(maxsize=8192)
def _added(rest: str) -> str:
    folded = f" {compared(rest)[1]} "
    if any(sign.isdigit() for sign in rest):
        return "more-number"
    if any(f" {word} " in folded for word in telling_words()):
        return "more-telling"
    return "more-genre" if any(folded.startswith(f" {word} ") for word in genre_words()) else "more"


def volume(left: Description, right: Description) -> str:
    ours, theirs = volume_numbers(left, right), volume_numbers(right, left)
    if ((left.volumes or 0) > 1 and theirs) or ((right.volumes or 0) > 1 and ours):
        return "set"
    if ours and theirs:
        return "same" if ours == theirs else "differs"
    if ours or theirs:
        return "one"
    return _volume_names(left.parts, right.parts)


def volume_numbers(own: Description, other: Description) -> tuple[str, ...]:
    """As stated, or as the number behind the title where the other's title stands before it: "Kính vạn hoa 2"."""
    numbers = tuple(part.number for part in own.parts if part.number)
    if numbers or not other.parts:
        return numbers
    head, _, last = own.title_folded.rpartition(" ")
    return (last,) if last.isdecimal() and head.removesuffix(" so") == other.title_folded else ()


def _volume_names(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> str:
    names = [" ".join(compared(part.name)[1] for part in parts if part.name) for parts in (ours, theirs)]
    if all(names):
        found = difference(*names)
        return "same" if found in {Difference.NONE, Difference.SLIP, Difference.MARKS} else "other-name"
    return "one" if any(names) else "none"


def people(left: Description, right: Description) -> str:
    ours, theirs = _makers(left), _makers(right)
    if not ours or not theirs:
        return "missing" if ours or theirs else "none"
    if _keys(ours) & _keys(theirs):
        if is_marked(left) and is_marked(right) and all(_differ_in_marks(*pair) for pair in _alike(ours, theirs)):
            return "marks"
        return "same"
    if any(_is_near(one, other) for one in ours for other in theirs) or _are_stated(left, right):
        return "near"
    return "letter" if any(is_letter_off(one, other) for one in _keys(ours) for other in _keys(theirs)) else "differs"


def _are_stated(left: Description, right: Description) -> bool:
    """Whether a maker of one is in the statement of responsibility of the other, though its headings name others."""
    return any(
        _keys(_makers(one)) & _keys(names_of_statement(other.statement))
        for one, other in ((left, right), (right, left))
        if other.statement
    )


def translators(left: Description, right: Description) -> str:
    ours, theirs = _with_role(left, "trl"), _with_role(right, "trl")
    if not ours or not theirs:
        return "missing" if ours or theirs else "none"
    if _keys(ours) & _keys(theirs) or any(_is_near(one, other) for one in ours for other in theirs):
        return "same"
    return "differs"


def _makers(description: Description) -> tuple[Name, ...]:
    return tuple(name for name in description.people if name.role != "ths")


def _with_role(description: Description, role: str) -> tuple[Name, ...]:
    return tuple(name for name in description.people if name.role == role)


def _keys(names: Iterable[Name]) -> set[str]:
    return {name.key for name in names}


def _alike(ours: Iterable[Name], theirs: Iterable[Name]) -> Iterator[tuple[str, str]]:
    return ((one.display, other.display) for one in ours for other in theirs if one.key == other.key)


def _differ_in_marks(one: str, other: str) -> bool:
    """Not so where one key stands for two spellings (Lép Tônxtôi, Leo Tolstoy), nor in foreign names (Gosho, Gôshô)."""
    if one == other:
        return False
    (exact, folded), (other_exact, other_folded) = _sorted_words(one), _sorted_words(other)
    return exact != other_exact and folded == other_folded and all(map(is_possible, (*exact, *other_exact)))


@lru_cache(maxsize=4096)
def _sorted_words(display: str) -> tuple[list[str], list[str]]:
    exact, folded = compared(display)
    return sorted(exact.split()), sorted(folded.split())


def _is_near(one: Name, other: Name) -> bool:
    return one.kind is other.kind and _near(_spoken(one.display), _spoken(other.display), one.kind is Kind.PERSON)


@lru_cache(maxsize=4096)
def _spoken(display: str) -> str:
    return compared(display)[1]


@lru_cache(maxsize=4096)
def _near(left: str, right: str, person: bool) -> bool:  # noqa: FBT001 - a cached function has no keywords
    """Slips of the keys, initials, other letters for a foreign name."""
    ours, theirs = left.split(), right.split()
    if person and _initials(ours, theirs):
        return True
    if difference(left, right) is Difference.SLIP:
        return True
    return person and fuzz.ratio(left, right) >= NEAR_NAME and difference(left, right) is not Difference.WORD


def _initials(ours: list[str], theirs: list[str]) -> bool:
    """V. Hugo, Victor Hugo: whole words of one are in the other, and the letters that remain begin the rest."""
    shorter, longer = sorted((ours, theirs), key=lambda words: (sum(map(len, words)), words))
    letters = [word for word in shorter if len(word) == 1]
    whole = [word for word in shorter if len(word) > 1]
    if not letters or not whole:
        return False
    rest = list(longer)
    for word in whole:
        near = next((other for other in rest if other == word or fuzz.ratio(word, other) >= NEAR_SURNAME), None)
        if near is None:
            return False
        rest.remove(near)
    return any(other.startswith(letter) for letter in letters for other in rest)


def publisher(left: Description, right: Description) -> str:
    ours, theirs = left.publisher_keys, right.publisher_keys
    if not ours or not theirs:
        return "missing" if ours or theirs else "none"
    if set(ours) & set(theirs):
        return "same"
    if any(_near_publishers(one, other) for one in ours for other in theirs):
        return "near"
    return "missing" if all(map(is_partner, ours)) or all(map(is_partner, theirs)) else "differs"


@lru_cache(maxsize=4096)
def _near_publishers(left: str, right: str) -> bool:
    shorter, longer = sorted((left.replace(" ", ""), right.replace(" ", "")), key=len)
    initials = "".join(word[0] for word in (left if len(left) > len(right) else right).split())
    return shorter == initials or fuzz.ratio(left, right) >= NEAR_PUBLISHER or (len(shorter) > 3 and shorter in longer)


def place(left: Description, right: Description) -> str:
    return _sets(left.place_keys, right.place_keys)


def _sets(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    if not ours or not theirs:
        return "missing" if ours or theirs else "none"
    return "differs" if set(ours).isdisjoint(theirs) else "same"


def year(left: Description, right: Description) -> str:
    if left.year is None or right.year is None:
        return "missing" if left.year or right.year else "none"
    apart = abs(left.year - right.year)
    if apart and not {left.year, *left.other_years}.isdisjoint((right.year, *right.other_years)):
        return "either"
    return "same" if not apart else "next" if apart == 1 else "differs"


def edition(left: Description, right: Description) -> str:
    ours, theirs = left.edition_number, right.edition_number
    if ours is None or theirs is None:
        return "one" if ours or theirs else "none"
    return "same" if ours == theirs else "differs"


def pages(left: Description, right: Description) -> str:
    if left.pages is None or right.pages is None:
        return "missing" if left.pages or right.pages else "none"
    apart = abs(left.pages - right.pages)
    if not apart:
        return "same"
    if apart <= max(NEAR_PAGES, NEAR_PAGES_SHARE * max(left.pages, right.pages)):
        return "near"
    return "near" if _are_swapped(str(left.pages), str(right.pages)) else "differs"


def _are_swapped(ours: str, theirs: str) -> bool:
    """Whether two neighbouring figures changed places, as fingers do: 428, 482."""
    return len(ours) == len(theirs) > 2 and sorted(ours) == sorted(theirs) and OSA.distance(ours, theirs) == 1


def height(left: Description, right: Description) -> str:
    if left.height_cm is None or right.height_cm is None:
        return "missing"
    apart = abs(left.height_cm - right.height_cm)
    return "same" if apart <= HEIGHT_SLACK_CM else "differs" if apart >= OTHER_HEIGHT_CM else "missing"


def isbn(left: Description, right: Description) -> str:
    return _sets(left.isbns, right.isbns)


def issn(left: Description, right: Description) -> str:
    return _sets(left.issns, right.issns)


def other_ids(left: Description, right: Description) -> str:
    return "same" if left.other_ids and not set(left.other_ids).isdisjoint(right.other_ids) else "none"


def series(left: Description, right: Description) -> str:
    if not left.series or not right.series:
        return "missing" if left.series or right.series else "none"
    pairs = ((compared(one)[1], compared(other)[1]) for one in left.series for other in right.series)
    alike = any(one in other or other in one or fuzz.ratio(one, other) >= NEAR_PUBLISHER for one, other in pairs)
    return "same" if alike else "differs"


def subject(left: Description, right: Description) -> str:
    """By Dewey classes: the first three figures."""
    return _sets(tuple(each[:3] for each in left.classes), tuple(each[:3] for each in right.classes))


def form(left: Description, right: Description) -> str:
    if left.carrier != right.carrier and {left.carrier, right.carrier} & {
        "braille",
        "microform",
        "large-print",
        "vinyl",
    }:
        return "differs"
    if left.form is right.form:
        return "same"
    return "differs" if {left.form, right.form} & HARD_FORMS else "unsure"


def level(left: Description, right: Description) -> str:
    if left.level is not right.level or bool(left.host) != bool(right.host):
        return "differs"
    return "same" if left.host == right.host or _same_host(left.host, right.host) else "other-host"


def _same_host(left: str, right: str) -> bool:
    """One journal's issue as two libraries type it: the same numbers and nearly the same words."""
    counted = [sorted(word for word in host.split() if word.isdecimal()) for host in (left, right)]
    return counted[0] == counted[1] and fuzz.token_set_ratio(left, right) >= NEAR_PUBLISHER


def language(left: Description, right: Description) -> str:
    if not left.language or not right.language:
        return "missing"
    return "same" if left.language == right.language else "differs"


FIELDS: dict[str, Callable[[Description, Description], str]] = {
    "title": title,
    "volume": volume,
    "people": people,
    "translators": translators,
    "edition": edition,
    "year": year,
    "publisher": publisher,
    "place": place,
    "pages": pages,
    "height": height,
    "isbn": isbn,
    "issn": issn,
    "other_ids": other_ids,
    "series": series,
    "class": subject,
    "form": form,
    "level": level,
    "language": language,
}
"""In the order in which evidence is shown."""
