"""What the ocr service is told by its environment, beside what every process is told."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.ocr.documents.turns import Metering
from shared.events.vocabulary import Lane


class OcrSettings(BaseSettings):
    """Variables `OCR_…`."""

    model_config = SettingsConfigDict(env_prefix="ocr_", extra="ignore")

    plan_file: Path | None = None
    """Goals of digitisation, YAML (services/ocr/worklist/plan.py says what is in it); none without it."""
    catalog_url: str = ""
    """Where a browser reaches the catalogue's pages; the work list links to records there."""
    processes: int = os.cpu_count() or 1
    """Pages read at the same time by one worker; one per core."""
    seconds_per_page: float = 45
    """Under a minute, because a page that hangs holds up everybody where one process reads alone."""
    memory_bytes_per_page: int = 900_000_000
    pages_per_process: int = 3
    """In flight for each reading process: one is read, two wait so that no process does. Whoever comes new waits behind
    these and no others, and for that a small number is good."""
    pages_in_flight: int = 600
    """Of one library and lane, however many processes there are."""
    lane_weights: dict[Lane, float] = {Lane.INTERACTIVE: 8, Lane.NORMAL: 1}
    """How many turns a library's lane has beside others: a reader's request before a batch."""
    library_weights: dict[str, float] = {}
    """How many turns a library has beside others, where it is not one."""
    attempts: int = 3
    """How often a page is tried before it is marked as failed."""
    originals_cached: int = 8
    """Original files that a worker keeps on local disk."""
    seconds_per_part: float = 120
    """For the pages of one part of a document's PDF, and for joining the parts."""
    memory_bytes_per_part: int = 600_000_000
    description_model_url: str = ""
    """Where a language model (HTTP, JSON) suggests descriptions beside those of the rules; empty: none is asked."""
    description_model_seconds: float = 30

    @property
    def metering(self) -> Metering:
        return Metering(
            pages_per_process=self.pages_per_process,
            most_per_queue=self.pages_in_flight,
            lane_weights=self.lane_weights,
            library_weights=self.library_weights,
        )
