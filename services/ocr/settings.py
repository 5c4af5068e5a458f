"""What the ocr service is told by its environment, beside what every process is told."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class OcrSettings(BaseSettings):
    """Variables `OCR_…`."""

    model_config = SettingsConfigDict(env_prefix="ocr_", extra="ignore")

    plan_file: Path | None = None
    """Goals of digitisation, YAML (services/ocr/worklist/plan.py says what is in it); none without it."""
    catalog_url: str = ""
    """Where a browser reaches the catalogue's pages; the work list links to records there."""
    processes: int = os.cpu_count() or 1
    """Pages read at the same time by one worker; one per core."""
    seconds_per_page: float = 120
    memory_bytes_per_page: int = 900_000_000
    pages_in_flight: int = 16
    """Pages of one library and lane that may be with the workers at once: what keeps a book from blocking others."""
    attempts: int = 3
    """How often a page is tried before it is marked as failed."""
    originals_cached: int = 8
    """Original files that a worker keeps on local disk."""
    seconds_per_part: float = 120
    """For the pages of one part of a document's PDF, and for joining the parts."""
    memory_bytes_per_part: int = 600_000_000
