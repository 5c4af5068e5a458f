"""The auditor over its own database: it sees gaps and silence, late arrivals heal, a restart forgets nothing."""

from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from shared.bus.auditor import Auditor
from shared.bus.messages import HEADER_OUTBOX, HEADER_SEQUENCE, Message
from shared.events import Event
from shared.events.delivery import OutboxMarked
from shared.events.envelope import encode
from tests.integration.bus.house import loan

WINDOW = 150
BEGAN = 1_700_000_000.0


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = BEGAN

    def __call__(self) -> float:
        return self.seconds

    def go_on(self, windows: float) -> None:
        self.seconds += windows * WINDOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(runtime):
    return runtime.database


@pytest.fixture
async def auditor(database, settings, clock):
    return await started(database, settings, clock)


async def started(database, settings, clock: Clock) -> Auditor:
    auditor = Auditor(database, settings.model_copy(update={"silence_seconds": WINDOW}), clock)
    await auditor.load()
    return auditor


def mark(sequence: int, outbox: str = "ingest") -> Message:
    event = Event(OutboxMarked(outbox=outbox, sequence=sequence), source="urn:x", aggregate_version=0)
    return Message("outbox-marks", 0, 0, outbox, encode(event))


def numbered(sequences: Sequence[int], outbox: str = "ingest") -> list[Message]:
    return [said(0, headers={HEADER_OUTBOX: outbox, HEADER_SEQUENCE: str(number)}) for number in sequences]


def said(version: int, headers: dict[str, str] | None = None) -> Message:
    event = Event(loan("thu-vien-tinh", 1, "x"), source="urn:x", aggregate_version=version)
    return Message("circulation", 0, 0, event.subject, encode(event), headers or {})


async def reported(auditor: Auditor, name: str, **labels: str) -> float:
    await auditor.report()
    return REGISTRY.get_sample_value(name, labels)


async def gaps(auditor: Auditor) -> float:
    return await reported(auditor, "bus_audit_missing_events", outbox="ingest")


async def version_gaps(auditor: Auditor) -> float:
    return await reported(auditor, "bus_audit_version_gaps", topic="circulation")


async def silence(auditor: Auditor) -> float:
    return await reported(auditor, "bus_audit_silence_seconds", outbox="ingest")


async def test_a_gap_is_seen_when_the_window_is_over_and_healed_by_a_late_arrival(
    auditor: Auditor, clock: Clock
) -> None:
    await auditor.observe([mark(10)])
    await auditor.observe([*numbered([11, 12, 14]), mark(14)])
    clock.go_on(windows=0.9)
    assert await gaps(auditor) == 0
    clock.go_on(windows=0.1)
    assert await gaps(auditor) == 1
    await auditor.observe(numbered([13]))
    assert await gaps(auditor) == 0


async def test_the_last_of_all_is_missed_too(auditor: Auditor, clock: Clock) -> None:
    await auditor.observe([mark(10)])
    await auditor.observe([*numbered([11]), mark(12)])
    clock.go_on(windows=1)
    assert await gaps(auditor) == 1


async def test_what_comes_twice_or_out_of_order_is_no_gap(auditor: Auditor, clock: Clock) -> None:
    await auditor.observe([mark(0)])
    await auditor.observe([*numbered([3, 1, 2, 3, 1]), mark(3)])
    clock.go_on(windows=2)
    assert await gaps(auditor) == 0


async def test_silence_grows_until_the_outbox_speaks(auditor: Auditor, clock: Clock) -> None:
    await auditor.observe([mark(1)])
    assert await silence(auditor) == 0
    clock.go_on(windows=1)
    assert await silence(auditor) == WINDOW
    await auditor.observe([mark(1)])
    assert await silence(auditor) == 0


async def test_an_outbox_that_never_spoke_is_silent_since_the_start(auditor: Auditor, clock: Clock) -> None:
    clock.go_on(windows=1)
    assert await reported(auditor, "bus_audit_silence_seconds", outbox="notify") == WINDOW


async def test_a_hole_in_the_versions_is_seen_and_healed(auditor: Auditor, clock: Clock) -> None:
    await auditor.observe([said(1), said(2), said(4)])
    assert await version_gaps(auditor) == 0
    clock.go_on(windows=1)
    assert await version_gaps(auditor) == 1
    await auditor.observe([said(3)])
    assert await version_gaps(auditor) == 0


async def test_a_restart_keeps_what_was_seen(auditor: Auditor, database, settings, clock: Clock) -> None:
    await auditor.observe([mark(10)])
    await auditor.observe([*numbered([11, 13]), mark(13), said(1), said(3)])
    again = await started(database, settings, clock)
    clock.go_on(windows=1)
    assert await gaps(again) == 1
    assert await version_gaps(again) == 1
    await again.observe([*numbered([12]), said(2)])
    assert await gaps(again) == 0
    assert await version_gaps(again) == 0
