"""The relay: what the outbox holds goes to Kafka, in order for each key, at least once.

A change stream rings the bell; the sweep finds what no bell announced, above all what an earlier relay left behind.
Every row gets a sequence number, gapless within its outbox, before it is sent: who misses one can see it. On a new
cluster id (a broker that lost its memory, a restored cluster) all that is kept is sent again; inboxes drop the known.

Rows of bulk work (imports) are parcels of many messages and let the others pass, so that a loan does not wait behind a
hundred thousand records; yet the messages of one key stay in order: with a row that passes go the earlier ones of its
key, out of whatever parcel has them.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import structlog
from bson import Timestamp
from pymongo import UpdateMany, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.synchronous.database import Database

from shared.bus.lease import Lease
from shared.bus.messages import (
    HEADER_CONTENT_TYPE,
    HEADER_ID,
    HEADER_OUTBOX,
    HEADER_SEQUENCE,
    HEADER_SOURCE,
    BrokerAway,
    Outgoing,
    Publisher,
)
from shared.bus.outbox import IN_ORDER, OUTBOX, Said, address_of, count_of, messages_of
from shared.bus.purging import purge
from shared.bus.work import source_of
from shared.events.delivery import OutboxMarked
from shared.events.envelope import CONTENT_TYPE, Event, encode
from shared.settings import Settings
from shared.store.mongo import Document
from shared.telemetry.metrics import OUTBOX_PENDING, OUTBOX_SENT, OUTBOX_SEQUENCE, RELAY_LEADER

log = structlog.get_logger(__name__)

PROGRESS = "outbox_progress"
LEASE_SECONDS = 15.0
"""Longer than any publication lasts that began while the lease was held: one who lost it has stopped sending."""
ROWS_AT_ONCE = 500
PARCELS_AT_ONCE = 1
PURGE_EVERY_SECONDS = 60.0
UNHEARD_AT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Messages of a row that go out next. whole: whether nothing of the row is left then."""

    row: Document
    messages: list[Said]
    whole: bool


