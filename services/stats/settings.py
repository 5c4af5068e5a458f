"""What only the stats service is told by its environment."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class StatsSettings(BaseSettings):
    """Variables of the roles of stats, read from the environment by field name in capitals."""

    model_config = SettingsConfigDict(extra="ignore")

    stats_metrics_cache_seconds: float = 5
    """How old the figures on /metrics may be."""
    stats_compact_seconds: float = 60
    """How often archived lines leave MongoDB for the object store."""
    stats_archive_object_bytes: int = 8_388_608
    """An archive object that has reached this size is not added to any more."""
    stats_sweep_after_seconds: float = 3600
    """How long a replaced or abandoned archive object stays for those who are still reading it."""
