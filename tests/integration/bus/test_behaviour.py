"""The promises of delivery, kept over every broker alike: in memory, embedded, and real Kafka on three nodes.

Each broker has one house that lives through all tests, because joining a group takes seconds on a real one; every test
speaks of a library of its own. Cases that would stop the house's consumer for good are in test_delivery.py.
"""

import orjson
import pytest
import pytest_asyncio
from pymongo import InsertOne

from shared.bus.dead_letters import open_dead_letters
from shared.bus.messages import DependencyAway, PermanentError, WaitsFor
from shared.bus.work import Work
from shared.events.envelope import Event, attributes_of
from tests.integration.bus.house import (
    House,
    InMemory,
    Wired,
    loan,
    new_library,
    open_house,
    raising,
    registration,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[
        "memory",
        pytest.param("embedded", marks=pytest.mark.engines),
        pytest.param("kafka", marks=pytest.mark.kafka),
    ],
)
async def house(request, mongo_url, tmp_path_factory):
    broker = {
        "memory": InMemory,
        "embedded": lambda: Wired(request.getfixturevalue("embedded_broker")),
        "kafka": lambda: Wired(request.getfixturevalue("kafka_cluster")),
    }[request.param]()
    opened = await open_house(broker, mongo_url, f"file://{tmp_path_factory.mktemp('objects')}")
    yield opened
    await opened.close()


async def test_everything_arrives_once_and_in_order_of_its_key(house: House) -> None:
    library = new_library()
    for turn in range(10):
        await house.say(*(loan(library, item, f"{item}-{turn}") for item in range(20)))
    for item in range(20):
        await house.until_noted(f"{library}/i{item}", [f"{item}-{turn}" for turn in range(10)])


async def test_a_crash_before_the_acknowledgement_doubles_nothing(house: House) -> None:
    library, restarts = new_library(), house.restarts
    house.crash_next = True
    await house.say(*(loan(library, 1, str(number)) for number in range(20)))

    async def restarted() -> bool:
        return house.restarts > restarts

    await house.until(restarted, "the crash")
    await house.say(loan(library, 1, "last"))
    await house.until_noted(f"{library}/i1", [*map(str, range(20)), "last"])


async def test_what_cannot_be_handled_is_a_dead_letter_and_delays_nobody(house: House) -> None:
    class Impossible(PermanentError):
        reason = "impossible"

    library, bad = new_library(), f"bad-{new_library()}"
    house.faults[bad] = raising(Impossible("no such thing"))
    await house.say(loan(library, 1, "before"), loan(library, 1, bad), loan(library, 1, "behind"))
    await house.until_noted(f"{library}/i1", ["before", "behind"])
    [letter] = await house.until_held(key=f"{library}/i1", state="dead")
    assert (letter["reason"], letter["detail"]) == ("impossible", "no such thing")
    assert (letter["topic"], letter["attempts"]) == ("circulation", 1)
    [announced] = await house.announced_deaths(letter["_id"])
    said = orjson.loads(announced["body"])["data"]
    origin = (said["origin_topic"], said["origin_partition"], said["origin_offset"])
    assert origin == ("circulation", letter["partition"], letter["offset"])
    assert (said["reason"], said["attempts"]) == ("impossible", 1)


async def test_bodies_of_no_contract_are_buried_or_skipped(house: House) -> None:
    library = new_library()
    key = f"{library}/i1"
    attributes = attributes_of(Event(loan(library, 1, "x"), source="urn:stranger", aggregate_version=1))
    house.throw_in(key, b"{ not json")
    house.throw_in(key, orjson.dumps({**attributes, "type": "vn.lienthong.shelf.built.v1"}))
    house.throw_in(key, orjson.dumps({**attributes, "type": "vn.lienthong.visit.counted.v9"}))
    house.throw_in(key, orjson.dumps({**attributes, "id": "sound"}))
    await house.until_noted(key, ["x"])
    [letter] = await house.until_held(key=key, state="dead")
    assert letter["reason"] == "malformed"


async def test_an_oversized_body_goes_to_the_object_store(house: House) -> None:
    library = new_library()
    attributes = attributes_of(Event(loan(library, 1, "x"), source="urn:stranger", aggregate_version=1))
    body = orjson.dumps({**attributes, "padding": "x" * 20_000})
    house.throw_in(f"{library}/i1", body)
    await house.say(loan(library, 1, "behind"))
    await house.until_noted(f"{library}/i1", ["behind"])
    [letter] = await house.until_held(key=f"{library}/i1", state="dead")
    assert (letter["reason"], letter["value"]) == ("oversized", None)
    assert await house.runtime.objects.get(letter["stored"]["key"]) == body


async def test_who_waits_holds_back_its_key_alone_and_keeps_its_place(house: House) -> None:
    library, waiting = new_library(), f"waits-{new_library()}"

    async def needs_registration(work: Work) -> None:
        if await work.find_one("libraries", {"_id": library}) is None:
            raise WaitsFor(f"library {library}")

    house.faults[waiting] = needs_registration
    await house.say(loan(library, 1, waiting), loan(library, 1, "second"), loan(library, 2, "other"))
    await house.until_noted(f"{library}/i2", ["other"])
    await house.say(loan(library, 1, "third"))

    await house.until_held(key=f"{library}/i1", state="parked", count=3)
    assert await house.loans(f"{library}/i1") == []
    await house.say(registration(library))
    await house.until_noted(f"{library}/i1", [waiting, "second", "third"])


