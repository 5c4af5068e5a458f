"""Messages that cannot be handled: each ends as promised, and nothing that follows waits for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any, NamedTuple

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.errors import NoError
from kafka.structs import OffsetAndMetadata
from pymongo import MongoClient

from deploy.local.demo.doors import wait_for
from deploy.local.settings import ROOT
from deploy.roles import load_roles
from tests.e2e.story import SCHOOL, Story, loan_event, publish_events, totals
from tests.e2e.topics import read_topic
from tests.e2e.visits import Client
from tests.proof.figures import write_figures
from tests.proof.stacks import ProofStack

pytestmark = pytest.mark.stack

TOPIC = "circulation"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
COUNTING = "stats-counting"
RETURNED = "vn.lienthong.loan.returned.v1"
"""What is counted, and nobody gets a mail about."""
OVERSIZED_BYTES = 600_000
"""More than a consumer takes, less than a broker does."""
EVERY_SECONDS = 0.1
RETURNS_AT_ONCE = 5
POISON_EVERY_TURNS = 1
"""For every five returns one poisonous message."""
WINDOW_SECONDS = 8
WINDOWS = 8
MOST_SLOWER = 1.2


class Place(NamedTuple):
    """Where a message lies on the topic."""

    partition: int
    offset: int


@dataclass(frozen=True)
class Wire:
    """The broker and the command line of a stack, as an operator has them."""

    stack: ProofStack
    producer: KafkaProducer

    def put(self, body: bytes, key: str = f"{SCHOOL}/thu") -> Place:
        """Put a message on the topic past all doors."""
        sent = self.producer.send(TOPIC, key=key.encode(), value=body).get(timeout=30)
        return Place(sent.partition, sent.offset)

    def put_event(self, event: dict[str, Any]) -> Place:
        return self.put(json.dumps(event).encode(), event["subject"])

    def command(self, *words: str) -> str:
        """What `python -m shared.bus dead-letters` prints."""
        command = [sys.executable, "-m", "shared.bus", "dead-letters", *words]
        environment = os.environ | {"KAFKA_BOOTSTRAP": self.stack.bootstrap, "MONGO_URL": self.stack.mongo_url}
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    def letters(self) -> dict[str, str]:
        """The counting consumer's dead letters: their ids and lines."""
        lines = self.command("list", "--consumer", COUNTING).splitlines()
        return {line.split()[0]: line for line in lines if COUNTING in line}

    def new_letters(self, before: Mapping[str, str], wanted: int) -> set[str]:
        """The ids of letters that came since, once there are so many: looked for in the database, since the command
        takes a second to start, then listed by the command."""
        wait_for(lambda: _if_many(_held(self, "dead") - before.keys(), wanted), f"{wanted} dead letters")
        return self.letters().keys() - before.keys()

    def health(self, role: str, path: str = "/readyz") -> httpx.Response:
        port = next(one.port for one in load_roles(self.stack.settings.roles_file) if one.name == role)
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30)

    def skipped(self) -> float:
        """How many messages of unknown types the counting consumer skipped."""
        pattern = rf'bus_events_total{{consumer="{COUNTING}",outcome="skipped",type="unknown"}} (\S+)'
        found = re.search(pattern, self.health(COUNTING, "/metrics").text)
        return float(found[1]) if found else 0


@pytest.fixture(scope="module")
def wire(stack: ProofStack) -> Iterator[Wire]:
    producer = KafkaProducer(bootstrap_servers=stack.bootstrap.split(","))
    yield Wire(stack, producer)
    producer.close()


def test_each_bad_message_ends_as_a_dead_letter_with_its_reason(client: Client, told: Story, wire: Wire) -> None:
    counted, skipped, letters = _loans(client, SCHOOL), wire.skipped(), wire.letters()
    incomplete = loan_event(told.patron)
    del incomplete["data"]["library"]
    bad = (
        b"{ not json",
        json.dumps(incomplete).encode(),
        json.dumps(loan_event(told.patron) | {"data": None, "padding": "x" * OVERSIZED_BYTES}).encode(),
        json.dumps(loan_event(told.patron, time="0001-01-01T00:00:00+14:00")).encode(),
        json.dumps(loan_event(told.patron, type="vn.lienthong.loan.imagined.v1")).encode(),
    )
    for body in bad:
        wire.put(body)
        publish_events(client, [loan_event(told.patron)])
    wait_for(lambda: _loans(client, SCHOOL) == counted + len(bad) or None, "the loans between them")
    new = wire.new_letters(letters, 4)
    shown = [json.loads(wire.command("show", letter)) for letter in new]
    assert sorted(letter["reason"] for letter in shown) == ["impossible-time", "malformed", "malformed", "oversized"]
    assert {letter["topic"] for letter in shown} == {TOPIC}
    oversized = next(letter for letter in shown if letter["reason"] == "oversized")
    assert (wire.stack.settings.var / "objects" / oversized["stored"]["key"]).stat().st_size > OVERSIZED_BYTES
    wait_for(lambda: new <= _told_of(wire) or None, "the deaths to be announced")
    wait_for(lambda: wire.skipped() > skipped or None, "the unknown type to be skipped")


