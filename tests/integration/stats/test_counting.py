"""Events become figures, each once, and only for libraries that are registered."""

from datetime import UTC, datetime

from services.stats.counting.handlers import build_counting
from services.stats.counting.store import COUNTERS
from shared.bus.delivery import Delivery
from shared.bus.held import HELD
from shared.events.circulation import LoanMade, VisitCounted
from shared.events.envelope import Event, encode
from tests.integration.stats.conftest import LIBRARY, registration

NOON = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)


def loan(number: int, time: datetime = NOON) -> bytes:
    data = LoanMade(library=LIBRARY, item=f"i-{number}", loan=f"l-{number}", patron="p-" + "0" * 32, due="2026-04-01")
    return encode(Event(data, source="urn:test", aggregate_version=1, id=f"loan-{number}", time=time))


async def counters(runtime) -> dict[tuple[str, str, str], int]:
    rows = await runtime.database[COUNTERS].find().to_list()
    return {(row["indicator"], row["library"], row["day"]): row["count"] for row in rows}


async def test_a_batch_counts_each_event_once_however_often_it_comes(runtime, deliver_to):
    counting = build_counting()
    visit = encode(Event(VisitCounted(library=LIBRARY, count=40), source="urn:test", aggregate_version=1, time=NOON))
    await deliver_to(counting, "libraries-current", [registration()])

    await deliver_to(counting, "circulation", [*map(loan, range(150)), loan(3), visit])
    await deliver_to(counting, "circulation", [*map(loan, range(100, 200)), visit])

    day = "2026-03-09"
    assert await counters(runtime) == {("loans-made", LIBRARY, day): 200, ("visits", LIBRARY, day): 40}


async def test_two_days_are_counted_apart(runtime, deliver_to):
    counting = build_counting()
    await deliver_to(counting, "libraries-current", [registration()])

    await deliver_to(counting, "circulation", [loan(1), loan(2, NOON.replace(hour=17))])

    assert await counters(runtime) == {
        ("loans-made", LIBRARY, "2026-03-09"): 1,
        ("loans-made", LIBRARY, "2026-03-10"): 1,
    }


async def test_an_event_waits_until_its_library_is_registered(runtime, deliver_to):
    """The registration has the key of what waits for it, on another topic: it does not queue behind."""
    counting = build_counting()
    await deliver_to(counting, "circulation", [loan(1)])
    assert await counters(runtime) == {}
    assert (await runtime.database[HELD].find_one())["reason"] == f"library {LIBRARY}"

    await deliver_to(counting, "libraries-current", [registration()])
    await runtime.database[HELD].update_many({}, {"$set": {"next_attempt": NOON}})
    await Delivery(counting, runtime.works, runtime.objects, runtime.settings).retry_held()

    assert await counters(runtime) == {("loans-made", LIBRARY, "2026-03-09"): 1}


async def test_a_time_outside_of_the_calendar_is_a_dead_letter(runtime, deliver_to):
    counting = build_counting()
    await deliver_to(counting, "libraries-current", [registration()])

    await deliver_to(counting, "circulation", [loan(1, datetime.max.replace(tzinfo=UTC)), loan(2)])

    assert await counters(runtime) == {("loans-made", LIBRARY, "2026-03-09"): 1}
    assert (await runtime.database[HELD].find_one())["reason"] == "impossible-time"
