"""Compares what was sent with MongoDB's end state. Imports nothing of the product: it must not share its mistakes."""

from __future__ import annotations

import mailbox
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import OffsetSpec
from pymongo import MongoClient

SERVICES = ("ingest", "ocr", "catalog", "stats", "notify")


@dataclass
class Sent:
    """What the doors accepted."""

    documents: dict[str, int] = field(default_factory=dict)
    """Document id -> pages."""
    loans: Counter[str] = field(default_factory=Counter)
    """Library -> loans made."""
    events: set[tuple[str, str]] = field(default_factory=set)
    """Source and id of each loan event."""


def differences(sent: Sent, client: MongoClient[dict[str, Any]]) -> list[str]:
    """What is lost or doubled, a line each; empty when the end state is exactly what was sent."""
    return [
        *_documents(sent, client),
        *_counters(sent, client),
        *_notices(sent, client),
        *_left_behind(client),
    ]


def _documents(sent: Sent, client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    pages = sum(sent.documents.values())
    yield from _compare("documents at ingest", client.ingest.documents.count_documents({}), len(sent.documents))
    yield from _compare("pages read", client.ocr.pages.count_documents({"state": "read"}), pages)
    yield from _compare("readings", client.ocr.readings.count_documents({}), pages)
    yield from _compare(
        "documents recognised", client.ocr.documents.count_documents({"state": "recognised"}), len(sent.documents)
    )
    drafted = {row["document"] for row in client.catalog.records.find({}, ["document"])}
    yield from _compare("records", client.catalog.records.count_documents({}), len(sent.documents))
    yield from _compare("documents with a record", len(drafted & sent.documents.keys()), len(sent.documents))


def _counters(sent: Sent, client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in client.stats.counters.find():
        counted[row["indicator"], row["library"]] += row["count"]
    totals = Counter[str]()
    for (indicator, _), count in counted.items():
        totals[indicator] += count
    yield from _compare("documents counted", totals["documents"], len(sent.documents))
    yield from _compare("pages counted", totals["pages"], sum(sent.documents.values()))
    yield from _compare("records drafted counted", totals["records-drafted"], len(sent.documents))
    for library, loans in sent.loans.items():
        yield from _compare(f"loans counted of {library}", counted["loans-made", library], loans)
    yield from _compare("loans counted", totals["loans-made"], sum(sent.loans.values()))


def _notices(sent: Sent, client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    query = {"kind": "loan.made"}
    yield from _compare("loan notices", client.notify.notices.count_documents(query), len(sent.events))
    yield from _compare(
        "loan notices sent", client.notify.notices.count_documents({**query, "state": "sent"}), len(sent.events)
    )


def _left_behind(client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    for service in SERVICES:
        yield from _compare(f"unsent rows of {service}", client[service].outbox.count_documents({"sent": False}), 0)
        waiting = {"state": {"$in": ["parked", "dead", "replaying"]}}
        yield from _compare(f"held messages of {service}", client[service].held.count_documents(waiting), 0)


def repeated_mails(maildir: Path) -> int:
    """How many mails arrived more than once, by Message-ID."""
    arrived = Counter(mail["message-id"] for mail in mailbox.Maildir(maildir, create=False))
    return sum(arrived.values()) - len(arrived)


def lag(bootstrap: str, groups: set[str]) -> int:
    """Messages that consumer groups have not yet acknowledged."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    try:
        behind = 0
        cluster = admin.describe_cluster()["cluster_id"]
        for group in groups:
            named = f"{group}-{cluster}"
            committed = admin.list_group_offsets([group])[group] or admin.list_group_offsets([named])[named]
            ends = admin.list_partition_offsets(dict.fromkeys(committed, OffsetSpec.LATEST))
            behind += sum(max(0, ends[place].offset - committed[place].offset) for place in committed)
        return int(behind)
    finally:
        admin.close()


def _compare(what: str, found: int, wanted: int) -> Iterator[str]:
    if found != wanted:
        yield f"{what}: {found}, wanted {wanted}"
