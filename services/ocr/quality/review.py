"""The review of a document's scans: what its profile says of each page, and where the same sheet was scanned before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.quality.capture import CaptureMeasures
from services.ocr.quality.profile import Finding, ScannedPage, findings_of, profile_of
from services.ocr.quality.store import LookAlike, look_alikes
from services.ocr.reading.measures import PageMeasures
from shared.store.mongo import Document

PAGE_NUMBER = "page-number"


class QualityReview(BaseModel):
    """What is wrong with the scans of a document; nothing is dropped for it."""

    collection_class: str
    """Names the profile that the pages were held against."""
    findings: tuple[Finding, ...]
    look_alikes: tuple[LookAlike, ...]
    rescan: tuple[int, ...]
    """The pages to scan again, or before which one is missing."""


async def review(
    database: AsyncDatabase[Document],
    document: Document,
    pages: Sequence[Document],
    readings: Mapping[str, Document],
) -> QualityReview:
    """Of the readings chosen for the pages; those made before capture was measured are taken as they are. That
    a new scan looks like the one it replaces goes without saying.
    """
    collection_class = document["metadata"]["collection_class"]
    profile = profile_of(collection_class)
    scans = [scanned_page(page, readings.get(page["reading"])) for page in pages]
    known = [scan for scan in scans if scan is not None]
    findings = findings_of(known, profile)
    alike = await look_alikes(database, document["_id"], known, profile.near)
    return QualityReview(
        collection_class=collection_class,
        findings=findings,
        look_alikes=tuple(one for one in alike if one.document != document.get("replaces")),
        rescan=tuple(sorted({finding.page for finding in findings if finding.rescan})),
    )


def scanned_page(page: Document, reading: Document | None) -> ScannedPage | None:
    """What is known of the page; None where a person or an older worker read it and measured nothing."""
    if reading is None:
        return ScannedPage(page["number"])
    if not (reading.get("capture") and reading.get("measures")):
        return None
    return ScannedPage(
        number=page["number"],
        width=reading["width"],
        height=reading["height"],
        measures=PageMeasures.model_validate(reading["measures"]),
        capture=CaptureMeasures.model_validate(reading["capture"]),
        printed=reading.get("printed"),
    )


def fingerprints_of(pages: Sequence[Document], readings: Mapping[str, Document]) -> dict[int, str]:
    """The fingerprints by page number."""
    scans = [scanned_page(page, readings.get(page["reading"])) for page in pages]
    known = {scan.number: scan.capture.fingerprint for scan in scans if scan and scan.capture}
    return {number: value for number, value in known.items() if value}
