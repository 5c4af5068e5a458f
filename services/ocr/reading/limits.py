"""The numbers that decide how a page is measured, prepared and read: limits.yaml, checked once when it is loaded."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("limits.yaml")


class Limit(BaseModel):
    """One number with its unit, its meaning, and where it was measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1)

    value: int | float
    unit: str
    means: str
    measured: str


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measuring(Section):
    sampled_bands: int
    band_share: int
    ink_depth: float
    least_contrast: float
    speck: float
    show_through: float
    border_dark: float
    frame_step: float
    picture: float


class Preparing(Section):
    framed: float
    speckled: float
    grainy: float
    softening: float
    low_dpi: int
    even_paper: float
    even_for_faint_ink: float
    white_from: float
    smoothing: float
    smoothing_of_grain: float
    smooth_grain: float
    antialias: float
    large_ink: float
    smallest_skew: float
    largest_skew: float
    skew_width: int
    blurred: float
    sharpening: float
    largest_aspect: float


class Passing(Section):
    sure: float
    mostly_spelled: float
    little_unread: float
    hopeless: float
    least_confidence: float
    least_words: int
    cost_of_odd: float
    long_word: int
    long_line: int


class Seconding(Section):
    sure: float
    room: float
    line: int
    context: float
    most_context: float


class MendingMarks(Section):
    low: float
    letters: int
    shared: float


class ReadingLimits(Section):
    measures: Measuring
    preparation: Preparing
    passes: Passing
    second: Seconding
    marks: MendingMarks


def load(file: Path = FILE) -> ReadingLimits:
    """Raises pydantic's ValidationError where one is missing, unknown, or says too little of itself."""
    described: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))
    values = {
        section: {name: Limit.model_validate(limit).value for name, limit in limits.items()}
        for section, limits in described.items()
    }
    return ReadingLimits.model_validate(values)


LIMITS = load()
MEASURES, PREPARATION, PASSES = LIMITS.measures, LIMITS.preparation, LIMITS.passes
SECOND, MARKS = LIMITS.second, LIMITS.marks
