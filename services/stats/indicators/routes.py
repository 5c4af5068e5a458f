"""HTTP in: the indicators, for anyone; they hold no person."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.stats.indicators.definitions import Bilingual, indicators
from services.stats.indicators.store import By, Figure, figures
from services.stats.registry import is_registered
from shared.events.vocabulary import LibraryId
from shared.runtime import Runtime
from shared.web.problems import Problem


class Group(BaseModel):
    """The total within one day, month, library or collection class; without a key: it has no class."""

    key: str | None
    total: int


class IndicatorFigures(BaseModel):
    """One indicator: what it is, its total, and its groups in the order of their keys."""

    id: str
    title: Bilingual
    unit: Bilingual
    source: str
    total: int
    groups: list[Group]


class IndicatorsAnswer(BaseModel):
    """Figures of the days from `from` to `to`, both included, of the calendar in Việt Nam."""

    library: str | None
    start: Annotated[date | None, Field(serialization_alias="from")]
    end: Annotated[date | None, Field(serialization_alias="to")]
    by: By
    indicators: list[IndicatorFigures]


def build_routes(runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["indicators"])

    @router.get("/indicators")
    async def read_indicators(
        library: Annotated[LibraryId | None, Query(description="Only this library's figures.")] = None,
        start: Annotated[date | None, Query(alias="from", description="First day, YYYY-MM-DD.")] = None,
        end: Annotated[date | None, Query(alias="to", description="Last day, YYYY-MM-DD.")] = None,
        by: By = By.MONTH,
    ) -> IndicatorsAnswer:
        """Every indicator, its total, and its totals by day, month, library or collection class."""
        if start and end and start > end:
            raise Problem(422, "range-reversed", start=start, end=end)
        if library and not await is_registered(runtime.database, library):
            raise Problem(404, "library-unknown", library=library)
        found = await figures(runtime.database, library=library, start=start, end=end, by=by)
        return IndicatorsAnswer(library=library, start=start, end=end, by=by, indicators=_with_definitions(found))

    return router


def _with_definitions(found: list[Figure]) -> list[IndicatorFigures]:
    groups: dict[str, list[Group]] = defaultdict(list)
    for figure in found:
        groups[figure.indicator].append(Group(key=figure.group or None, total=figure.total))
    return [
        IndicatorFigures(
            id=indicator.id,
            title=indicator.title,
            unit=indicator.unit,
            source=indicator.source,
            total=sum(group.total for group in groups[indicator.id]),
            groups=groups[indicator.id],
        )
        for indicator in indicators().values()
    ]
