"""The metrics of the notify service, declared once, each with its meaning."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.telemetry.metrics import FAST_BUCKETS

NOTICES = Counter(
    "notify_notices_total",
    "Notices that came to rest, by kind and state (sent, failed, erased).",
    ("kind", "state"),
)
UNTOLD_NOTICES = Gauge(
    "notify_untold_notices",
    "Notices that reached nobody, by state (no-address: nothing is known of the recipient), each quarter of a minute.",
    ("state",),
)
POSSIBLE_REPEATS = Counter(
    "notify_possible_repeats_total",
    "Attempts at a notice whose earlier attempt may have reached the server: the recipient may have got it twice.",
)
POSTPONED = Counter("notify_attempts_postponed_total", "Attempts to be made again later, by reason.", ("reason",))
ATTEMPT_SECONDS = Histogram("notify_attempt_seconds", "Time of one attempt at one notice.", buckets=FAST_BUCKETS)
