"""The relay over the real MongoDB: order, numbers, the lease, the sweep, other clusters, and what may be forgotten."""

import asyncio
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from shared.bus import purging
from shared.bus import relay as relaying
from shared.bus.lease import LEASES
from shared.bus.memory import MemoryBroker, MemoryPublisher
from shared.bus.messages import HEADER_SEQUENCE, BrokerAway, Message, Outgoing
from shared.bus.outbox import MOST_IN_A_PARCEL, OUTBOX, messages_of
from shared.bus.relay import Relay
from shared.bus.work import Work, Works
from shared.events import EventData
from shared.events.topics import topics
from shared.settings import Settings
from tests.integration.bus.house import loan, new_library, registration
from tests.integration.bus.scene import forget_all


@pytest.fixture
def say(runtime, blocking):
    works = Works(runtime.client[blocking.name], "ingest")

    async def announce(*said: EventData, version: int = 1, bulk: bool = False) -> None:
        async def do(work: Work) -> None:
            for data in said:
                work.announce(data, version=version)

        await works.transact(do, bulk=bulk)

    return announce


@pytest.fixture
def broker():
    return MemoryBroker()


@contextmanager
def leading(relay: Relay) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield thread
    finally:
        relay.stop()
        thread.join()


def sent(broker: MemoryBroker, topic: str = "circulation") -> list[str]:
    """The keys and sequence numbers of a topic, partition by partition."""
    return [f"{m.key} {m.headers[HEADER_SEQUENCE]}" for partition in broker.logs[topic] for m in partition]


def of_key(broker: MemoryBroker, key: str, topic: str = "circulation") -> list[Message]:
    return [message for partition in broker.logs[topic] for message in partition if message.key == key]


def marked(broker: MemoryBroker) -> list[int]:
    """What the marks claim."""
    [partition] = broker.logs["outbox-marks"]
    return [json.loads(message.value or b"{}")["data"]["sequence"] for message in partition]


def numbers(broker: MemoryBroker) -> list[int]:
    logs = itertools.chain.from_iterable(itertools.chain.from_iterable(broker.logs.values()))
    return sorted(int(message.headers[HEADER_SEQUENCE]) for message in logs if HEADER_SEQUENCE in message.headers)


async def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_every_row_goes_out_in_order_with_gapless_numbers(blocking, say, broker, settings) -> None:
    library = new_library()
    for turn in range(30):
        await say(*(loan(library, item, str(turn)) for item in range(40)))
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    assert relay.turn() == 1200
    assert relay.turn() == 0
    assert numbers(broker) == list(range(1, 1201))
    of_key = defaultdict(list)
    for line in sent(broker):
        key, number = line.split()
        of_key[key].append(int(number))
    assert all(found == sorted(found) and len(found) == 30 for found in of_key.values())


