"""Sources, runs and their reports in MongoDB."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import InsertOne, ReturnDocument, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.catalog.finds import Finds
from services.catalog.formats import Severity
from services.catalog.imports.run import LEASE_SECONDS, ReportRow, Run, RunState
from services.catalog.imports.source import Source
from services.catalog.union.store import CONTRIBUTIONS
from shared.bus.outbox import IN_ORDER, OUTBOX
from shared.bus.work import Work
from shared.store.mongo import Document
from shared.web.problems import Problem

SOURCES = "sources"
RUNS = "import_runs"
REPORTS = "import_reports"
HARVESTS = "harvests"
HARVEST_LEASE_SECONDS = 600
"""Longer than the retries of a page last."""
UNFINISHED = {"$in": [RunState.WAITING, RunState.RUNNING]}
FOR_GOOD = {"dry": False, "state": {"$in": [RunState.WAITING, RunState.RUNNING, RunState.DONE]}}
"""Runs that have imported a file or will; one that failed may be begun again."""


class TakenOver(Exception):
    """Another process went on with the run."""


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await database[OUTBOX].create_index(list(IN_ORDER))  # a run asks there whether others are at work
    await database[RUNS].create_index([("source", 1), ("created_at", -1), ("_id", -1)])
    await database[RUNS].create_index([("created_at", -1), ("_id", -1)])
    await database[RUNS].create_index([("state", 1), ("until", 1)])
    await database[RUNS].create_index(
        "key", name="imported-once", unique=True, partialFilterExpression={**FOR_GOOD, "key": {"$gt": ""}}
    )
    await database[RUNS].create_index("finished_at", partialFilterExpression={"key": {"$gt": ""}})
    await database[REPORTS].create_index([("run", 1), ("number", 1)])
    await database[REPORTS].create_index([("run", 1), ("severity", 1), ("number", 1)])


async def find_source(finds: Finds, source: str) -> Source | None:
    row = await finds.find_one(SOURCES, {"_id": source})
    return source_of(row) if row else None


async def get_source(finds: Finds, source: str) -> Source:
    """The source. Raises Problem 404."""
    found = await find_source(finds, source)
    if found is None:
        raise Problem(404, "source-unknown", source=source)
    return found


async def put_source(database: AsyncDatabase[Document], source: Source) -> None:
    """Make the source or change it. Raises Problem 409 where it is another library's."""
    fields = source.model_dump(exclude={"id", "made_at", "library"})
    change = {"$set": fields, "$setOnInsert": {"made_at": source.made_at}}
    own = {"_id": source.id, "library": source.library}
    try:
        await database[SOURCES].update_one(own, change, upsert=True)
    except DuplicateKeyError as error:  # it is there, or somebody makes it at this moment
        again = await database[SOURCES].update_one(own, change)
        if not again.matched_count:
            raise Problem(409, "source-of-another-library", source=source.id) from error


async def list_sources(
    database: AsyncDatabase[Document], after: str | None, limit: int, libraries: Collection[str] | None = None
) -> list[Source]:
    """In the order of the names, those after a name; only of some libraries, or of any."""
    query: dict[str, Any] = {"_id": {"$gt": after}} if after else {}
    if libraries is not None:
        query["library"] = {"$in": list(libraries)}
    return [source_of(row) for row in await database[SOURCES].find(query).sort("_id", 1).to_list(limit)]


def source_of(row: Document) -> Source:
    return Source.model_validate({**row, "id": row["_id"]})


async def begin_run(database: AsyncDatabase[Document], source: Source, fields: Mapping[str, Any]) -> Run:
    """Note a run that is to be done; where one imports this uploaded file for good already, that one."""
    row = {
        "_id": f"i-{uuid.uuid4().hex[:24]}",
        "source": source.id,
        "library": source.library,
        "state": RunState.WAITING,
        "position": 0,
        "number": 0,
        "counts": {},
        "mapping": source.mapping.model_dump() if source.mapping else None,
        "created_at": datetime.now(UTC),
        "until": None,
        **fields,
    }
    try:
        await database[RUNS].insert_one(row)
    except DuplicateKeyError:
        found = await database[RUNS].find_one({**FOR_GOOD, "key": row.get("key")})
        if found is None:
            raise
        return Run.of(found)
    return Run.of(row)


