"""A share of a count with the interval in which the true share lies."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959964
"""Quantile of the normal distribution for an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; the interval is Wilson's, 95 % (E. B. Wilson, JASA 22, 1927)."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.whole:
            return 0.0, 1.0
        square = NORMAL_95**2
        middle = self.value + square / (2 * self.whole)
        spread = NORMAL_95 * sqrt(self.value * (1 - self.value) / self.whole + square / (4 * self.whole**2))
        scale = 1 + square / self.whole
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