class Recording(MemoryPublisher):
    """Keeps each batch that it is given, as keys and bodies."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.batches: list[list[Outgoing]] = []

    def publish(self, messages) -> None:
        super().publish(messages)
        if rows := [message for message in messages if HEADER_SEQUENCE in message.headers]:
            self.batches.append(rows)


async def test_a_single_event_does_not_wait_behind_bulk(blocking, say, broker, settings) -> None:
    library = new_library()
    for turn in range(3):
        await say(*(loan(library, item, str(turn)) for item in range(500)), bulk=True)
    await say(loan(library, 9_999, "single"))
    publisher = Recording(broker)
    assert Relay(blocking, "ingest", publisher, settings).turn() == 1501
    assert publisher.batches[0][0].key.endswith("9999")
    assert len(publisher.batches[0]) == 501
    assert numbers(broker) == list(range(1, 1502))


async def test_what_passes_bulk_takes_the_earlier_rows_of_its_key_along(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(*(loan(library, item, "before") for item in range(1200)), bulk=True)
    await say(loan(library, 1100, "bulk"), bulk=True)
    await say(loan(library, 1100, "single"))
    await say(loan(library, 1100, "after"), bulk=True)
    publisher = Recording(broker)
    Relay(blocking, "ingest", publisher, settings).turn()
    rows = [row for batch in publisher.batches for row in batch if row.key.endswith("1100")]
    said = [json.loads(row.value or b"{}")["data"]["loan"] for row in rows]
    assert said == ["before", "bulk", "single", "after"]
    assert [row.key[-4:] for row in publisher.batches[0][:3]] == ["1100"] * 3


async def test_what_went_out_of_a_parcel_does_not_go_out_with_it(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(*(loan(library, item, "bulk") for item in range(300)), bulk=True)
    await say(loan(library, 7, "single"))
    publisher = DiesOnce(broker)
    relay = Relay(blocking, "ingest", publisher, settings)
    with pytest.raises(BrokerAway):
        relay.turn()
    relay.turn()
    said = [json.loads(message.value)["data"]["loan"] for message in of_key(broker, f"{library}/i7")]
    assert said == ["bulk", "single"] * 2
    assert sorted(set(numbers(broker))) == list(range(1, 302))
    await say(loan(library, 8, "single"), loan(library, 9, "after"))
    assert relay.turn() == 2


async def test_bulk_is_few_rows(blocking, say) -> None:
    library = new_library()
    await say(*(loan(library, item, "bulk") for item in range(MOST_IN_A_PARCEL + 1)), bulk=True)
    assert [row["count"] for row in blocking["outbox"].find().sort("put_at", 1)] == [MOST_IN_A_PARCEL, 1]


async def test_what_the_broker_did_not_take_keeps_its_numbers(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(loan(library, 1, "first"))
    broker.away = True
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    with pytest.raises(BrokerAway):
        relay.turn()
    broker.away = False
    await say(loan(library, 2, "second"))
    relay.turn()
    assert numbers(broker) == [1, 2]


class DiesOnce(MemoryPublisher):
    """Takes the messages, and the relay dies before it hears so."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.alive = True

    def publish(self, messages) -> None:
        super().publish(messages)
        if any(HEADER_SEQUENCE in message.headers for message in messages) and self.alive:
            self.alive = False
            raise BrokerAway("killed")


async def test_sent_but_not_marked_is_sent_again_under_the_same_numbers(blocking, say, broker, settings) -> None:
    await say(loan(new_library(), 1, "first"))
    relay = Relay(blocking, "ingest", DiesOnce(broker), settings)
    with pytest.raises(BrokerAway):
        relay.turn()
    relay.turn()
    assert numbers(broker) == [1, 1]


async def test_of_two_relays_one_leads_and_the_other_takes_over(blocking, say, broker, settings) -> None:
    library = new_library()
    first = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    second = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    with leading(first):
        await say(loan(library, 1, "a"))
        await until(lambda: len(sent(broker)) == 1)
        with leading(second):
            await say(loan(library, 1, "b"))
            await until(lambda: len(sent(broker)) == 2)
            owner = blocking[LEASES].find_one({"_id": "relay"})["owner"]
            first.stop()
            await until(lambda: (blocking[LEASES].find_one({"_id": "relay"}) or {}).get("owner") not in {owner, None})
            await say(loan(library, 1, "c"))
            await until(lambda: len(sent(broker)) == 3)
    assert numbers(broker) == [1, 2, 3]


async def test_a_killed_leader_is_followed_when_its_lease_ends(
    blocking, say, broker, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "LEASE_SECONDS", 5.0)
    killed = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    killed.ensure_indexes()
    killed.turn()
    await say(loan(new_library(), 1, "a"))
    assert killed.turn() == 1
    await say(loan(new_library(), 1, "left-behind"))
    heir = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    assert heir.turn() == 0
    with leading(heir):
        await until(lambda: len(sent(broker)) == 2)


class LosesLease(MemoryPublisher):
    """While it was asked for the cluster, somebody else took the lease."""

    def __init__(self, broker: MemoryBroker, steal: Callable[[], None]) -> None:
        super().__init__(broker)
        self._steal = steal

    def cluster_id(self) -> str:
        self._steal()
        return super().cluster_id()