def test_a_loan_waits_for_a_library_that_registers_later(client: Client, told: Story, wire: Wire) -> None:
    library, letters = _new_name(), wire.letters()
    event = loan_event(told.patron, library)
    wire.put_event(event)
    wire.put_event(loan_event(told.patron, library) | {"subject": event["subject"], "data": event["data"]})
    wait_for(lambda: _if_many(_held(wire, "parked", library), 2), "both loans to be parked")
    _register(client, library)
    wait_for(lambda: _loans(client, library) == 2 or None, "the parked loans to be counted")
    assert _held(wire, "parked", library) == set()
    assert wire.letters() == letters


def test_a_replay_after_a_fix_succeeds(client: Client, told: Story, wire: Wire) -> None:
    library, letters = _new_name(), wire.letters()
    wire.put_event(loan_event(told.patron, library))
    wait_for(lambda: _if_many(_held(wire, "parked", library), 1), "the loan to be parked")
    _lose_patience(wire, library)
    (letter,) = wire.new_letters(letters, 1)
    assert json.loads(wire.command("show", letter))["reason"] == "waited-in-vain"
    _register(client, library)
    assert wire.command("replay", letter).startswith("1 ")
    wait_for(lambda: _loans(client, library) == 1 or None, "the replayed loan to be counted")
    assert letter not in wire.letters()
    assert wire.command("replay", letter).startswith("0 ")
    assert _loans(client, library) == 1


def test_a_dead_letter_is_discarded_with_a_reason(wire: Wire) -> None:
    before = wire.letters()
    wire.put(uuid.uuid4().bytes)
    (letter,) = wire.new_letters(before, 1)
    assert wire.command("discard", letter, "--why", "Bản tin thử").startswith("1 ")
    assert letter not in wire.letters()
    assert json.loads(wire.command("show", letter))["why"] == "Bản tin thử"


@pytest.mark.prove
def test_healthy_traffic_is_no_slower_behind_poison(client: Client, told: Story, wire: Wire) -> None:
    ages: dict[bool, list[float]] = {False: [], True: []}
    _window(client, told, wire, poisoned=False)
    for number in range(2 * WINDOWS):
        ages[bool(number % 2)] += _window(client, told, wire, poisoned=bool(number % 2))
    without, behind = (quantiles(ages[poisoned], n=20)[-1] for poisoned in (False, True))
    figures = {"p95_seconds": without, "p95_seconds_behind_poison": behind, "ratio": behind / without}
    write_figures("poison", {**figures, "returns": {str(poisoned): len(ages[poisoned]) for poisoned in ages}})
    assert behind <= MOST_SLOWER * without


def test_a_newer_version_stops_its_consumer_and_no_other(client: Client, told: Story, wire: Wire) -> None:
    before = totals(client, SCHOOL)
    visit = loan_event(told.patron, type="vn.lienthong.visit.counted.v1", subject=SCHOOL)
    visit["data"] = {"library": SCHOOL, "count": 3}
    wire.put_event(visit | {"id": str(uuid.uuid4())})
    wait_for(lambda: totals(client, SCHOOL)["visits"] == before["visits"] + 3 or None, "the visits of version 1")
    newer = wire.put_event(visit | {"type": "vn.lienthong.visit.counted.v2", "id": str(uuid.uuid4())})
    reason = wait_for(lambda: _stopped(wire), "the consumer to stop")
    assert "visit.counted.v2" in reason
    loan = loan_event(told.patron)
    publish_events(client, [loan])
    wait_for(lambda: _noticed(client, loan), "the notice that another consumer makes")
    assert {wire.health(role).status_code for role in ("stats-archive", "notify-notices")} == {200}
    wire.stack.kill(COUNTING)
    assert "visit.counted.v2" in wait_for(lambda: _stopped(wire), "the consumer to stop again: nothing was skipped")
    _step_over(wire, newer)
    wire.stack.kill(COUNTING)
    wait_for(lambda: _loans(client, SCHOOL) == before["loans-made"] + 1 or None, "the loan behind it")
    assert totals(client, SCHOOL)["visits"] == before["visits"] + 3


