"""The rules of counting: which counters an event raises, by how much, on which day."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.stats.counting.handlers import counted_types
from services.stats.counting.increments import Counter, ImpossibleTime, Increment, day_in_vietnam, increments
from services.stats.indicators.definitions import indicators
from shared.events import CONTRACTS
from shared.events.circulation import UseCounted, VisitCounted
from shared.events.envelope import Event

EXAMPLES = Path(__file__).parents[3] / "shared" / "events" / "examples"
ON_MARCH_9 = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)


def example(name: str, which: str = "*"):
    return CONTRACTS.decode(next((EXAMPLES / name / "v1").glob(f"{which}.json")).read_bytes())


def test_a_document_counts_itself_and_its_pages_under_its_class():
    event = example("document.scanned", "full")
    counter = Counter("documents", event.data.library, day_in_vietnam(event.time), event.data.metadata.collection_class)

    assert increments(event) == [
        Increment(counter, 1),
        Increment(counter._replace(indicator="pages"), event.data.pages),
    ]


def test_a_new_scan_is_no_other_document():
    assert increments(example("document.scanned", "new-scan")) == []


def test_visits_count_by_their_number_and_have_no_class():
    event = Event(VisitCounted(library="thu-vien-tinh", count=42), source="test", aggregate_version=1, time=ON_MARCH_9)

    assert increments(event) == [Increment(Counter("visits", "thu-vien-tinh", "2026-03-09", ""), 42)]


@pytest.mark.parametrize(("kind", "indicator"), [("view", "views"), ("download", "downloads")])
def test_a_use_counts_as_what_it_was(kind, indicator):
    data = UseCounted(library="thu-vien-tinh", record="r-1", kind=kind, count=3)
    event = Event(data, source="test", aggregate_version=1, time=ON_MARCH_9)

    assert [(moved.counter.indicator, moved.amount) for moved in increments(event)] == [(indicator, 3)]


def test_the_day_is_that_of_vietnam():
    before_midnight_there = datetime(2026, 3, 9, 16, 59, 59, tzinfo=UTC)
    midnight_there = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)

    assert day_in_vietnam(before_midnight_there) == "2026-03-09"
    assert day_in_vietnam(midnight_there) == "2026-03-10"


def test_a_time_outside_of_the_calendar_is_refused_with_its_reason():
    event = replace(example("loan.made"), time=datetime.max.replace(tzinfo=UTC))

    with pytest.raises(ImpossibleTime):
        increments(event)


def test_an_event_that_moves_nothing_counts_nowhere():
    assert increments(example("document.recognised")) == []


@pytest.mark.parametrize("name", [name for indicator in indicators().values() for name in indicator.events])
def test_every_indicator_is_moved_by_an_example_of_its_events(name):
    moved = {
        one.counter.indicator
        for path in (EXAMPLES / name / "v1").glob("*.json")
        for one in increments(CONTRACTS.decode(path.read_bytes()))
    }

    wanted = {indicator.id for indicator in indicators().values() if name in indicator.events}
    assert moved
    assert moved <= wanted


def test_every_event_name_of_the_definitions_has_a_contract():
    names = {name for indicator in indicators().values() for name in indicator.events}

    assert {model.name for model in counted_types()} == names