async def test_who_lost_the_lease_does_not_send(blocking, say, broker, settings) -> None:
    def steal() -> None:
        until_then = datetime.now(UTC) + timedelta(hours=1)
        blocking[LEASES].replace_one({"_id": "relay"}, {"owner": "another", "until": until_then}, upsert=True)

    await say(loan(new_library(), 1, "a"))
    assert Relay(blocking, "ingest", LosesLease(broker, steal), settings).turn() == 0
    assert sent(broker) == []
    assert marked(broker) == []


async def test_without_its_sweep_a_relay_leaves_behind_what_a_dead_one_left(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(loan(library, 1, "left-by-the-dead"))
    with leading(Relay(blocking, "ingest", MemoryPublisher(broker), without_sweep(settings))):
        await until(lambda: bool(blocking[LEASES].find_one({"_id": "relay"})))
        announced = 0
        while not sent(broker):  # the first ones may come before the relay listens
            await say(loan(library, 1, str(announced := announced + 1)))
            await asyncio.sleep(0.3)
        assert len(sent(broker)) < announced + 1
    with leading(Relay(blocking, "ingest", MemoryPublisher(broker), settings)):
        await until(lambda: numbers(broker)[-1:] == [announced + 1])


def without_sweep(settings: Settings) -> Settings:
    return settings.model_copy(update={"relay_sweep": False})


async def test_another_cluster_is_sent_everything_again_in_order(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(*(loan(library, 1, str(number)) for number in range(20)))
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    relay.turn()
    before = sent(broker)
    broker.restart()
    assert relay.turn() == 20
    assert sent(broker) == before


class NewTopics(MemoryPublisher):
    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1


async def test_every_new_relay_makes_the_topics_that_its_release_brings(blocking, broker, settings) -> None:
    for _ in range(2):
        publisher = NewTopics(broker)
        relay = Relay(blocking, "ingest", publisher, settings)
        relay.turn()
        relay.turn()
        assert publisher.prepared == 1
        blocking[LEASES].delete_many({})


async def test_a_purge_keeps_the_newest_of_every_compacted_key(blocking, say, broker, settings) -> None:
    kept, changed = new_library(), new_library()
    await say(loan(kept, 1, "a"), registration(kept, "one"), registration(changed, "old"))
    await say(registration(changed, "new"), version=2)
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    relay.turn()
    await say(loan(kept, 1, "unsent"))
    assert sum(forget_all(blocking[OUTBOX])) == 2
    left = [(row["topic"], row["key"], row["sent"]) for row in blocking["outbox"].find().sort("put_at", 1)]
    assert left == [
        ("libraries-current", kept, True),
        ("libraries-current", changed, True),
        ("circulation", f"{kept}/i1", False),
    ]
    broker.restart()
    assert relay.turn() == 3
    [titles] = [[m.value for m in partition] for partition in broker.logs["libraries-current"]]
    assert len(titles) == 2
    assert b'"new"' in titles[1]


async def test_a_purge_keeps_the_newest_of_every_compacted_key_in_parcels_too(blocking, say, broker, settings) -> None:
    libraries = [new_library() for _ in range(4)]
    once, twice, single, late = libraries
    await say(*(registration(one, "first") for one in libraries), loan(once, 1, "a"), bulk=True)
    await say(registration(twice, "second"), version=2, bulk=True)
    await say(registration(single, "second"), version=2)
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    relay.turn()
    await say(registration(late, "unsent"), version=2, bulk=True)
    assert sum(forget_all(blocking[OUTBOX])) == 4
    assert sum(forget_all(blocking[OUTBOX])) == 0
    rows = blocking["outbox"].find().sort("put_at", 1)
    assert [[said.key for said in messages_of(row)] for row in rows] == [[once], [twice], [single], [late]]
    relay.turn()
    await say(registration(once, "second"), version=2)
    relay.turn()
    assert sum(forget_all(blocking[OUTBOX])) == 1
    broker.restart()
    assert relay.turn() == 4
    titles = [message.value for partition in broker.logs["libraries-current"] for message in partition]
    assert sum(b'"second"' in title for title in titles) == 3


async def test_marks_tell_how_far_the_outbox_has_got(blocking, say, broker, settings) -> None:
    await say(*(loan(new_library(), 1, "a") for _ in range(3)))
    relay = Relay(blocking, "ingest", MemoryPublisher(broker), settings)
    relay.turn()
    [[mark]] = broker.logs["outbox-marks"]
    assert b'"outbox":"ingest","sequence":3' in mark.value


class Marked(MemoryPublisher):
    """What each mark claims, what had been sent before it, and how many messages were said to be pending then."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.seen: list[tuple[int, list[int], float | None]] = []

    def publish(self, messages) -> None:
        super().publish(messages)
        if messages and messages[0].topic == "outbox-marks":
            pending = REGISTRY.get_sample_value("bus_outbox_pending", {"service": "ingest", "bulk": "true"})
            self.seen.append((marked(self._broker)[-1], numbers(self._broker), pending))


async def test_while_there_is_much_to_send_marks_claim_no_more_than_was_sent(blocking, say, broker, settings) -> None:
    library = new_library()
    await say(*(loan(library, item, "bulk") for item in range(10)), bulk=True)
    await say(*(loan(library, item, "bulk") for item in range(100, 120)), bulk=True)
    await say(loan(library, 119, "single"))
    publisher = Marked(broker)
    relay = Relay(blocking, "ingest", publisher, settings.model_copy(update={"mark_interval_seconds": 0}))
    assert relay.turn() == 31
    claims = [claim for claim, _, _ in publisher.seen]
    assert len(claims) == 3
    assert claims == sorted(claims)
    assert claims[-1] == 31
    assert all(set(range(1, claim + 1)) <= set(sent_before) for claim, sent_before, _ in publisher.seen)
    assert [pending for _, _, pending in publisher.seen][1:] == [20, 0]


async def test_a_mark_never_falls_when_all_is_sent_again(blocking, say, broker, settings) -> None:
    library = new_library()
    for turn in range(3):
        await say(*(loan(library, item, str(turn)) for item in range(10)), bulk=True)
    often = settings.model_copy(update={"mark_interval_seconds": 0})
    Relay(blocking, "ingest", MemoryPublisher(broker), often).turn()
    broker.restart()
    blocking[LEASES].delete_many({})
    Relay(blocking, "ingest", MemoryPublisher(broker), often).turn()
    assert set(marked(broker)) == {30}


async def test_the_purge_takes_one_step_at_a_time_while_there_is_much_to_send(
    blocking, say, broker, settings, monkeypatch
) -> None:
    monkeypatch.setattr(relaying, "PURGE_EVERY_SECONDS", 0)
    library = new_library()
    for turn in range(3):
        await say(*(loan(library, item, str(turn)) for item in range(purging.MESSAGES_AT_ONCE)), bulk=True)
    left = []

    class Counting(MemoryPublisher):
        def publish(self, messages) -> None:
            super().publish(messages)
            if any(HEADER_SEQUENCE in message.headers for message in messages):
                left.append(blocking[OUTBOX].count_documents({}))

    Relay(blocking, "ingest", Counting(broker), settings.model_copy(update={"outbox_retention_days": 0})).turn()
    assert left == [3, 2, 1]


async def test_a_relay_that_is_stopped_does_not_send_all_that_is_left(blocking, say, broker, settings) -> None:
    for _ in range(2):
        await say(loan(new_library(), 1, "bulk"), bulk=True)

    class Stopping(MemoryPublisher):
        def publish(self, messages) -> None:
            super().publish(messages)
            relay.stop()

    relay = Relay(blocking, "ingest", Stopping(broker), settings)
    assert relay.turn() == 1


def test_the_memory_broker_has_the_topics_of_the_table(broker) -> None:
    assert broker.logs.keys() == topics().keys()
    MemoryPublisher(broker).publish([Outgoing("circulation", "k", b"", {})])
    assert sum(map(len, broker.logs["circulation"])) == 1
