"""What ingest is told by its environment, beside the variables common to all services."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.ingest.documents.document import MOST_FILES

MEGABYTE = 1_000_000


class IngestSettings(BaseSettings):
    """Variables `INGEST_<field>`, and `CLAMD_URL`."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", extra="ignore", populate_by_name=True)

    clamd_url: str = Field(default="", validation_alias="CLAMD_URL")
    """`tcp://host:port` or `unix:///path`; empty: nothing is scanned, and every document says so."""
    scan_max_bytes: int = 100 * MEGABYTE
    """Larger files get the verdict too_large; not above clamd's own StreamMaxLength."""
    scan_seconds: float = 60

    spool_folder: Path = Path(tempfile.gettempdir())
    """Where uploads lie until they are accepted; on the disk of this process alone."""
    spare_bytes: int = 256 * MEGABYTE
    """An upload is refused when it would leave less free space in the spool folder."""

    max_file_bytes: int = 200 * MEGABYTE
    max_total_bytes: int = 1000 * MEGABYTE
    max_files: int = Field(default=MOST_FILES, ge=1, le=MOST_FILES)
    """Of one document: the event that names them all must fit into one message."""
    max_pages: int = 2000
    stall_seconds: float = 30
    """An upload that sends nothing for so long is cut."""
    upload_seconds: float = 3600
    """An upload that takes longer than this in all is cut."""
    inspect_seconds: float = 30
    inspect_memory_bytes: int = 512 * MEGABYTE

    upload_part_bytes: int = Field(default=4 * MEGABYTE, ge=1)
    """A resumable upload keeps so much in memory before it stores it; a killed process loses as much."""
    upload_max_parts: int = 20_000
    """Senders of smaller pieces than this allows are told to send larger ones."""
    upload_max_bytes: int = 4000 * MEGABYTE
    """Of one resumable upload, a file or a package."""
    upload_idle_seconds: float = 3 * 86_400
    """An unfinished upload that gets nothing for so long is removed."""
    max_uploads: int = 2000
    """Under way at once, of one library."""
    max_uploads_bytes: int = 200_000 * MEGABYTE

    package_max_entries: int = 5000
    """Files and folders in a package."""
    package_max_bytes: int = 8000 * MEGABYTE
    """Of a package, unpacked."""
    package_xml_bytes: int = 20 * MEGABYTE
    """Of one METS, ALTO, MODS or DC file."""
    package_seconds: float = 900
    """To unpack and check one package."""
    package_memory_bytes: int = 512 * MEGABYTE

    batch_max_items: int = 10_000
    batch_max_bytes: int = 4 * MEGABYTE
    """Of a batch's manifest."""

    max_events: int = 1000
    max_events_bytes: int = 4 * MEGABYTE

    harvest_seconds: float = 600
    """To fetch one open resource."""

    drop_folder: Path | None = None
    drop_quiet_seconds: float = 30
    """A submission without its `.done` marker is taken when nothing in it has changed for so long."""
    drop_patience_seconds: float = 3600
    """A submission without its metadata is refused when nothing in it has changed for so long."""
