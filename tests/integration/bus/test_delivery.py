"""Delivery on its own, batch by batch: what stops it, what it holds, and what it must not trust."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from bson import Timestamp
from pymongo import UpdateOne

from shared.bus import held
from shared.bus.consumer import Handler, consumer
from shared.bus.dead_letters import DeadLetters, NoSuchLetter
from shared.bus.delivery import Delivery
from shared.bus.messages import HEADER_ID, HEADER_SOURCE, ConsumerStopped, Message, PermanentError, WaitsFor
from shared.bus.work import LARGEST_BODY_BYTES, TooLargeToSay, Work
from shared.events import Event
from shared.events.circulation import LoanMade, VisitCounted
from shared.events.envelope import attributes_of, encode
from shared.events.libraries import LibraryChanged
from shared.store.mongo import connect_blocking, database_blocking
from tests.engines import READY_SECONDS
from tests.integration.bus.house import loan, registration

LIBRARY = "thu-vien-tinh"
KEY = f"{LIBRARY}/i1"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Shelf:
    """A consumer that notes loans, with a fault that tests set."""

    def __init__(self, runtime) -> None:
        self.runtime = runtime
        self.fault = None
        self.offset = 0

    def delivery(self, **changed: object) -> Delivery:
        settings = self.runtime.settings.model_copy(update=changed)
        handlers = {LoanMade: self.note, LibraryChanged: self.note_library}
        declared = consumer("stats-counting", handlers, gone={"libraries-current": self.forget})
        return Delivery(declared, self.runtime.works, self.runtime.objects, settings)

    async def note(self, event: Event[LoanMade], work: Work) -> None:
        await work.change("keys", {"_id": event.subject}, {"$push": {"loans": event.data.loan}}, create=True)
        if self.fault:
            await self.fault(event, work)

    async def note_library(self, event: Event[LibraryChanged], work: Work) -> None:
        work.write("libraries", UpdateOne({"_id": event.subject}, {"$set": {"here": True}}, upsert=True))
        if self.fault:
            await self.fault(event, work)

    async def forget(self, key: str, work: Work) -> None:
        work.write("libraries", UpdateOne({"_id": key}, {"$set": {"here": False}}))

    def messages(self, *bodies: bytes | None, key: str = KEY, topic: str = "circulation") -> list[Message]:
        first, self.offset = self.offset, self.offset + len(bodies)
        return [Message(topic, 0, first + place, key, body) for place, body in enumerate(bodies)]

    def loans(self, *names: str) -> list[Message]:
        return self.messages(*(body(name) for name in names))

    async def noted(self, key: str = KEY) -> list[str]:
        row = await self.runtime.database["keys"].find_one({"_id": key})
        return row["loans"] if row else []

    async def held(self, **query: object) -> list[dict]:
        return await self.runtime.database[held.HELD].find(query).sort("queued_at", 1).to_list()

    async def make_due(self) -> None:
        await self.runtime.database[held.HELD].update_many({"state": "parked"}, {"$set": {"next_attempt": LONG_AGO}})


def body(name: str, item: int = 1) -> bytes:
    return encode(Event(loan(LIBRARY, item, name), source="urn:test", aggregate_version=1))


@pytest.fixture
def shelf(runtime):
    return Shelf(runtime)


def waiting_for(*names: str):
    async def fault(event: Event[LoanMade], _: Work) -> None:
        if getattr(event.data, "loan", None) in names:
            raise WaitsFor("what is not there")

    return fault


async def test_a_newer_version_stops_the_consumer_behind_what_came_before(shelf: Shelf) -> None:
    newer = {**orjson.loads(body("newer")), "type": "vn.lienthong.loan.made.v2"}
    batch = [*shelf.loans("before"), *shelf.messages(orjson.dumps(newer)), *shelf.loans("behind")]
    delivery = shelf.delivery()
    with pytest.raises(ConsumerStopped, match=r"loan\.made\.v2 is newer than v1.*circulation/0/1"):
        await delivery.deliver(batch)
    assert await shelf.noted() == ["before"]
    assert delivery.stopped
    assert await shelf.held() == []


async def test_a_newer_version_of_what_is_not_handled_is_skipped(shelf: Shelf) -> None:
    visit = Event(VisitCounted(library=LIBRARY, count=1), source="urn:test", aggregate_version=1)
    newer = {**attributes_of(visit), "type": "vn.lienthong.visit.counted.v2"}
    await shelf.delivery().deliver([*shelf.messages(orjson.dumps(newer)), *shelf.loans("behind")])
    assert await shelf.noted() == ["behind"]


async def test_too_many_dead_letters_in_a_row_stop_the_consumer(shelf: Shelf) -> None:
    delivery = shelf.delivery()
    await delivery.deliver(shelf.messages(*[b"{"] * 4))
    await delivery.deliver(shelf.loans("sound"))
    await delivery.deliver(shelf.messages(*[b"{"] * 4))
    with pytest.raises(ConsumerStopped, match="5 dead letters in a row"):
        await delivery.deliver(shelf.messages(b"{"))
    assert len(await shelf.held(state="dead")) == 9


async def test_without_its_inbox_a_consumer_doubles(shelf: Shelf) -> None:
    batch = shelf.loans("once")
    await shelf.delivery().deliver(batch)
    await shelf.delivery().deliver(batch)
    assert await shelf.noted() == ["once"]
    await shelf.delivery(inbox=False).deliver(batch)
    assert await shelf.noted() == ["once", "once"]


async def test_two_members_with_the_same_batch_do_it_once(shelf: Shelf) -> None:
    batch = shelf.loans(*map(str, range(20)))
    await asyncio.gather(*(shelf.delivery().deliver(batch) for _ in range(4)))
    assert await shelf.noted() == [str(number) for number in range(20)]


async def test_a_database_killed_under_the_batches_loses_and_doubles_nothing(shelf: Shelf, mongo) -> None:
    batches = [shelf.loans(*(f"{batch}-{place}" for place in range(20))) for batch in range(40)]
    delivery = shelf.delivery()
    await delivery.ensure_indexes()
    reached: asyncio.Queue[int] = asyncio.Queue()

    async def consume() -> None:
        for number, batch in enumerate(batches):
            await delivery.deliver(batch)
            await delivery.deliver(batch)  # as if every acknowledgement had been lost
            reached.put_nowait(number)

    consuming = asyncio.create_task(consume())
    while await reached.get() < 10:
        pass
    mongo.kill("mongod")
    assert not consuming.done()
    mongo.start("mongod")
    await asyncio.to_thread(mongo.engine.wait_ready, READY_SECONDS)
    await consuming
    assert await shelf.noted() == [f"{batch}-{place}" for batch in range(40) for place in range(20)]


async def test_a_dead_letter_of_the_outbox_is_one_on_every_cluster(shelf: Shelf) -> None:
    headers = {HEADER_SOURCE: "urn:ingest", HEADER_ID: "1"}
    [message] = shelf.messages(b"{")
    await shelf.delivery().deliver([replace(message, headers=headers)])
    await shelf.delivery().deliver([replace(message, offset=77, headers=headers)])
    assert len(await shelf.held()) == 1


async def test_parked_messages_keep_their_order_when_offsets_begin_anew(shelf: Shelf) -> None:
    shelf.fault = waiting_for("first")
    delivery = shelf.delivery()
    [first], [second] = shelf.loans("first"), shelf.loans("second")
    await delivery.deliver([replace(first, offset=500)])
    await delivery.deliver([replace(second, offset=3)])
    await shelf.make_due()
    await delivery.retry_held()
    assert await shelf.noted() == []
    shelf.fault = None
    await shelf.make_due()
    assert await delivery.retry_held() == 2
    assert await shelf.noted() == ["first", "second"]


async def test_a_long_queue_behind_one_key_starves_no_other(shelf: Shelf) -> None:
    shelf.fault = waiting_for("head", "other")
    delivery = shelf.delivery()
    await delivery.deliver(shelf.loans("head", *map(str, range(30))))
    await delivery.deliver(shelf.messages(body("other", 2), key=f"{LIBRARY}/i2"))
    await shelf.make_due()
    shelf.fault = waiting_for("head")
    settled = [await delivery.retry_held(limit=10) for _ in range(4)]
    assert sum(settled) == 1
    assert await shelf.noted(f"{LIBRARY}/i2") == ["other"]


async def test_a_tombstone_waits_for_its_turn(shelf: Shelf) -> None:
    async def not_yet(_: object, __: Work) -> None:
        raise WaitsFor("another topic")

    shelf.fault = not_yet
    delivery = shelf.delivery()
    entry = encode(Event(registration(LIBRARY), source="urn:test", aggregate_version=1))
    await delivery.deliver(shelf.messages(entry, None, key=LIBRARY, topic="libraries-current"))
    shelf.fault = None
    await shelf.make_due()
    assert await delivery.retry_held() == 2
    assert await shelf.runtime.database["libraries"].find_one() == {"_id": LIBRARY, "here": False}


async def test_a_refusal_of_many_words_is_buried_all_the_same(shelf: Shelf) -> None:
    async def verbose(_: object, __: Work) -> None:
        raise PermanentError("\ud800" + "word " * 10_000)

    shelf.fault = verbose
    delivery = shelf.delivery()
    await delivery.deliver(shelf.loans("bad"))
    [letter] = await shelf.held(state="dead")
    await shelf.runtime.database[held.HELD].update_one({}, {"$set": {"state": "replaying"}})
    await delivery.retry_held()
    [again] = await shelf.held(state="dead")
    assert (again["_id"], again["attempts"], len(again["detail"])) == (letter["_id"], 2, 1000)


async def test_an_oversized_letter_is_replayed_where_the_limit_was_raised(shelf: Shelf) -> None:
    large = orjson.dumps({**orjson.loads(body("large")), "padding": "x" * 20_000})
    await shelf.delivery().deliver(shelf.messages(large))
    replay = {"$set": {"state": "replaying"}}
    await shelf.runtime.database[held.HELD].update_one({"reason": "oversized"}, replay)
    assert await shelf.delivery().retry_held() == 0
    await shelf.runtime.database[held.HELD].update_one({"reason": "oversized", "state": "dead"}, replay)
    assert await shelf.delivery(max_message_bytes=100_000).retry_held() == 1
    assert await shelf.noted() == ["large"]


async def test_an_event_that_no_broker_takes_is_refused_where_it_is_written(shelf: Shelf) -> None:
    async def do(work: Work) -> None:
        work.announce(registration(LIBRARY).model_copy(update={"title": "x" * LARGEST_BODY_BYTES}), version=1)

    with pytest.raises(TooLargeToSay):
        await shelf.runtime.works.transact(do)
    assert await shelf.runtime.database["outbox"].count_documents({}) == 0


async def test_preparation_happens_once_however_often_the_transaction_runs(shelf: Shelf) -> None:
    prepared: list[str] = []
    applied: list[tuple[str, str]] = []

    async def prepare(event: Event[LoanMade]) -> str:
        prepared.append(event.data.loan)
        return event.data.loan.upper()

    async def apply(event: Event[LoanMade], result: str, work: Work) -> None:
        await work.change("keys", {"_id": result}, {"$set": {"seen": True}}, create=True)
        applied.append((event.data.loan, result))
        if event.data.loan == "bad":
            raise PermanentError("refused")

    declared = consumer("stats-counting", {LoanMade: Handler(apply, prepare)})
    delivery = Delivery(declared, shelf.runtime.works, shelf.runtime.objects, shelf.runtime.settings)
    await delivery.deliver(shelf.loans("a", "bad", "c"))
    assert prepared == ["a", "bad", "c"]
    assert applied == [("a", "A"), ("bad", "BAD"), ("a", "A"), ("c", "C")]


async def test_rows_of_one_aggregate_are_sent_in_the_order_of_their_commits(shelf: Shelf) -> None:
    async def raise_version(work: Work) -> None:
        row = await work.advance("things", {"_id": "one"}, {"$set": {"x": 1}}, create=True)
        work.announce(loan(LIBRARY, 1, str(row["version"])), version=row["version"])

    await shelf.runtime.database["things"].insert_one({"_id": "one", "version": 0})
    await asyncio.gather(*(shelf.runtime.works.transact(raise_version) for _ in range(30)))
    rows = await shelf.runtime.database["outbox"].find().sort("put_at", 1).to_list()
    assert [orjson.loads(row["body"])["aggregateversion"] for row in rows] == list(range(1, 31))
    assert all(row["put_at"] > Timestamp(0, 0) for row in rows)


def test_letters_that_are_not_there_are_said_not_to_be(shelf: Shelf) -> None:
    client = connect_blocking(shelf.runtime.settings)
    letters = DeadLetters([database_blocking(client, shelf.runtime.settings, "stats")])
    for ask in (letters.show, letters.replay, lambda letter: letters.discard(letter, "why")):
        with pytest.raises(NoSuchLetter):
            ask("nothing")
    client.close()


async def test_failures_that_left_no_trace_on_the_server_do_not_repeat_the_batch(shelf: Shelf) -> None:
    tried = []

    async def fault(event: Event[LibraryChanged], _: Work) -> None:
        tried.append(event.subject)
        if event.subject.endswith("bad"):
            raise WaitsFor("what is not there")

    shelf.fault = fault
    libraries = ["a-bad", "b", "c-bad", "d"]
    bodies = (encode(Event(registration(one), source="urn:test", aggregate_version=1)) for one in libraries)
    keyed = zip(libraries, bodies, strict=True)
    batch = [shelf.messages(said, key=one, topic="libraries-current")[0] for one, said in keyed]
    await shelf.delivery().deliver(batch)
    assert tried == libraries
    assert await shelf.runtime.database["libraries"].distinct("_id") == ["b", "d"]
    assert [row["key"] for row in await shelf.held(state="parked")] == ["a-bad", "c-bad"]


async def test_failures_whose_effects_were_sent_leave_none_behind(shelf: Shelf) -> None:
    shelf.fault = waiting_for("bad-1", "bad-2")
    names = ("one", "bad-1", "two", "bad-2", "three")
    batch = [shelf.messages(body(name, item), key=f"{LIBRARY}/i{item}")[0] for item, name in enumerate(names)]
    await shelf.delivery().deliver(batch)
    noted = [await shelf.noted(f"{LIBRARY}/i{item}") for item in range(len(names))]
    assert noted == [["one"], [], ["two"], [], ["three"]]
