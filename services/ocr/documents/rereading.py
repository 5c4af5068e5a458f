"""`python -m services.ocr reread`: pages read before are queued for another reading; the old ones are kept."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from packaging.version import InvalidVersion, Version
from rich.console import Console

from services.ocr.documents.store import read_again
from services.ocr.documents.turns import Metering
from services.ocr.settings import OcrSettings
from shared.bus.work import Work, Works
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.store.mongo import Document
from shared.web.problems import Messages

PERSON = "person"
GONE = ("rearranged", "superseded")
"""The rulings on documents in whose place others stand now."""
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class OlderThan:
    """Readings by this engine before this version."""

    engine: str
    version: Version


async def reread(
    works: Works, query: Mapping[str, Any], older_than: OlderThan | None, metering: Metering
) -> tuple[int, int]:
    """Queue the pages of the documents that the query finds, one document a transaction; how many documents and pages.

    older_than: only pages whose chosen reading is such a one, and pages without any. What persons wrote is never read
    again.
    """
    documents = pages = 0
    async for row in works.database["documents"].find({**query, "ruling": {"$nin": GONE}}, {"_id": 1}):
        queued = await works.transact(partial(_reread, row["_id"], older_than, metering))
        documents += queued > 0
        pages += queued
    return documents, pages


async def _reread(identifier: str, older_than: OlderThan | None, metering: Metering, work: Work) -> int:
    document = await work.find_one("documents", {"_id": identifier})
    if document is None:
        return 0
    pages = await work.find("pages", {"document": identifier}, sort=[("number", 1)])
    chosen = [page["reading"] for page in pages if page["reading"]]
    rows = await work.find("readings", {"_id": {"$in": chosen}}, projection=["engine", "engine_version"])
    readings = {row["_id"]: row for row in rows}
    stale = [page for page in pages if is_stale(readings.get(page["reading"]), older_than)]
    return await read_again(document, stale, metering, work)


def is_stale(reading: Document | None, older_than: OlderThan | None) -> bool:
    """Whether a page with this chosen reading, or none, is to be read again."""
    if reading is None:
        return True
    if reading["engine"] == PERSON:
        return False
    if older_than is None:
        return True
    return bool(reading["engine"] == older_than.engine and version_of(reading["engine_version"]) < older_than.version)


def version_of(text: str) -> Version:
    """The version that an engine says it has; 0 where it says none (`5.5.4-20-gabc` is 5.5.4)."""
    found = _NUMBERS.search(text)
    return Version(found[0] if found else "0")


def run(arguments: Sequence[str]) -> int:
    """Run the command; the exit code."""
    options = _parser().parse_args(arguments)
    documents, pages = asyncio.run(_run(options))
    console = Console(stderr=True, highlight=False)
    messages = Messages("services.ocr")
    for language in ("vi", "en"):
        console.print(messages.text("reread-queued", language, documents=documents, pages=pages))
    return 0


async def _run(options: argparse.Namespace) -> tuple[int, int]:
    runtime = open_runtime("ocr", Settings())
    named = {"_id": options.document, "library": options.library}
    query = {name: value for name, value in named.items() if value}
    older = OlderThan(options.engine, options.engine_older_than) if options.engine_older_than else None
    try:
        return await reread(runtime.works, query, older, OcrSettings().metering)
    finally:
        await runtime.client.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.ocr reread",
        description="Nhận dạng lại các trang; bản cũ được giữ. Have pages read again; the old readings are kept.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--document", metavar="ID")
    which.add_argument("--library", metavar="ID")
    which.add_argument("--engine-older-than", metavar="VERSION", type=_version)
    parser.add_argument("--engine", default="tesseract", help="whose versions --engine-older-than compares")
    return parser


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise argparse.ArgumentTypeError(text) from error
