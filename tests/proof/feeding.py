"""Feeds the doors as real clients do: what is not answered with success is sent again, the same."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.local.demo.doors import Doors
from deploy.local.demo.loans import register_readers
from deploy.local.samples.render import Sample, generate_pages
from shared.events.vocabulary import DocumentMetadata
from tests.proof.audit import Sent

T = TypeVar("T")
LOANS_AT_ONCE = 10
GIVE_UP_SECONDS = 180


def page_samples(folder: Path, count: int, seed: int) -> list[Sample]:
    """Documents of one page each, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for number, page in enumerate(generate_pages(count, seed)):
        path = folder / f"{number}.png"
        page.image.save(path, dpi=(300, 300))
        metadata = DocumentMetadata(title=f"Tài liệu {number}")
        samples.append(Sample(str(number), "clean", "thu-vien-tinh", path, "image/png", metadata, (page.text,)))
    return samples


@dataclass
class Feeder:
    """Sends documents and loans in step with how far the killing is, so that work is in flight throughout."""

    doors: Doors
    samples: list[Sample]
    loans: int
    share_due: Callable[[], float]
    """0 to 1: which share of everything should have been sent by now."""
    sent: Sent = field(default_factory=Sent)

    def run(self) -> None:
        patrons = insist(lambda: register_readers(self.doors))
        batches = list(self._batches(patrons))
        documents = list(self.samples)
        total = len(batches) + len(documents)
        while batches or documents:
            left = len(batches) + len(documents)
            if (total - left) / total > self.share_due():
                time.sleep(0.05)
                continue
            if documents and len(documents) * total >= left * len(self.samples):
                self._submit(documents.pop())
            elif batches:
                self._publish(*batches.pop())
            else:
                self._submit(documents.pop())

    def _batches(self, patrons: dict[str, list[str]]) -> list[tuple[str, list[dict[str, Any]]]]:
        libraries = sorted(patrons)
        due = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
        batches: list[tuple[str, list[dict[str, Any]]]] = []
        for start in range(0, self.loans, LOANS_AT_ONCE):
            library = libraries[start // LOANS_AT_ONCE % len(libraries)]
            numbers = range(start, min(start + LOANS_AT_ONCE, self.loans))
            batches.append((library, [_loan(library, number, patrons[library], due) for number in numbers]))
        return batches

    def _submit(self, sample: Sample) -> None:
        def attempt() -> dict[str, Any]:
            body: dict[str, Any] = self.doors.submit(sample).raise_for_status().json()
            return body

        self.sent.documents[insist(attempt)["id"]] = len(sample.pages)

    def _publish(self, library: str, events: list[dict[str, Any]]) -> None:
        key = self.doors.addresses["library_keys"][library]
        insist(lambda: self.doors.publish_events(events, key))
        self.sent.loans[library] += len(events)
        self.sent.events |= {(event["source"], event["id"]) for event in events}


def _loan(library: str, number: int, patrons: list[str], due: str) -> dict[str, Any]:
    item = f"i{number % 500:04d}"
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"https://{library}.example/circulation",
        "type": "vn.lienthong.loan.made.v1",
        "subject": f"{library}/{item}",
        "time": datetime.now(UTC).isoformat(),
        "data": {
            "library": library,
            "item": item,
            "loan": f"l{number}",
            "patron": patrons[number % len(patrons)],
            "due": due,
        },
    }


def insist(attempt: Callable[[], T]) -> T:
    """Try until the door answers with success; a refusal (4xx) is an error of the test itself."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            return attempt()
        except httpx.HTTPStatusError as error:
            if error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR or time.monotonic() > deadline:
                raise
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