def _window(client: Client, told: Story, wire: Wire, *, poisoned: bool) -> list[float]:
    """Send returns at a steady pace, with or without poison between them; how long each took to be counted."""
    sent: dict[str, datetime] = {}
    ends = time.monotonic() + WINDOW_SECONDS
    turn = 0
    while time.monotonic() < ends:
        next_turn = time.monotonic() + EVERY_SECONDS
        if poisoned and turn % POISON_EVERY_TURNS == 0:
            kind = turn // POISON_EVERY_TURNS
            wire.producer.send(TOPIC, key=f"{SCHOOL}/{turn}".encode(), value=_poison(kind, told))
        events = [loan_event(told.patron, type=RETURNED) for _ in range(RETURNS_AT_ONCE)]
        publish_events(client, events)
        sent |= {_inbox_id(event): datetime.fromisoformat(event["time"]) for event in events}
        turn += 1
        time.sleep(max(0.0, next_turn - time.monotonic()))
    mongo: MongoClient[dict[str, Any]]
    with MongoClient(wire.stack.mongo_url, tz_aware=True) as mongo:
        query = {"_id": {"$in": list(sent)}}
        wait_for(lambda: mongo.stats.inbox.count_documents(query) == len(sent) or None, "the returns to be counted")
        return [(row["at"] - sent[row["_id"]]).total_seconds() for row in mongo.stats.inbox.find(query)]


def _inbox_id(event: dict[str, Any]) -> str:
    """Under which the counting consumer remembers an event; its row tells when the event was counted."""
    return f"{COUNTING}|{event['source']}|{event['id']}"


def _poison(kind: int, told: Story) -> bytes:
    """Another kind each time: malformed, oversized, of an unknown library, of an unknown type."""
    strange = (
        {"specversion": "0"},
        {"padding": "x" * OVERSIZED_BYTES},
        loan_event(told.patron, _new_name()),
        loan_event(told.patron, type="vn.lienthong.loan.imagined.v1"),
    )
    return json.dumps(strange[kind % len(strange)]).encode()


def _loans(client: Client, library: str) -> int:
    """How many were counted of a library; 0 as long as stats does not know it."""
    answer = client.send("stats", "GET", "/v1/indicators", params={"library": library})
    indicators = answer.json()["indicators"] if answer.is_success else []
    return next((one["total"] for one in indicators if one["id"] == "loans-made"), 0)


def _register(client: Client, library: str) -> None:
    entry = {"library": library, "title": "Thư viện mới", "library_type": "community", "own_system": True}
    client.tell("catalog", "/v1/libraries", "operator", entry | {"contact": "moi@lienthong.example"})


def _new_name() -> str:
    return f"thu-vien-{uuid.uuid4().hex[:8]}"


def _if_many(found: set[str], wanted: int) -> set[str] | None:
    return found if len(found) >= wanted else None


def _held(wire: Wire, state: str, library: str = "") -> set[str]:
    """Messages that the counting consumer holds, of one library or of all."""
    mongo: MongoClient[dict[str, Any]]
    with MongoClient(wire.stack.mongo_url) as mongo:
        of_library = {"key": {"$regex": f"^{library}/"}} if library else {}
        query = {"consumer": COUNTING, "state": state, **of_library}
        return {row["_id"] for row in mongo.stats.held.find(query)}


def _told_of(wire: Wire) -> set[str]:
    """The letters that the counting consumer announced."""
    return {read.event["subject"] for read in read_topic(wire.stack.bootstrap, f"{COUNTING}.dead") if read.event}


def _lose_patience(wire: Wire, library: str) -> None:
    """Let the time be over for which what is parked of a library may wait."""
    mongo: MongoClient[dict[str, Any]]
    with MongoClient(wire.stack.mongo_url) as mongo:
        over = {"$set": {"deadline": LONG_AGO, "next_attempt": LONG_AGO}}
        mongo.stats.held.update_many({"state": "parked", "key": {"$regex": f"^{library}/"}}, over)


def _stopped(wire: Wire) -> str | None:
    """Why the counting consumer stopped itself; None while it is starting or goes on."""
    try:
        missing = wire.health(COUNTING).json()["missing"].get("consumer", "")
    except httpx.TransportError:
        return None
    return missing if "newer" in missing else None


def _noticed(client: Client, event: dict[str, Any]) -> bool | None:
    notices = client.ask("notify", "/v1/notices", "operator", limit="200")["notices"]
    return any(notice["cause"] == event["id"] for notice in notices) or None


def _step_over(wire: Wire, place: Place) -> None:
    """Move the stopped group past the one message that it must not handle."""
    stuck = {TopicPartition(TOPIC, place.partition): OffsetAndMetadata(place.offset + 1, "", -1)}
    admin = KafkaAdminClient(bootstrap_servers=wire.stack.bootstrap.split(","))
    try:
        group = f"{COUNTING}-{admin.describe_cluster()['cluster_id']}"  # as the embedded broker's groups are named
        wait_for(lambda: _taken(admin.alter_group_offsets(group, stuck)), "the group to be without members")
    finally:
        admin.close()


def _taken(outcomes: dict[TopicPartition, type[Exception]]) -> bool | None:
    return True if set(outcomes.values()) == {NoError} else None
