"""`python -m services.catalog import FILE --source NAME --library ID`: its words, its progress bar, its exit code."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pymongo.asynchronous.database import AsyncDatabase
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from services.catalog.authorities.importing import FORMS
from services.catalog.formats import Format, detect
from services.catalog.imports import store
from services.catalog.imports.importing import Importing, give_way
from services.catalog.imports.run import Content, Run, RunState
from services.catalog.imports.source import RESERVED, Mapping, Source
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.store.mongo import Document
from shared.telemetry.logs import configure_logs
from shared.web.problems import Messages, Problem

ALL_WELL, CANNOT_START, SOME_LOST = 0, 2, 3
"""Exit codes; 1 is what Python says where it crashed."""
HEAD_BYTES = 4096
SHOWN_FAULTS = 20
Prepare = Callable[[AsyncDatabase[Document]], Awaitable[None]]


class CannotStart(Exception):
    """A reason code of the messages, and the facts that its text needs."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class Reporter:
    """Tells a person, in one language, what is going on."""

    def __init__(self, language: str) -> None:
        self.console = Console(stderr=True, highlight=False)
        self._language = language
        self._messages = Messages("services.catalog")

    def text(self, reason: str, **facts: object) -> str:
        return self._messages.text(reason, self._language, **facts)

    def say(self, reason: str, style: str = "", **facts: object) -> None:
        self.console.print(self.text(reason, **facts), style=style, markup=False, soft_wrap=True)

    def tell(self, run: Run) -> None:
        counts = run.counts.model_dump(by_alias=True)
        self.say("import-summary", "bold", run=run.id, **counts)
        if run.failure:
            self.say(f"import-{run.failure}", "red", detail=run.detail or "")
        if run.not_retired:
            self.say("import-not-retired", "yellow")


def run(arguments: Sequence[str], prepare: Prepare) -> int:
    """Import a file. 0: every record is in, 2: it could not begin or go to its end, 3: something was lost."""
    options = _parser().parse_args(arguments)
    reporter = Reporter(options.language)
    settings = Settings()
    give_way()
    configure_logs("catalog", "import", log_format=settings.log_format, level="WARNING")
    try:
        ended = asyncio.run(_import(options, settings, prepare, reporter))
    except CannotStart as error:
        reporter.say(error.reason, "red", **error.facts)
        return CANNOT_START
    except store.TakenOver:
        reporter.say("import-taken-over", "red", file=options.file)
        return CANNOT_START
    reporter.tell(ended)
    if ended.state == RunState.FAILED:
        return CANNOT_START
    return SOME_LOST if ended.counts.lost else ALL_WELL


async def _import(options: argparse.Namespace, settings: Settings, prepare: Prepare, reporter: Reporter) -> Run:
    form = options.form or _form_of(options.file)
    if options.authorities and form not in FORMS:
        raise CannotStart("import-unknown-form", file=options.file)
    if options.authorities and options.whole:
        raise CannotStart("import-whole-authorities")
    runtime = open_runtime("catalog", settings)
    try:
        await prepare(runtime.database)
        source = await _source(runtime, options)
        begun = await _begin(runtime, source, form, options)
        with _progress(reporter) as progress:
            bar = progress.add_task(options.file.name, total=begun.size, completed=0, number=begun.number)

            def told(now: Run) -> None:
                done = now.position if now.form in _BY_BYTES else None
                progress.update(bar, completed=done, number=now.number)

            with options.file.open("rb") as stream:
                ended = await Importing(runtime.works, told).take(begun, source, stream)
            progress.update(bar, completed=begun.size)
        await _show_faults(runtime, ended, reporter)
        return ended
    finally:
        await runtime.client.close()


_BY_BYTES = {Format.MARC21, Format.UNIMARC, Format.MARCJSON}


def _progress(reporter: Reporter) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[number]}"))
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=reporter.console)