class Relay:
    """One service's relay. Runs in a thread until told to stop; outages are waited out."""

    def __init__(self, database: Database[Document], service: str, publisher: Publisher, settings: Settings) -> None:
        self._database = database
        self._outbox = database[OUTBOX]
        self._progress = database[PROGRESS]
        self._service = service
        self._publisher = publisher
        self._settings = settings
        self._lease = Lease(database, "relay", LEASE_SECONDS)
        self._stopping = threading.Event()
        self._next_mark = 0.0
        self._next_purge = time.monotonic() + PURGE_EVERY_SECONDS
        self._prepared: str | None = None
        """The cluster whose topics this relay has applied: a new release may bring new ones."""
        self._since: Timestamp | None = None
        self._sent_unheard: set[str] = set()
        """Rows sent by a sweep whose bell has not rung yet."""
        self.healthy = False

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Lead whenever the lease is free, until stopped."""
        while not self._stopping.is_set():
            try:
                self._lead()
            except (PyMongoError, BrokerAway) as error:
                self.healthy = False
                log.warning("relay_waits", error=str(error)[:300])
                with contextlib.suppress(PyMongoError):
                    self._count_pending()
                self._stopping.wait(0.5)
            finally:
                RELAY_LEADER.labels(self._service).set(0)
        with contextlib.suppress(PyMongoError):
            self._lease.release()
        self._publisher.close()

    def ensure_indexes(self) -> None:
        self._outbox.create_index(list(IN_ORDER))
        self._outbox.create_index([("sent", 1), ("sequence", 1), ("count", 1)])
        self._outbox.create_index([("topic", 1), ("key", 1)])
        self._outbox.create_index("keys", sparse=True)
        self._outbox.create_index("sent_at", sparse=True)

    def _lead(self) -> None:
        self.ensure_indexes()
        while not self._stopping.is_set() and not self._lease.hold():
            self.healthy = True
            self._stopping.wait(self._settings.relay_interval_seconds)
        with self._bell() as bell:
            if not self._settings.relay_sweep:
                self._since = self._database.command("ping")["operationTime"]
            while not self._stopping.is_set() and self._lease.hold():
                RELAY_LEADER.labels(self._service).set(1)
                self.turn()
                self.healthy = True
                bell()

    def turn(self) -> int:
        """Send everything pending; how many messages went out."""
        sent = 0
        while not self._stopping.is_set() and (parts := self._sweep()):
            sent += sum(len(part.messages) for part in parts)
        return sent

    def _sweep(self) -> Sequence[_Part]:
        """Send what goes out next, and say and forget what is due: neither waits until nothing is left to send.

        What went out: nothing where nothing is left, or where another relay leads.
        """
        self._meet_cluster()
        if parts := self._pending():
            self._number([part.row for part in parts])
            if not self._lease.hold():
                return ()
            self._send(parts)
        self._mark_if_due()
        self._purge_if_due()
        return parts

    @contextlib.contextmanager
    def _bell(self) -> Iterator[Callable[[], None]]:
        """Something to wait on: returns when a row came that was not yet sent, or when the interval is over."""
        milliseconds = int(self._settings.relay_interval_seconds * 1000)
        new_rows: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}]
        with self._outbox.watch(new_rows, max_await_time_ms=milliseconds) as stream:

            def wait() -> None:
                while (change := stream.try_next()) and change["documentKey"]["_id"] in self._sent_unheard:
                    self._sent_unheard.discard(change["documentKey"]["_id"])

            yield wait

    def _pending(self) -> list[_Part]:
        """What goes out next. It is read at one moment: what is seen is seen with all that its keys said before."""
        with self._database.client.start_session(snapshot=True) as moment:
            urgent = self._unsent({"bulk": None}, ROWS_AT_ONCE, moment)
            early = self._earlier_of_their_keys(urgent, moment)
            parcels = self._unsent({"bulk": True}, PARCELS_AT_ONCE, moment) if len(urgent) < ROWS_AT_ONCE else []
        passing = [_Part(row, messages_of(row), whole=True) for row in urgent] + list(early.values())
        passing.sort(key=lambda part: part.row["put_at"])
        return passing + [_rest(row, early.get(row["_id"])) for row in parcels]

    def _unsent(self, query: Mapping[str, Any], limit: int, moment: ClientSession) -> list[Document]:
        full: Document = {"sent": False, **query}
        if self._since:
            full["put_at"] = {"$gt": self._since}
        return list(self._outbox.find(full, session=moment).sort("put_at", 1).limit(limit))

    def _earlier_of_their_keys(self, urgent: Sequence[Document], moment: ClientSession) -> dict[str, _Part]:
        """What parcels say under the same keys, by the parcel: of each only these messages are read.

        Not of parcels newer than all of the rows: rows that come before those may be left for the next sweep.
        """
        wanted = {(row["topic"], row["key"]) for row in urgent}
        if not wanted:
            return {}
        keys = [key for _, key in wanted]
        its_key_is_wanted = {"$in": [{"$arrayElemAt": ["$$this", 1]}, keys]}
        fields = {
            **dict.fromkeys(("put_at", "sequence", "count", "passed"), 1),
            "messages": {"$filter": {"input": "$messages", "cond": its_key_is_wanted}},
        }
        addresses = [address_of(*one) for one in wanted]
        not_newer = {"$lte": urgent[-1]["put_at"]}
        query = {"sent": False, "bulk": True, "keys": {"$in": addresses}, "put_at": not_newer}
        found = {}
        for row in self._outbox.find(query, fields, session=moment):
            passed = row.get("passed", ())
            messages = [one for one in messages_of(row) if (one.topic, one.key) in wanted and one.place not in passed]
            if messages:
                found[row["_id"]] = _Part(row, messages, whole=False)
        return found

    def _meet_cluster(self) -> None:
        """Make the topics that are missing; on a new cluster, forget that anything was sent."""
        cluster = self._publisher.cluster_id()
        known = self._progress.find_one({"_id": "cluster"})
        if cluster != self._prepared:
            self._publisher.prepare()
            self._prepared = cluster
        if known and known["cluster"] == cluster:
            return
        self._outbox.update_many({"passed": {"$exists": True}}, {"$unset": {"passed": ""}})
        again = self._outbox.update_many({"sent": True}, {"$set": {"sent": False}}).modified_count
        self._progress.replace_one({"_id": "cluster"}, {"cluster": cluster}, upsert=True)
        log.info("relay_met_cluster", cluster=cluster, rows_to_send_again=again)

    def _number(self, rows: Sequence[Document]) -> None:
        """Give sequence numbers to rows that have none, as many as they have messages; numbers and counter change
        together.
        """
        fresh = {row["_id"]: count_of(row) for row in rows if row.get("sequence") is None}
        if not fresh:
            return
        count = sum(fresh.values())

        def assign(session: ClientSession) -> dict[str, int]:
            raised = {"$inc": {"last": count}}
            counter = self._progress.find_one_and_update(
                {"_id": "sequence"}, raised, upsert=True, return_document=True, session=session
            )
            before = (counter or raised["$inc"])["last"] - count + 1
            first = dict(zip(fresh, accumulate(fresh.values(), initial=before), strict=False))
            numbered = [
                UpdateOne({"_id": one, "sequence": None}, {"$set": {"sequence": number}})
                for one, number in first.items()
            ]
            result = self._outbox.bulk_write(numbered, session=session)
            if result.modified_count != len(fresh):
                raise BrokerAway("another relay numbered these rows: the lease was lost")
            return first

        with self._database.client.start_session() as session:
            first = session.with_transaction(assign)
        for row in rows:
            row["sequence"] = first.get(row["_id"], row.get("sequence"))
        OUTBOX_SEQUENCE.labels(self._service).set(max(first[one] + fresh[one] - 1 for one in fresh))

    def _send(self, parts: Sequence[_Part]) -> None:
        self._publisher.publish([self._outgoing(part.row, said) for part in parts for said in part.messages])
        if len(self._sent_unheard) > UNHEARD_AT_MOST:
            self._sent_unheard.clear()
        self._sent_unheard.update(part.row["_id"] for part in parts if part.whole)
        self._note_sent(parts)
        for topic, count in Counter(said.topic for part in parts for said in part.messages).items():
            OUTBOX_SENT.labels(self._service, topic).inc(count)

    def _note_sent(self, parts: Sequence[_Part]) -> None:
        """All of it or nothing: of a key, what came first would else go out again behind what came last."""
        whole = [part.row["_id"] for part in parts if part.whole]
        sent = {"$set": {"sent": True, "sent_at": datetime.now(UTC)}, "$unset": {"passed": ""}}
        passed = [
            UpdateOne(
                {"_id": part.row["_id"]}, {"$addToSet": {"passed": {"$each": [one.place for one in part.messages]}}}
            )
            for part in parts
            if not part.whole
        ]
        notes: list[UpdateOne | UpdateMany] = [*passed, UpdateMany({"_id": {"$in": whole}}, sent)]
        with self._database.client.start_session() as session:
            session.with_transaction(lambda noting: self._outbox.bulk_write(notes, session=noting))

    def _outgoing(self, row: Document, said: Said) -> Outgoing:
        headers = {
            HEADER_ID: said.event_id,
            HEADER_SOURCE: said.source,
            HEADER_OUTBOX: self._service,
            HEADER_SEQUENCE: str(row["sequence"] + said.place),
            HEADER_CONTENT_TYPE: CONTENT_TYPE,
        }
        return Outgoing(said.topic, said.key, said.body, headers)

    def _mark_if_due(self) -> None:
        """Announce how far this outbox has got, so that silence can be told from rest."""
        if time.monotonic() < self._next_mark:
            return
        data = OutboxMarked(outbox=self._service, sequence=self._complete())
        event = Event(data=data, source=source_of(self._service), aggregate_version=0)
        headers = {HEADER_ID: event.id, HEADER_SOURCE: event.source, HEADER_CONTENT_TYPE: CONTENT_TYPE}
        self._publisher.publish([Outgoing(data.topic, data.key(), encode(event), headers)])
        self._count_pending()
        self._next_mark = time.monotonic() + self._settings.mark_interval_seconds

    def _complete(self) -> int:
        """The number up to which all were sent, if only to an earlier cluster: it never falls."""
        last = (self._progress.find_one({"_id": "sequence"}) or {"last": 0})["last"]
        numbered = {"sent": False, "sequence": {"$gt": 0}}
        waiting = self._outbox.find_one(numbered, {"sequence": 1}, sort=[("sequence", 1)])
        complete = {"$max": {"last": waiting["sequence"] - 1 if waiting else last}}
        marked = self._progress.find_one_and_update({"_id": "marked"}, complete, upsert=True, return_document=True)
        return int((marked or complete["$max"])["last"])

    def _count_pending(self) -> None:
        """An index has all that is asked for."""
        is_parcel = {"$gt": [{"$ifNull": ["$count", 0]}, 0]}
        messages = {"$group": {"_id": is_parcel, "count": {"$sum": {"$ifNull": ["$count", 1]}}}}
        found = {row["_id"]: row["count"] for row in self._outbox.aggregate([{"$match": {"sent": False}}, messages])}
        for bulk in (False, True):
            OUTBOX_PENDING.labels(self._service, str(bulk).lower()).set(found.get(bulk, 0))

    def _purge_if_due(self) -> None:
        """One step of the purge; when the last one is done, rest."""
        before = datetime.now(UTC) - timedelta(days=self._settings.outbox_retention_days)
        if time.monotonic() >= self._next_purge and next(purge(self._outbox, before), None) is None:
            self._next_purge = time.monotonic() + PURGE_EVERY_SECONDS


def _rest(row: Document, early: _Part | None) -> _Part:
    """What of a parcel did not go out before the parcel."""
    gone = {*row.get("passed", ()), *(one.place for one in (early.messages if early else ()))}
    return _Part(row, [one for one in messages_of(row) if one.place not in gone], whole=True)