async def test_who_waits_in_vain_is_a_dead_letter_and_lets_the_others_pass(house: House) -> None:
    library, waiting = new_library(), f"waits-{new_library()}"
    house.faults[waiting] = raising(WaitsFor("what never comes"))
    await house.say(loan(library, 1, waiting), loan(library, 1, "second"))
    await house.until_held(key=f"{library}/i1", state="parked", count=2)
    await house.lose_patience(f"{library}/i1")
    await house.until_noted(f"{library}/i1", ["second"])
    [letter] = await house.until_held(key=f"{library}/i1", state="dead")
    assert (letter["reason"], letter["detail"]) == ("waited-in-vain", "what never comes")
    assert letter["attempts"] > 1


async def test_an_unexpected_failure_is_tried_again_then_buried_then_replayed(house: House) -> None:
    library, bad = new_library(), f"bad-{new_library()}"
    house.faults[bad] = raising(ZeroDivisionError("a bug"))
    await house.say(loan(library, 1, bad), loan(library, 1, "second"))
    await house.until_noted(f"{library}/i1", ["second"])
    [letter] = await house.until_held(key=f"{library}/i1", state="dead")
    assert letter["detail"] == "ZeroDivisionError: a bug"

    letters = open_dead_letters(house.runtime.settings)
    assert letters.replay(letter["_id"]) == 1

    async def died_again() -> bool:
        return len(await house.announced_deaths(letter["_id"])) == 2

    await house.until(died_again, "the replay of what is not mended")
    del house.faults[bad]
    assert letters.replay(letter["_id"]) == 1
    await house.until_noted(f"{library}/i1", ["second", bad])
    assert letter["_id"] not in "".join(letters.lines())


async def test_a_discarded_letter_keeps_the_reason_and_is_not_replayed(house: House) -> None:
    library, bad = new_library(), f"bad-{new_library()}"
    house.faults[bad] = raising(PermanentError("never"))
    await house.say(loan(library, 1, bad), loan(library, 1, "second"))
    await house.until_noted(f"{library}/i1", ["second"])
    [letter] = await house.until_held(key=f"{library}/i1", state="dead")
    letters = open_dead_letters(house.runtime.settings)
    assert letters.discard(letter["_id"], "a test loan") == 1
    assert letters.replay(letter["_id"]) == 0
    assert '"why": "a test loan"' in letters.show(letter["_id"])


@pytest.mark.parametrize(
    "effect", [{"_id": "taken"}, {"_id": 1, "count": 2**80}, {"_id": 2, "bytes": b"x" * 17_000_000}]
)
async def test_of_a_refused_batch_the_one_to_blame_is_found(house: House, effect: dict[str, object]) -> None:
    library, bad = new_library(), f"bad-{new_library()}"
    await house.runtime.database["taken"].replace_one({"_id": "taken"}, {}, upsert=True)

    async def refused(work: Work) -> None:
        work.write("taken", InsertOne(dict(effect)))

    house.faults[bad] = refused
    await house.say(*(loan(library, item, bad if item == 13 else "well") for item in range(30)))
    for item in set(range(30)) - {13}:
        await house.until_noted(f"{library}/i{item}", ["well"])
    [letter] = await house.until_held(key=f"{library}/i13", state="dead")
    assert letter["reason"] == "effect-refused"
    assert await house.held(key={"$regex": library}) == [letter], "nobody else was blamed"
    assert await house.loans(f"{library}/i13") == []


async def test_everything_waits_for_a_dependency(house: House) -> None:
    library, held_up = new_library(), f"held-up-{new_library()}"
    tries = 0

    async def away_at_first(_: Work) -> None:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise DependencyAway("the scanner")

    house.faults[held_up] = away_at_first
    await house.say(loan(library, 1, held_up), loan(library, 1, "second"))
    await house.until_noted(f"{library}/i1", [held_up, "second"])
    assert await house.held(key=f"{library}/i1") == []


async def test_a_retracted_state_is_told_as_gone(house: House) -> None:
    library = new_library()
    await house.say(registration(library), version=1)
    await house.say(registration(library, "Tên mới"), version=2)
    await house.retract(library)

    async def gone() -> bool:
        row = await house.runtime.database["libraries"].find_one({"_id": library})
        return bool(row and row.get("gone"))

    await house.until(gone, "the tombstone")
    row = await house.runtime.database["libraries"].find_one({"_id": library})
    assert (row["title"], row["version"]) == ("Tên mới", 2)


async def test_members_come_and_go_while_events_flow(house: House) -> None:
    if isinstance(house.broker, InMemory):
        pytest.skip("the broker in memory has no group to rebalance")
    library = new_library()
    said = 0

    async def say_more() -> None:
        nonlocal said
        await house.say(*(loan(library, item, str(said)) for item in range(6)))
        said += 1

    async with house.second_worker() as second:

        async def assigned() -> bool:
            await say_more()
            return second.assigned

        await house.until(assigned, "the second member's partitions")
        for _ in range(5):
            await say_more()
    for _ in range(5):
        await say_more()
    for item in range(6):
        await house.until_noted(f"{library}/i{item}", list(map(str, range(said))))


async def test_a_broker_that_was_away_loses_and_doubles_nothing(house: House) -> None:
    library = new_library()
    await house.say(*(loan(library, 1, str(number)) for number in range(10)))
    await house.until_noted(f"{library}/i1", [str(number) for number in range(10)])
    before = house.delivered
    with house.broker.interrupted():
        await house.say(*(loan(library, 1, str(number)) for number in range(10, 20)))

        async def noticed() -> bool:
            return not house.relay.healthy

        await house.until(noticed, "the relay notices")
    await house.say(loan(library, 1, "20"))
    await house.until_noted(f"{library}/i1", [str(number) for number in range(21)])
    if house.broker.forgets:
        everything = await house.said_so_far()

        async def all_sent_again() -> bool:
            return house.delivered >= before + everything

        await house.until(all_sent_again, "everything sent again")
        await house.until_noted(f"{library}/i1", [str(number) for number in range(21)])
