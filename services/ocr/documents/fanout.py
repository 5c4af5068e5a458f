"""Which pages are with the workers: fairness is made here, because a Kafka partition is first-in first-out.

Whoever comes new waits behind the pages in flight and no others: so these are few, as many as keep every reading
process busy, and all libraries and lanes share them by turns.
"""

from __future__ import annotations

from pymongo import UpdateOne

from services.ocr.documents.progress import REQUESTED, WAITING
from services.ocr.documents.turns import Metering, Queue, entrance, next_in_turn, queue_name
from services.ocr.pages.capacity import reading_processes
from shared.bus.work import Work
from shared.events.pages import PageReadingRequested
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document

METERS = "meters"


async def queue_pages(library: str, lane: str, metering: Metering, work: Work) -> None:
    """Pages of this library and lane have begun to wait: request what may be with the workers."""
    name = queue_name(library, lane)
    queues = {queue.name: queue for queue in await _active(metering, work)}
    place = queues[name].place if name in queues else entrance(queues.values())
    change = {"$set": {"library": library, "lane": lane, "waiting": True, "place": place}}
    work.write(METERS, UpdateOne({"_id": name}, {**change, "$setOnInsert": {"in_flight": 0}}, upsert=True))
    await request_pages(metering, work)


async def request_pages(metering: Metering, work: Work) -> None:
    """Request waiting pages, of whoever's turn it is, until the reading processes have enough."""
    queues = await _active(metering, work)
    room = metering.pages_per_process * await reading_processes(work) - sum(queue.in_flight for queue in queues)
    supplies: dict[str, list[Document]] = {}
    while room > 0 and (queue := next_in_turn(queues, metering.most_per_queue)):
        if queue.name not in supplies:
            supplies[queue.name] = await _waiting_pages(queue, room, work)
        queue.waiting = queue.granted < len(supplies[queue.name])
        if queue.waiting:
            _request(supplies[queue.name][queue.granted], work)
            queue.take_turn()
            room -= 1
    for queue in queues:
        _keep(queue, supplies, work)


def release_page(page: Document, work: Work) -> None:
    """The page is no longer with the workers."""
    name = queue_name(page["library"], page["lane"])
    work.write(METERS, UpdateOne({"_id": name}, {"$inc": {"in_flight": -1}}))


async def _active(metering: Metering, work: Work) -> list[Queue]:
    rows = await work.find(METERS, {"$or": [{"waiting": True}, {"in_flight": {"$gt": 0}}]})
    return [
        Queue(
            library=row["library"],
            lane=row["lane"],
            weight=metering.weight(row["library"], row["lane"]),
            in_flight=row["in_flight"],
            place=row["place"],
            waiting=row["waiting"],
        )
        for row in rows
    ]


async def _waiting_pages(queue: Queue, most: int, work: Work) -> list[Document]:
    query = {"library": queue.library, "lane": queue.lane, "state": WAITING}
    return await work.find("pages", query, sort=[("queued_at", 1), ("_id", 1)], limit=most)


def _keep(queue: Queue, supplies: dict[str, list[Document]], work: Work) -> None:
    if queue.name in supplies:
        change = {"$inc": {"in_flight": queue.granted}, "$set": {"place": queue.place, "waiting": queue.waiting}}
        work.write(METERS, UpdateOne({"_id": queue.name}, change))


def _request(page: Document, work: Work) -> None:
    attempt = page["attempt"] + 1
    work.write("pages", UpdateOne({"_id": page["_id"]}, {"$set": {"state": REQUESTED, "attempt": attempt}}))
    request = PageReadingRequested(
        page=page["_id"],
        document=page["document"],
        library=page["library"],
        number=page["number"],
        attempt=attempt,
        original=ObjectRef.model_validate(page["original"]),
        frame=page["frame"],
        alto=page.get("alto"),
        lane=page["lane"],
    )
    work.announce(request, version=attempt)
