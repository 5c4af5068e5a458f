"""Metrics of the door."""

from __future__ import annotations

from prometheus_client import Counter

DOCUMENTS = Counter(
    "ingest_documents_total", "Submissions, by outcome (accepted, duplicate, or the reason of refusal).", ("outcome",)
)
VERDICTS = Counter("ingest_malware_verdicts_total", "Files, by what the malware scan said.", ("verdict",))
LIBRARY_EVENTS = Counter(
    "ingest_library_events_total", "Events of library systems, by outcome (stored, duplicate, refused).", ("outcome",)
)
