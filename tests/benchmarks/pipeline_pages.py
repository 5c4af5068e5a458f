"""`pipeline.pages`: pages a minute through the whole stack, over the bare engine on the same files and cores.

Through the stack: from the first upload over HTTP to the moment when ingest tells of every document that its text is
there. The baseline: tests/benchmarks/bare_engine.py, as many processes, same preparation, same outputs. Both have
their model loaded before the clock starts. No stack runs while the baseline does.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path

from deploy.local.demo.doors import Doors
from deploy.local.samples.render import PDF, Sample, generate_pages, image_pdf
from shared.events.vocabulary import DocumentMetadata
from tests.benchmarks.bare_engine import pages_per_minute
from tests.benchmarks.processes import cpu_seconds, used_between
from tests.proof.stacks import ProofStack
from tests.proof.watching import seconds_until

PAGES_PER_DOCUMENT = 4
LIBRARY = "thu-vien-tinh"
DEADLINE_SECONDS = 600
WARM_UP_SEED = 900


def documents(folder: Path, pages: int, seed: int) -> list[Sample]:
    """PDFs of a few scanned pages each, `pages` in all; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = list(generate_pages(pages, seed))
    made = []
    for start in range(0, pages, PAGES_PER_DOCUMENT):
        part = drawn[start : start + PAGES_PER_DOCUMENT]
        path = folder / f"{seed}-{start}.pdf"
        path.write_bytes(image_pdf([page.image for page in part]))
        metadata = DocumentMetadata(title=f"Tập {seed}, từ tờ {start + 1}")
        made.append(Sample(path.stem, "book", LIBRARY, path, PDF, metadata, tuple(page.text for page in part)))
    return made


def through_bare_engine(samples: list[Sample]) -> float:
    """Pages a minute with no service around."""
    with tempfile.TemporaryDirectory() as outputs:
        result = pages_per_minute([sample.path for sample in samples], os.cpu_count() or 1, Path(outputs))
    return float(result["pages_per_minute"])


def warm_up(stack: ProofStack, folder: Path) -> None:
    """Let every process of the pool load its model, as a service does once."""
    _await_texts(stack.doors, _submit_all(stack.doors, documents(folder, 2 * (os.cpu_count() or 1), WARM_UP_SEED)))


def through_stack(stack: ProofStack, samples: list[Sample]) -> tuple[float, dict[str, float]]:
    """Pages a minute, and the CPU seconds that each process used for a page."""
    pages = sum(len(sample.pages) for sample in samples)
    before, started = cpu_seconds(stack.pids()), time.monotonic()
    _await_texts(stack.doors, _submit_all(stack.doors, samples))
    seconds = time.monotonic() - started
    used = used_between(before, cpu_seconds(stack.pids()))
    return 60 * pages / seconds, {name: round(cpu / pages, 3) for name, cpu in used.items()}


def _submit_all(doors: Doors, samples: list[Sample]) -> list[str]:
    return [doors.submit(sample).raise_for_status().json()["id"] for sample in samples]


def _await_texts(doors: Doors, waiting: list[str]) -> None:
    """Return when ingest tells of each document that it was recognised."""
    for document in waiting:
        seconds_until(partial(_recognised, doors, document), DEADLINE_SECONDS, f"{document} was not recognised")


def _recognised(doors: Doors, document: str) -> bool:
    steps = doors.ask("ingest", f"/v1/documents/{document}", "operator")["steps"]
    return any(step["name"] == "recognised" and step["at"] for step in steps)
