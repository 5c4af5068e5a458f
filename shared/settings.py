"""What every process is told by its environment; a service's own settings stand in its room."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Variables common to all roles, read from the environment by field name in capitals."""

    model_config = SettingsConfigDict(extra="ignore")

    kafka_bootstrap: str = "127.0.0.1:9092"
    mongo_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    mongo_prefix: str = ""
    """Put before every database name, so that several stacks can share one server."""
    object_store: str = "file:///var/lib/lienthong/objects"
    http_host: str = "127.0.0.1"
    http_port: int = 0
    auth_public_key: str = ""
    """Ed25519 public key, PEM: verifies the tokens of people."""
    vault_key: str = ""
    """32 bytes, base64: wraps the keys of patrons. Only catalog and notify get it."""
    log_format: str = "json"
    log_level: str = "INFO"

    relay_interval_seconds: float = 1.0
    """How often the relay sweeps for rows that no change stream told it of."""
    relay_sweep: bool = True
    """False only to prove that the sweep is needed: rows of an earlier relay then stay behind."""
    outbox_retention_days: float = 14
    mark_interval_seconds: float = 60
    inbox: bool = True
    """False only to prove that the inbox is needed: redelivered events then count twice."""
    inbox_retention_days: float = 45
    """Longer than the longest replay: Kafka's retention and the outbox's."""
    park_seconds: float = 3600
    """How long an event waits for what it refers to before it becomes a dead letter."""
    failure_seconds: float = 60
    """How long a handler may keep failing on an event, for a reason it does not name, before it is a dead letter."""
    batch_size: int = 200
    batch_within_seconds: float = 0.05
    max_message_bytes: int = 524_288
    dead_letter_limit: int = 100
    """Dead letters in a row after which a consumer stops instead of emptying its topic."""
    broker_session_seconds: float = 10
    group_per_cluster: bool = False
    """Name consumer groups after their cluster too. For a broker that may come back empty and then takes commits of
    offsets from before; Apache Kafka refuses those, and keeps plain names."""
    silence_seconds: float = 150
    """How long a gap may stay open before the auditor alarms: with the mark's minute, under five minutes in all."""
