"""One run of the kill test: feed, kill, wait for rest, audit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.demo.loans import register_readers
from deploy.local.stack import Stack
from tests.engines import free_port
from tests.proof.audit import differences, lag, repeated_mails
from tests.proof.feeding import Feeder, page_samples
from tests.proof.killing import Killer
from tests.proof.stacks import ProofStack
from tests.proof.watching import seconds_until

GROUPS = {"stats-counting", "notify-notices", "ocr-documents", "ocr-reading", "catalog-records", "ingest-steps"}
CARDS_SECONDS = 120


@dataclass(frozen=True)
class Size:
    documents: int
    loans: int
    kills: int
    rest_seconds: float
    """How long the stack may take to come to rest after the last kill."""


SMALL = Size(documents=3, loans=120, kills=6, rest_seconds=300)
FULL = Size(documents=20, loans=3000, kills=30, rest_seconds=420)


@dataclass(frozen=True)
class Outcome:
    """What one run showed."""

    seed: int
    documents: int
    loans: int
    kills: int
    by_kind: dict[str, int]
    rebalances: int
    """Times a second member joined or left the counting group meanwhile."""
    repeated_mails: int
    seconds_to_rest: float
    differences: list[str]

    def figures(self) -> dict[str, Any]:
        return asdict(self)


def run_kills(stack: ProofStack, folder: Path, size: Size, seed: int) -> Outcome:
    """Returns what differs at rest; it is for the test to say what may."""
    client: MongoClient[dict[str, Any]] = MongoClient(stack.mongo_url, serverSelectionTimeoutMS=2000)
    samples = page_samples(folder / f"pages-{seed}", size.documents, seed)
    _let_readers_be_known(stack, client)
    killer = Killer(stack, seed, size.kills, lambda: _in_flight(client, feeder))
    feeder = Feeder(stack.doors, samples, size.loans, lambda: (len(killer.killed) + 1) / (size.kills + 1))
    killing = threading.Thread(target=killer.run)
    feeding = threading.Thread(target=feeder.run)
    with second_member(stack) as rebalances:
        feeding.start()
        killing.start()
        killing.join()
        feeding.join()
    stopped = time.monotonic()
    left = _await_rest(stack, client, feeder, size.rest_seconds)
    return Outcome(
        seed=seed,
        documents=len(feeder.sent.documents),
        loans=sum(feeder.sent.loans.values()),
        kills=len(killer.killed),
        by_kind=killer.by_kind,
        rebalances=len(rebalances),
        repeated_mails=repeated_mails(Path(stack.doors.addresses["mail"]["directory"])),
        seconds_to_rest=round(time.monotonic() - stopped, 1),
        differences=left,
    )


def _let_readers_be_known(stack: ProofStack, client: MongoClient[dict[str, Any]]) -> None:
    """A loan that is told while its reader's address is on the way gets its mail a minute later."""
    patrons = [patron for patrons in register_readers(stack.doors).values() for patron in patrons]
    query = {"_id": {"$in": patrons}}
    cards = client.notify.patron_cards
    seconds_until(lambda: cards.count_documents(query) == len(patrons), CARDS_SECONDS, "the readers' addresses")


def _in_flight(client: MongoClient[dict[str, Any]], feeder: Feeder) -> int:
    """Accepted work that has no effect yet; 0 when the database cannot say."""
    try:
        counted = sum(int(row["count"]) for row in client.stats.counters.find({"indicator": "loans-made"}))
        unread = client.ocr.pages.count_documents({"state": {"$ne": "read"}})
        unsent = sum(client[name].outbox.count_documents({"sent": False}) for name in ("ingest", "ocr", "catalog"))
    except PyMongoError:
        return 0
    uncounted = max(0, sum(feeder.sent.loans.values()) - counted)
    return uncounted + int(unread) + int(unsent)


def _await_rest(stack: ProofStack, client: MongoClient[dict[str, Any]], feeder: Feeder, seconds: float) -> list[str]:
    """Wait until nothing differs and every group has acknowledged everything; what differs at the end."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            left = differences(feeder.sent, client)
            if not left and lag(stack.bootstrap, GROUPS) == 0:
                return differences(feeder.sent, client)
        except Exception as error:  # the engines are still coming back
            left = [f"not at rest: {error}"]
        if time.monotonic() > deadline:
            return left
        time.sleep(1)


@contextmanager
def second_member(stack: ProofStack) -> Iterator[list[int]]:
    """Let a second counting worker join and leave its group again and again; the list grows with each change."""
    changes: list[int] = []
    over = threading.Event()

    def come_and_go() -> None:
        environment = os.environ | Stack(stack.settings).environment
        environment |= {"HTTP_PORT": str(free_port())} | dict(_own_env(stack))
        while not over.is_set():
            member = subprocess.Popen(
                [sys.executable, "-m", "services.stats", "worker", "counting"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            changes.append(member.pid)
            over.wait(8)
            member.kill()
            member.wait()
            changes.append(member.pid)
            over.wait(4)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        yield changes
    finally:
        over.set()
        thread.join()


def _own_env(stack: ProofStack) -> dict[str, str]:
    return dict(next(role.env for role in Stack(stack.settings).roles if role.name == "stats-counting"))
