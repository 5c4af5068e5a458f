"""The indicators (`indicators.yaml`) as typed data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Bilingual(BaseModel):
    """A text in Vietnamese and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vi: str
    en: str


class Indicator(BaseModel):
    """One defined figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Bilingual
    unit: Bilingual
    source: str
    events: tuple[str, ...]
    amount: str | None = None
    class_field: str | None = None
    where: Mapping[str, str | None] = {}

    @property
    def has_class(self) -> bool:
        """Whether it is broken down by collection class."""
        return self.class_field is not None


@cache
def indicators() -> Mapping[str, Indicator]:
    """Every indicator by id, in the order of the file."""
    table = yaml.safe_load(files(__package__).joinpath("indicators.yaml").read_text(encoding="utf-8"))
    return {identifier: Indicator(id=identifier, **row) for identifier, row in table.items()}