async def unfinished_run(database: AsyncDatabase[Document], source: str, sha256: str) -> Run | None:
    """A run of the same file that was broken off."""
    row = await database[RUNS].find_one({"source": source, "sha256": sha256, "state": UNFINISHED, "key": None})
    return Run.of(row) if row else None


async def take_run(database: AsyncDatabase[Document]) -> Run | None:
    """The run of an uploaded file that has waited longest, or whose process is gone; it is then the caller's."""
    now = datetime.now(UTC)
    free = {"$or": [{"until": None}, {"until": {"$lt": now}}]}
    row = await database[RUNS].find_one_and_update(
        {"state": UNFINISHED, "key": {"$ne": None}, **free},
        {"$set": {"state": RunState.RUNNING, "until": now + timedelta(seconds=LEASE_SECONDS)}},
        sort=[("created_at", 1)],
        return_document=ReturnDocument.AFTER,
    )
    return Run.of(row) if row else None


async def try_run(database: AsyncDatabase[Document], run: Run) -> Run:
    """Count that the run is taken up, as it now stands. Raises TakenOver where it has ended."""
    row = await database[RUNS].find_one_and_update(
        {"_id": run.id, "state": UNFINISHED}, {"$inc": {"tries": 1}}, return_document=ReturnDocument.AFTER
    )
    if row is None:
        raise TakenOver(run.id)
    return Run.of(row)


async def advance_run(work: Work, run: Run, *, position: int, number: int, counts: Mapping[str, int]) -> Run:
    """Go on from where the run stands. Raises TakenOver where it stands elsewhere by now."""
    moved = {
        "state": RunState.RUNNING,
        "position": position,
        "number": number,
        "until": datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS),
        "tries": 0,
    }
    raised = {f"counts.{name}": count for name, count in counts.items() if count}
    change = {"$set": moved} | ({"$inc": raised} if raised else {})
    standing = {"_id": run.id, "position": run.position, "number": run.number, "state": UNFINISHED}
    row = await work.change(RUNS, standing, change)
    if row is None:
        raise TakenOver(run.id)
    return Run.of(row)


async def finish_run(
    database: AsyncDatabase[Document],
    run: Run,
    *,
    failure: str | None = None,
    detail: str | None = None,
    not_retired: bool = False,
) -> Run:
    state = RunState.FAILED if failure else RunState.DONE
    now = datetime.now(UTC)
    ended = {"state": state, "failure": failure, "detail": detail, "finished_at": now, "until": None}
    row = await database[RUNS].find_one_and_update(
        {"_id": run.id}, {"$set": {**ended, "not_retired": not_retired}}, return_document=ReturnDocument.AFTER
    )
    return Run.of(row) if row else run


def report(work: Work, rows: Sequence[ReportRow]) -> None:
    work.write(REPORTS, *(InsertOne({"_id": f"{row.run}|{row.number}", **row.model_dump()}) for row in rows))


async def reports(database: AsyncDatabase[Document], run: Run, code: str) -> bool:
    """Whether a fault stands in the run's report."""
    return await database[REPORTS].find_one({"run": run.id, "faults.code": code}, ["_id"]) is not None


def mark_seen(work: Work, run: Run, contributions: Sequence[str]) -> None:
    """Note that the run came upon what it could not read."""
    seen = {"$set": {"seen": {"run": run.id, "position": 0}}}
    work.write(CONTRIBUTIONS, *(UpdateOne({"_id": one}, seen) for one in contributions))


async def not_seen(database: AsyncDatabase[Document], run: Run, limit: int) -> list[str]:
    """Contributions of the run's source that it did not come upon."""
    query = {"source": run.source, "deleted": False, "seen.run": {"$ne": run.id}}
    rows = await database[CONTRIBUTIONS].find(query, ["_id"]).limit(limit).to_list()
    return [row["_id"] for row in rows]


async def get_run(finds: Finds, run: str) -> Run:
    """The run. Raises Problem 404."""
    row = await finds.find_one(RUNS, {"_id": run})
    if row is None:
        raise Problem(404, "import-unknown", run=run)
    return Run.of(row)