def _form_of(path: Path) -> Format:
    try:
        with path.open("rb") as stream:
            form = detect(stream.read(HEAD_BYTES), path.name)
    except OSError as error:
        raise CannotStart("import-no-file", file=path) from error
    if form is None:
        raise CannotStart("import-unknown-form", file=path)
    return form


async def _source(runtime: Runtime, options: argparse.Namespace) -> Source:
    """The source as it is known, with what the command line says of it; made where it is new."""
    row = await runtime.database[store.SOURCES].find_one({"_id": options.source})
    if row is None and await runtime.database["libraries"].find_one({"_id": options.library}) is None:
        raise CannotStart("library-unknown", library=options.library)
    if options.source in RESERVED or (row and row["library"] != options.library):
        raise CannotStart("source-of-another-library", source=options.source)
    known: dict[str, Any] = {**row, "id": row["_id"]} if row else {"made_at": datetime.now(UTC)}
    said = {
        "id": options.source,
        "library": options.library,
        "trust": options.trust,
        "mapping": _mapping(options.mapping),
    }
    try:
        source = Source.model_validate(known | {name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise CannotStart("import-bad-source", what=what) from error
    if not options.dry_run:
        try:
            await store.put_source(runtime.database, source)
        except Problem as problem:
            raise CannotStart(problem.reason, **problem.facts) from problem
    return source


def _mapping(path: Path | None) -> Mapping | None:
    if path is None:
        return None
    try:
        return Mapping.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise CannotStart("import-bad-mapping", file=path, what=str(error)[:300]) from error


async def _begin(runtime: Runtime, source: Source, form: Format, options: argparse.Namespace) -> Run:
    """The run of this file that was broken off, or a new one."""
    digest = await asyncio.to_thread(_digest, options.file)
    content = Content.AUTHORITIES if options.authorities else Content.WORKS
    broken_off = await store.unfinished_run(runtime.database, source.id, digest)
    asked = {
        "form": form,
        "mapping": source.mapping and source.mapping.model_dump(),
        "whole": options.whole,
        "dry": options.dry_run,
        "content": content,
    }
    if broken_off and broken_off.model_dump(include=set(asked)) == asked:
        return broken_off
    size = options.file.stat().st_size
    fields = {"name": options.file.name, "sha256": digest, "size": size, "key": None, "by": "command", **asked}
    return await store.begin_run(runtime.database, source, fields)


async def _show_faults(runtime: Runtime, ended: Run, reporter: Reporter) -> None:
    for row in await store.list_report(runtime.database, ended.id, None, 0, SHOWN_FAULTS):
        for fault in row.faults:
            text = reporter.text(f"fault-{fault.code}", field=fault.field, detail=fault.detail)
            reporter.say("import-fault", number=row.number, position=row.position, field=fault.field, text=text)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.catalog import",
        description="Nhập tệp biểu ghi thư mục vào mục lục liên hợp. Import bibliographic records into the union.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--source", required=True, metavar="NAME", help="tên nguồn / name of the source")
    parser.add_argument("--library", required=True, metavar="ID", help="mã thư viện / id of the library")
    parser.add_argument("--form", type=Format, choices=list(Format), help="định dạng / format; told from the file")
    parser.add_argument("--mapping", type=Path, metavar="JSON", help="tên cột / headings, sheet, header_row")
    parser.add_argument("--trust", type=int, choices=range(1, 6), help="độ tin cậy / trust: 1 (least) to 5")
    parser.add_argument("--authorities", action="store_true", help="tệp tiêu đề chuẩn / records of the authority file")
    parser.add_argument("--dry-run", action="store_true", help="chỉ kiểm tra / read and report only")
    parser.add_argument("--whole", action="store_true", help="bỏ những gì không còn trong tệp / retire what it lacks")
    parser.add_argument("--language", choices=("vi", "en"), default=_language(), help="ngôn ngữ / language of messages")
    return parser


def _language() -> str:
    return "en" if os.environ.get("LANG", "").startswith("en") else "vi"
