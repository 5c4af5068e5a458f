"""The relay: what the outbox holds goes to Kafka, in order for each key, at least once.

A change stream rings the bell; the sweep finds what no bell announced, above all what an earlier relay left behind.
Every row gets a sequence number, gapless within its outbox, before it is sent: who misses one can see it. On a new
cluster id (a broker that lost its memory, a restored cluster) all that is kept is sent again; inboxes drop the known.

Rows of bulk work (imports) let the others pass, so that a loan does not wait behind a hundred thousand records; yet the
rows of one key stay in order: with a row that passes go the earlier ones of its key.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from bson import Timestamp
from pymongo import UpdateOne
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
from shared.bus.work import OUTBOX, source_of
from shared.events.delivery import OutboxMarked
from shared.events.envelope import CONTENT_TYPE, Event, encode
from shared.events.topics import topics
from shared.settings import Settings
from shared.store.mongo import Document
from shared.telemetry.metrics import OUTBOX_PENDING, OUTBOX_SENT, OUTBOX_SEQUENCE, RELAY_LEADER

log = structlog.get_logger(__name__)

PROGRESS = "outbox_progress"
LEASE_SECONDS = 15.0
"""Longer than any publication lasts that began while the lease was held: one who lost it has stopped sending."""
ROWS_AT_ONCE = 500
PURGE_EVERY_SECONDS = 60.0
UNHEARD_AT_MOST = 20_000


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
        self._outbox.create_index([("sent", 1), ("bulk", 1), ("put_at", 1)])
        self._outbox.create_index([("topic", 1), ("key", 1), ("sequence", 1)])
        self._outbox.create_index("sequence")

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
        """Send everything pending once; how many rows went out."""
        self._meet_cluster()
        sent = 0
        while rows := self._pending():
            self._number(rows)
            if not self._lease.hold():
                break
            self._send(rows)
            sent += len(rows)
        self._mark_if_due()
        self._purge_if_due()
        return sent

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

    def _pending(self) -> list[Document]:
        """What goes out next. Bulk rows are looked for first: what came before one of them is then seen too."""
        bulk = self._unsent({"bulk": True})
        urgent = self._unsent({"bulk": None})
        if len(urgent) == ROWS_AT_ONCE:
            bulk = []
        passing = urgent + self._earlier_of_their_keys(urgent)
        sent = {row["_id"] for row in passing}
        return sorted(passing, key=lambda row: row["put_at"]) + [row for row in bulk if row["_id"] not in sent]

    def _unsent(self, query: Mapping[str, Any]) -> list[Document]:
        full: Document = {"sent": False, **query}
        if self._since:
            full["put_at"] = {"$gt": self._since}
        return list(self._outbox.find(full).sort("put_at", 1).limit(ROWS_AT_ONCE))

    def _earlier_of_their_keys(self, urgent: Sequence[Document]) -> list[Document]:
        keys: dict[str, set[str]] = defaultdict(set)
        for row in urgent:
            keys[row["topic"]].add(row["key"])
        found: list[Document] = []
        for topic, of_topic in keys.items():
            found += self._outbox.find({"topic": topic, "key": {"$in": list(of_topic)}, "sent": False, "bulk": True})
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
        again = self._outbox.update_many({"sent": True}, {"$set": {"sent": False}}).modified_count
        self._progress.replace_one({"_id": "cluster"}, {"cluster": cluster}, upsert=True)
        log.info("relay_met_cluster", cluster=cluster, rows_to_send_again=again)

    def _number(self, rows: Sequence[Document]) -> None:
        """Give sequence numbers to rows that have none; numbers and counter change together."""
        fresh = [row for row in rows if row.get("sequence") is None]
        if not fresh:
            return

        def assign(session: ClientSession) -> int:
            raised = {"$inc": {"last": len(fresh)}}
            counter = self._progress.find_one_and_update(
                {"_id": "sequence"}, raised, upsert=True, return_document=True, session=session
            )
            first = (counter or raised["$inc"])["last"] - len(fresh) + 1
            numbered = [
                UpdateOne({"_id": row["_id"], "sequence": None}, {"$set": {"sequence": first + place}})
                for place, row in enumerate(fresh)
            ]
            result = self._outbox.bulk_write(numbered, session=session)
            if result.modified_count != len(fresh):
                raise BrokerAway("another relay numbered these rows: the lease was lost")
            return first

        with self._database.client.start_session() as session:
            first = session.with_transaction(assign)
        for place, row in enumerate(fresh):
            row["sequence"] = first + place
        OUTBOX_SEQUENCE.labels(self._service).set(first + len(fresh) - 1)

    def _send(self, rows: Sequence[Document]) -> None:
        self._publisher.publish([self._outgoing(row) for row in rows])
        now = datetime.now(UTC)
        identifiers = [row["_id"] for row in rows]
        if len(self._sent_unheard) > UNHEARD_AT_MOST:
            self._sent_unheard.clear()
        self._sent_unheard.update(identifiers)
        self._outbox.update_many({"_id": {"$in": identifiers}}, {"$set": {"sent": True, "sent_at": now}})
        for topic, count in Counter(row["topic"] for row in rows).items():
            OUTBOX_SENT.labels(self._service, topic).inc(count)

    def _outgoing(self, row: Document) -> Outgoing:
        headers = {
            HEADER_ID: row["event_id"],
            HEADER_SOURCE: row["source"],
            HEADER_OUTBOX: self._service,
            HEADER_SEQUENCE: str(row["sequence"]),
            HEADER_CONTENT_TYPE: CONTENT_TYPE,
        }
        return Outgoing(row["topic"], row["key"], row["body"], headers)

    def _mark_if_due(self) -> None:
        """Announce how far this outbox has got, so that silence can be told from rest."""
        if time.monotonic() < self._next_mark:
            return
        last = (self._progress.find_one({"_id": "sequence"}) or {"last": 0})["last"]
        data = OutboxMarked(outbox=self._service, sequence=last)
        event = Event(data=data, source=source_of(self._service), aggregate_version=0)
        headers = {HEADER_ID: event.id, HEADER_SOURCE: event.source, HEADER_CONTENT_TYPE: CONTENT_TYPE}
        self._publisher.publish([Outgoing(data.topic, data.key(), encode(event), headers)])
        self._count_pending()
        self._next_mark = time.monotonic() + self._settings.mark_interval_seconds

    def _count_pending(self) -> None:
        OUTBOX_PENDING.labels(self._service).set(self._outbox.count_documents({"sent": False}))

    def _purge_if_due(self) -> None:
        if time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + PURGE_EVERY_SECONDS
        self.purge(datetime.now(UTC) - timedelta(days=self._settings.outbox_retention_days))

    def purge(self, before: datetime) -> int:
        """Forget rows sent before a moment; of a compacted topic the newest row of each key is kept."""
        compacted = [name for name, topic in topics().items() if topic.compacted]
        old = {"sent": True, "sent_at": {"$lt": before}}
        gone = self._outbox.delete_many({**old, "topic": {"$nin": compacted}}).deleted_count
        newest: list[Document] = [
            {"$match": {"topic": {"$in": compacted}, "sequence": {"$ne": None}}},
            {"$group": {"_id": {"topic": "$topic", "key": "$key"}, "newest": {"$max": "$sequence"}}},
        ]
        for state in self._outbox.aggregate(newest, allowDiskUse=True):
            query = {**old, "topic": state["_id"]["topic"], "key": state["_id"]["key"]}
            gone += self._outbox.delete_many({**query, "sequence": {"$lt": state["newest"]}}).deleted_count
        return gone