async def key_done_with(database: AsyncDatabase[Document], before: datetime) -> str | None:
    """The key of an uploaded file all runs of which ended before a moment."""
    ended = {"key": {"$gt": ""}, "finished_at": {"$lt": before}}
    async for row in database[RUNS].find(ended, ["key"]).sort("finished_at", 1):
        needed = {"key": row["key"], "$or": [{"state": UNFINISHED}, {"finished_at": {"$gte": before}}]}
        if await database[RUNS].find_one(needed, ["_id"]) is None:
            return str(row["key"])
    return None


async def forget_key(database: AsyncDatabase[Document], key: str) -> None:
    """Note that a file is no longer kept."""
    await database[RUNS].update_many({"key": key}, {"$set": {"key": None}})


async def list_runs(
    database: AsyncDatabase[Document], query: Mapping[str, Any], before: tuple[datetime, str] | None, limit: int
) -> list[Run]:
    """The newest first, those before a moment and id."""
    older: list[Mapping[str, Any]] = []
    if before:
        moment, run = before
        older = [{"$or": [{"created_at": {"$lt": moment}}, {"created_at": moment, "_id": {"$lt": run}}]}]
    rows = database[RUNS].find({"$and": [query, *older]}).sort([("created_at", -1), ("_id", -1)])
    return [Run.of(row) for row in await rows.to_list(limit)]


async def report_rows(
    database: AsyncDatabase[Document], run: str, severity: Severity | None
) -> AsyncIterator[ReportRow]:
    """The whole report in the order of the file."""
    query = {"run": run} | ({"severity": severity} if severity else {})
    async for row in database[REPORTS].find(query).sort("number", 1):
        yield ReportRow.model_validate(row)


async def count_report(database: AsyncDatabase[Document], run: str) -> dict[Severity, int]:
    """How many records have each severity as their worst."""
    stages: list[dict[str, Any]] = [{"$match": {"run": run}}, {"$sortByCount": "$severity"}]
    found = await database[REPORTS].aggregate(stages)
    return {Severity(row["_id"]): row["count"] for row in await found.to_list()}


async def list_report(
    database: AsyncDatabase[Document], run: str, severity: Severity | None, after: int, limit: int
) -> list[ReportRow]:
    """In the order of the file, those after a number."""
    query: dict[str, Any] = {"run": run, "number": {"$gt": after}} | ({"severity": severity} if severity else {})
    rows = await database[REPORTS].find(query).sort("number", 1).to_list(limit)
    return [ReportRow.model_validate(row) for row in rows]


async def take_harvest(database: AsyncDatabase[Document]) -> tuple[Source, Document] | None:
    """A source whose harvest is due, and its state; it is then the caller's for a while."""
    now = datetime.now(UTC)
    async for row in database[SOURCES].find({"oai": {"$ne": None}}):
        await database[HARVESTS].update_one({"_id": row["_id"]}, {"$setOnInsert": {"next_at": now}}, upsert=True)
        free = {"$or": [{"until": None}, {"until": {"$lt": now}}]}
        state = await database[HARVESTS].find_one_and_update(
            {"_id": row["_id"], "next_at": {"$lte": now}, **free},
            {"$set": {"until": now + timedelta(seconds=HARVEST_LEASE_SECONDS)}},
            return_document=ReturnDocument.AFTER,
        )
        if state:
            return source_of(row), state
    return None


async def harvest_state(database: AsyncDatabase[Document], source: str) -> Document | None:
    return await database[HARVESTS].find_one({"_id": source})


async def note_harvest(database: AsyncDatabase[Document], source: str, fields: Mapping[str, Any]) -> Document:
    """Change the state of a source's harvest; whoever puts off the next turn lets it go."""
    change = {"$set": {**fields, **({"until": None} if "next_at" in fields else {})}}
    row = await database[HARVESTS].find_one_and_update(
        {"_id": source}, change, upsert=True, return_document=ReturnDocument.AFTER
    )
    return row or {}


async def keep_token(work: Work, source: str, token: str | None, responded_at: datetime | None) -> None:
    """Where the harvest goes on; and, of the first page, when it began by the provider's clock or by ours."""
    now = datetime.now(UTC)
    begun = min(responded_at or now, now)
    fields = {"token": token, "until": now + timedelta(seconds=HARVEST_LEASE_SECONDS), "failures": 0}
    change = [{"$set": {**fields, "begun_at": {"$ifNull": ["$begun_at", begun]}}}]
    await work.change(HARVESTS, {"_id": source}, change)
