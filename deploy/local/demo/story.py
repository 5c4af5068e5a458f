"""The story: scans become published records that a reader finds, loans become figures and mails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.demo.doors import Doors, wait_for
from deploy.local.demo.loans import loan_events, register_readers
from deploy.local.messages import console, say
from deploy.local.samples.render import Sample, render_samples

LOANS_PER_LIBRARY = 100
SEARCHES = ("dinh lang ha loi ruoc nuoc", "cho phien ben go", "lich su xa vinh thuan")
"""Typed without marks, as people do."""
OVERRIDE = "Trình diễn trên máy không có ClamAV"
TOLD_OF = ("documents", "pages", "records-published", "loans-made", "loans-overdue")


def tell_story(stack_file: Path, folder: Path) -> None:
    """Play the whole story on a running stack and print what happened. Raises TooLate, httpx.HTTPError."""
    doors = Doors(stack_file)
    samples = render_samples(folder)
    before = _totals(doors)
    mails_before = len(doors.mails())

    say("demo_submit", count=len(samples))
    documents = _submit_all(doors, samples)
    records = _await_text(doors, documents)
    say("demo_approve", count=len(records))
    for record in records:
        _approve(doors, record)
    _search_all(doors)
    say("demo_loans", count=2 * LOANS_PER_LIBRARY)
    _lend(doors)
    _show_indicators(doors, before)
    _show_mails(doors, mails_before, wanted=len(records) + 2 * LOANS_PER_LIBRARY)
    _where_to_look(doors)


def _submit_all(doors: Doors, samples: list[Sample]) -> list[str]:
    """Hand every sample in; the ids of those that were taken."""
    table = Table("tài liệu · document", "trả lời · answer", "quét mã độc · malware scan", show_lines=False)
    taken = []
    for sample in samples:
        answer = doors.submit(sample)
        body = answer.json()
        if answer.status_code == httpx.codes.ACCEPTED:
            taken.append(body["id"])
            table.add_row(sample.path.name, f"202 {body['id']}", body["verdict"])
        else:
            table.add_row(sample.path.name, f"{answer.status_code} {body['detail']}", "—")
    console.print(table)
    if any(_verdict(doors, document) == "unscanned" for document in taken):
        say("demo_unscanned")
    return taken


def _verdict(doors: Doors, document: str) -> str | None:
    steps = doors.ask("ingest", f"/v1/documents/{document}", "operator")["steps"]
    return next((step["verdict"] for step in steps if step.get("verdict")), None)


def _await_text(doors: Doors, documents: list[str]) -> list[str]:
    """Watch the pages being read; the ids of the records that were drafted."""
    with _progress() as progress:
        task = progress.add_task("trang · pages", total=None)

        def all_drafted() -> list[dict[str, Any]] | None:
            states = [_progress_of(doors, document) for document in documents]
            read = sum(len(state["pages"]) - state["left"] for state in states if state)
            progress.update(task, completed=read, total=sum(len(state["pages"]) for state in states if state) or None)
            records = [_record_of(doors, document) for document in documents]
            return [record for record in records if record] if all(records) else None

        drafted = wait_for(all_drafted, "records to be drafted")
    return [record["id"] for record in drafted if record["state"] != "published"]


def _progress_of(doors: Doors, document: str) -> dict[str, Any] | None:
    return _if_there(doors, "ocr", f"/v1/documents/{document}")


def _record_of(doors: Doors, document: str) -> dict[str, Any] | None:
    return _if_there(doors, "catalog", f"/v1/records/{document.replace('d-', 'r-', 1)}")


def _if_there(doors: Doors, service: str, path: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = doors.ask(service, path, "operator")
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise
    return found


def _approve(doors: Doors, record: str) -> None:
    """Two people of two organisations: a librarian reviews, the authority's appraiser appraises; it is published."""
    doors.tell("catalog", f"/v1/records/{record}/review", "librarian", {"note": "Đã đối chiếu với bản giấy"})
    doors.tell("catalog", f"/v1/records/{record}/appraise", "appraiser", {"note": "Đủ điều kiện công bố"})
    body = {"override_unscanned": True, "note": OVERRIDE}
    doors.tell("catalog", f"/v1/records/{record}/publish", "librarian", body)


def _search_all(doors: Doors) -> None:
    table = Table("tìm không dấu · search without marks", "thấy · found")
    for words in SEARCHES:

        def found(words: str = words) -> dict[str, Any] | None:
            answer: dict[str, Any] = doors.ask("catalog", "/v1/search", q=words)
            return answer if answer["total"] else None

        first = wait_for(found, f"a hit for {words!r}")["hits"][0]
        table.add_row(words, first["title"])
    console.print(table)


def _lend(doors: Doors) -> None:
    patrons = register_readers(doors)
    with _progress() as progress:
        task = progress.add_task("lượt mượn · loans", total=2 * LOANS_PER_LIBRARY)
        for seed, (library, key) in enumerate(doors.addresses["library_keys"].items()):
            events = loan_events(library, patrons[library], LOANS_PER_LIBRARY, seed)
            for start in range(0, len(events), 20):
                accepted = doors.publish_events(events[start : start + 20], key)["accepted"]
                progress.advance(task, accepted)


def _totals(doors: Doors) -> dict[str, int]:
    indicators = doors.ask("stats", "/v1/indicators", "authority")["indicators"]
    return {indicator["id"]: indicator["total"] for indicator in indicators}


def _show_indicators(doors: Doors, before: dict[str, int]) -> None:
    def moved() -> dict[str, int] | None:
        now = _totals(doors)
        lent = sum(now.get(name, 0) - before.get(name, 0) for name in ("loans-made", "loans-overdue"))
        return now if lent >= 2 * LOANS_PER_LIBRARY else None

    after = wait_for(moved, "the loans to be counted")
    table = Table("chỉ tiêu · indicator", "trước · before", "sau · after")
    for name in TOLD_OF:
        table.add_row(name, str(before.get(name, 0)), str(after.get(name, 0)))
    console.print(table)


def _show_mails(doors: Doors, before: int, wanted: int) -> None:
    """Wait until every mail that the story must cause is in the Maildir, and show a few."""
    with _progress() as progress:
        task = progress.add_task("thư · mails", total=wanted)

        def arrived() -> int | None:
            count = len(doors.mails()) - before
            progress.update(task, completed=count)
            return count if count >= wanted else None

        count = wait_for(arrived, f"{wanted} mails")
    table = Table("thư đến · to", "tiêu đề · subject")
    seen: set[str] = set()
    for mail in doors.mails()[before:]:
        subject = _decoded(str(mail["subject"]))
        if subject not in seen and len(seen) < len(TOLD_OF):
            seen.add(subject)
            table.add_row(_decoded(str(mail["to"])), subject)
    console.print(table)
    say("demo_mails", count=count)


def _decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def _where_to_look(doors: Doors) -> None:
    say(
        "demo_done",
        search=doors.url("catalog", "/?q=dinh+lang"),
        indicators=doors.url("stats", "/v1/indicators"),
        docs=doors.url("ingest", "/docs"),
        mail=doors.addresses["mail"]["directory"],
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield progress
