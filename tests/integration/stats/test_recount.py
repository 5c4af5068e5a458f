"""The recount names exactly what the counters have wrong, and sets it right when asked."""

import pytest

from services.stats.archive.compact import Compactor
from services.stats.archive.handlers import build_archive
from services.stats.counting.handlers import build_counting
from services.stats.counting.store import COUNTERS
from services.stats.recount import command
from services.stats.recount.command import recount
from services.stats.recount.store import REPAIRS, CountersMoved, repair
from services.stats.settings import StatsSettings
from tests.integration.stats.conftest import LIBRARY, registration
from tests.integration.stats.test_counting import loan

ALWAYS = ("0001-01-01", "9999-12-31")


@pytest.fixture
async def counted(runtime, deliver_to):
    """Fifty loans counted and archived, the first thirty in the object store."""
    counting, archive = build_counting(), build_archive()
    bodies = [loan(number) for number in range(50)]
    await deliver_to(counting, "libraries-current", [registration()])
    await deliver_to(counting, "circulation", [*bodies, loan(0)])
    await deliver_to(archive, "circulation", bodies[:30])
    await Compactor(runtime.works, runtime.objects, StatsSettings()).turn()
    await deliver_to(archive, "circulation", bodies[30:])


async def test_what_was_counted_right_shows_no_difference(runtime, counted):
    result = await recount(runtime, *ALWAYS)

    assert (result.events, result.found) == (50, [])


async def test_a_counter_changed_on_purpose_is_the_difference_and_the_only_one(runtime, counted):
    await runtime.database[COUNTERS].update_one({"indicator": "loans-made"}, {"$inc": {"count": -3}})
    invented = {"indicator": "visits", "library": LIBRARY, "day": "2026-03-08", "collection_class": "", "count": 9}
    await runtime.database[COUNTERS].insert_one(invented)

    result = await recount(runtime, *ALWAYS)

    assert [str(difference) for difference in result.found] == [
        f"visits  {LIBRARY}  2026-03-08  -  counted 9, archived 0",
        f"loans-made  {LIBRARY}  2026-03-09  -  counted 47, archived 50",
    ]


async def test_days_outside_of_the_range_are_not_looked_at(runtime, counted):
    await runtime.database[COUNTERS].update_one({"indicator": "loans-made"}, {"$inc": {"count": -3}})

    assert (await recount(runtime, "2026-03-10", "9999-12-31")).found == []


async def test_a_repair_sets_the_counters_right_and_leaves_an_audit_row(runtime, counted, deliver_to):
    missed = loan(50)
    await deliver_to(build_archive(), "circulation", [missed])
    result = await recount(runtime, *ALWAYS)
    assert [(difference.counted, difference.archived) for difference in result.found] == [(50, 51)]

    await repair(runtime.works, result.found, result.identities)

    assert (await recount(runtime, *ALWAYS)).found == []
    audit = await runtime.database[REPAIRS].find_one()
    assert [(row["counted"], row["archived"]) for row in audit["differences"]] == [(50, 51)]
    await deliver_to(build_counting(), "circulation", [missed])
    assert (await recount(runtime, *ALWAYS)).found == [], "an event that the repair counted was counted again"


async def test_a_repair_that_was_overtaken_changes_nothing(runtime, counted, deliver_to):
    await runtime.database[COUNTERS].update_one({"indicator": "loans-made"}, {"$inc": {"count": -3}})
    result = await recount(runtime, *ALWAYS)
    await deliver_to(build_counting(), "circulation", [loan(51)])

    with pytest.raises(CountersMoved):
        await repair(runtime.works, result.found, result.identities)

    assert (await runtime.database[COUNTERS].find_one({"indicator": "loans-made"}))["count"] == 48
    assert await runtime.database[REPAIRS].count_documents({}) == 0


async def test_held_events_are_left_out_and_said(runtime, deliver_to):
    await deliver_to(build_counting(), "circulation", [loan(1)])
    await deliver_to(build_archive(), "circulation", [loan(1)])
    await deliver_to(build_counting(), "libraries-current", [registration()])

    result = await recount(runtime, *ALWAYS)

    assert (result.events, result.held, result.found) == (0, 1, [])


async def test_the_command_ends_with_one_as_long_as_there_is_a_difference(runtime, settings, counted, capsys):
    options = command._parser().parse_args(["--repair"])
    await runtime.database[COUNTERS].update_one({"indicator": "loans-made"}, {"$inc": {"count": 1}})

    assert await command._run(settings, options) == 1
    assert f"loans-made  {LIBRARY}  2026-03-09  -  counted 51, archived 50" in capsys.readouterr().out
    assert await command._run(settings, options) == 0
