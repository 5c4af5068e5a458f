"""Tokens as one text, so that a pattern can run over line ends and still be found on the page."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from services.ocr.description.lines import Token
from services.ocr.description.matching import plain

Match = re.Match[str]


@dataclass(frozen=True)
class Stream:
    """`plain` and `text` agree character by character: patterns run over the one and values come from the other."""

    tokens: Sequence[Token]

    @cached_property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def plain(self) -> str:
        return plain(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(token.text) + 1 for token in self.tokens[:-1]), initial=0))

    def places(self, match: Match, group: str | int = 0) -> range:
        """Indexes of the tokens that the group touches; none where it is empty."""
        start, end = match.span(group)
        if start >= end:
            return range(0)
        return range(bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1))

    def taken(self, match: Match, group: str | int = 0) -> list[Token]:
        return [self.tokens[place] for place in self.places(match, group)]

    def read(self, match: Match, group: str | int) -> str:
        """The group with its marks and capitals."""
        return self.text[slice(*match.span(group))]
