"""Which headings look the same, so that a person should say whether they are. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from services.catalog.authorities.authority import Authority, Form, form_of, is_marked


class Sign(StrEnum):
    """Why two headings look the same; the messages say each to a person, as `likeness-<sign>`."""

    SAME_NUMBER = "same-number"
    SAME_HEADING = "same-heading"
    HEADING_IS_VARIANT = "heading-is-variant"
    SHARED_VARIANT = "shared-variant"
    SAME_LETTERS = "same-letters"
    """Without the marks, where one of them was typed without, or their years agree."""
    SAME_WORDS = "same-words"
    """In another order."""
    SAME_YEARS = "same-years"


def signs_of(left: Authority, right: Authority) -> tuple[Sign, ...]:
    """Why the two look the same; empty where they do not, or where years of a life or kinds contradict."""
    if left.kind is not right.kind or left.years.contradict(right.years):
        return ()
    agree = left.years.agree(right.years)
    found = [Sign.SAME_NUMBER] if set(left.ids) & set(right.ids) else []
    found += _by_names(left, right, agree=agree)
    return (*found, Sign.SAME_YEARS) if found and agree else tuple(found)


def likeness_keys(authority: Authority) -> list[str]:
    """Headings that could look the same share one of these."""
    words = (_in_any_order(form.folded) for form in _forms(authority))
    return sorted({*words, *(f"#{number}" for number in authority.ids)})


def _by_names(left: Authority, right: Authority, *, agree: bool) -> list[Sign]:
    ours, theirs = list(_forms(left)), list(_forms(right))
    exact = {form.exact for form in ours} & {form.exact for form in theirs}
    if ours[0].exact == theirs[0].exact:
        return [Sign.SAME_HEADING]
    if {ours[0].exact, theirs[0].exact} & exact:
        return [Sign.HEADING_IS_VARIANT]
    if exact:
        return [Sign.SHARED_VARIANT]
    if _share(left, right, agree=agree):
        return [Sign.SAME_LETTERS]
    return [Sign.SAME_WORDS] if _in_any_order(ours[0].exact) == _in_any_order(theirs[0].exact) else []


def _share(left: Authority, right: Authority, *, agree: bool) -> bool:
    """Names of the same letters: other marks make another name, unless one has none or the years agree."""
    for one in left.names:
        for other in right.names:
            same = form_of(left.kind, one.name).folded == form_of(right.kind, other.name).folded
            if same and (agree or not (is_marked(one.name) and is_marked(other.name))):
                return True
    return False


def _forms(authority: Authority) -> Iterable[Form]:
    return (form_of(authority.kind, name.name) for name in authority.names)


def _in_any_order(words: str) -> str:
    return " ".join(sorted(words.split()))
