"""Readings with what is true of them, kept in var/ocr-trust: what the trust score is calibrated on and judged by."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deploy.local.settings import ROOT
from services.ocr.reading.engine import PageReading
from tests.benchmarks.ocr_accuracy import score
from tests.pages.sets import Page

KEPT = ROOT / "var" / "ocr-trust"


@dataclass(frozen=True)
class Case:
    """A reading and its true character error rate (1 at most). spoiled: how its text was ruined afterwards, or "".

    missing: share of the true text that the reading is too short by; of a text alone nobody can see that.
    """

    name: str
    kind: str
    cer: float
    spoiled: str
    missing: float
    reading: PageReading

    def to_line(self) -> str:
        return json.dumps({**vars(self), "reading": self.reading.model_dump(mode="json")}, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Case:
        fields: dict[str, Any] = json.loads(line)
        return cls(**{**fields, "reading": PageReading.model_validate(fields["reading"])})


def case_of(page: Page, reading: PageReading, spoiled: str = "") -> Case:
    length = max(1, len(page.texts[0]))
    missing = max(0.0, 1 - len(reading.text) / length)
    return Case(page.name, page.kind, error_of(page, reading.text), spoiled, round(missing, 3), reading)


def error_of(page: Page, text: str) -> float:
    """Of misread characters, wherever they stand: order is the layout's business."""
    if page.layout == "wordless":
        return 1.0 if text.strip() else 0.0
    found = score(page.texts, text)
    return min(1.0, found.unordered_edits / found.characters)


def keep_cases(name: str, cases: Iterable[Case]) -> None:
    """Under var/ocr-trust, instead of what was kept under this name before, once all are there."""
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = KEPT / f"{name}.part"
    with gzip.open(unfinished, "wt", encoding="utf-8", compresslevel=5) as file:
        file.writelines(case.to_line() + "\n" for case in cases)
    unfinished.rename(KEPT / f"{name}.jsonl.gz")


def kept_cases(set_name: str) -> list[Case]:
    found = []
    for path in sorted(KEPT.glob(f"{set_name}-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found += [Case.from_line(line) for line in file]
    return found
