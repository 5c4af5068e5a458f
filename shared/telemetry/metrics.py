"""Every metric of the delivery and of the HTTP doors, declared once, each with its meaning."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FAST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

EVENTS = Counter(
    "bus_events_total",
    "Events that a consumer settled, by type and outcome (handled, duplicate, skipped, parked, dead).",
    ("consumer", "type", "outcome"),
)
EVENT_AGE = Histogram(
    "bus_event_age_seconds",
    "Time from an event's happening to its effect being committed.",
    ("consumer",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600),
)
BATCH_SECONDS = Histogram(
    "bus_batch_seconds", "Time to settle one batch of one partition.", ("consumer",), buckets=FAST_BUCKETS
)
RETRIES = Counter("bus_batch_retries_total", "Batches tried again because a dependency was away.", ("consumer",))
HELD = Gauge("bus_held_messages", "Messages that wait for a person or for another topic.", ("consumer", "state"))
STOPPED = Gauge("bus_consumer_stopped", "1 while a consumer has stopped itself; its log says why.", ("consumer",))

OUTBOX_PENDING = Gauge("bus_outbox_pending", "Messages in the outbox that were not yet sent.", ("service", "bulk"))
OUTBOX_SENT = Counter("bus_outbox_sent_total", "Messages that the broker acknowledged.", ("service", "topic"))
OUTBOX_SEQUENCE = Gauge("bus_outbox_sequence", "The highest sequence number given to a message.", ("service",))
RELAY_LEADER = Gauge("bus_relay_leader", "1 in the process that holds the relay's lease.", ("service",))

AUDIT_GAPS = Gauge("bus_audit_missing_events", "Sequence numbers that an outbox sent and nobody saw.", ("outbox",))
AUDIT_VERSION_GAPS = Gauge("bus_audit_version_gaps", "Aggregates whose versions have a hole.", ("topic",))
AUDIT_SILENCE = Gauge("bus_audit_silence_seconds", "Time since an outbox last announced its mark.", ("outbox",))

HTTP_REQUESTS = Counter("http_requests_total", "HTTP requests by route and status.", ("method", "route", "status"))
HTTP_SECONDS = Histogram(
    "http_request_duration_seconds", "Time to answer an HTTP request.", ("method", "route"), buckets=FAST_BUCKETS
)
