"""Taking a document in, the same way for every door: look, scan, store the originals, then say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from obstore.exceptions import BaseError

from services.ingest.documents import store
from services.ingest.documents.document import DocumentState, ReceivedFile, Submission, worst_verdict
from services.ingest.documents.refusal import NoSpace, Refused, refusal_of
from services.ingest.malware.scanner import Scanner
from services.ingest.metrics import DOCUMENTS, VERDICTS
from shared.bus.messages import DependencyAway
from shared.bus.work import Works
from shared.events.vocabulary import ObjectRef, ScannedFile, Verdict
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import DocumentShape, Limits
from shared.store.objects import Objects
from shared.web.problems import Messages

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receipt:
    """A document that is in: `duplicate` when it was before."""

    document: str
    duplicate: bool
    verdict: Verdict


class Reception:
    """Takes submissions whose files lie on disk, whole and hashed."""

    def __init__(
        self,
        *,
        works: Works,
        objects: Objects,
        enclosure: Enclosure,
        scanner: Scanner | None,
        limits: Limits,
        messages: Messages,
    ) -> None:
        self._works = works
        self._objects = objects
        self._enclosure = enclosure
        self._scanner = scanner
        self._limits = limits
        self._messages = messages

    async def take(self, submission: Submission) -> Receipt:
        """Take it in, or refuse it and announce that.

        Raises Refused, NoSpace, DependencyAway (the object store). A crash after the originals are stored and before
        the commit leaves objects that nothing refers to; handing the files in again refers to the same ones.
        """
        known = await store.find(self._works.database, submission.document)
        if known and known["state"] == DocumentState.ACCEPTED:
            return self._receipt(submission, Verdict(known["verdict"]), new=False)
        try:
            shapes = await self._inspect(submission.files)
            verdict = await self._scan(submission.files)
        except Refused as refused:
            await self.refuse(submission, refused)
            raise
        files = [await self._keep(file, shape) for file, shape in zip(submission.files, shapes, strict=True)]
        new = await self._works.transact(partial(store.accept, submission=submission, files=files, verdict=verdict))
        return self._receipt(submission, verdict, new=new)

    async def refuse(self, submission: Submission, refused: Refused) -> None:
        """Announce that the submission is refused, and why."""
        rejection = {"reason": refused.reason, "detail": refused.explain(self._messages), "file": refused.file}
        verdict = Verdict.INFECTED if refused.reason == Verdict.INFECTED else Verdict.UNSCANNED
        await self._works.transact(partial(store.reject, submission=submission, rejection=rejection, verdict=verdict))
        DOCUMENTS.labels(refused.reason).inc()
        log.info("document_rejected", document=submission.document, library=submission.library, reason=refused.reason)

    async def _inspect(self, files: Sequence[ReceivedFile]) -> list[DocumentShape]:
        shapes: list[DocumentShape] = []
        pages = 0
        for file in files:
            try:
                shape = await self._enclosure.run(sniff_and_inspect, file.path, self._limits)
            except DocumentFault as fault:
                raise refusal_of(fault, file.name) from fault
            pages += len(shape.pages)
            if pages > self._limits.pages:
                raise Refused("too-many-pages-in-all", allowed=self._limits.pages)
            shapes.append(shape)
        return shapes

    async def _scan(self, files: Sequence[ReceivedFile]) -> Verdict:
        verdicts: list[Verdict] = []
        for file in files:
            verdict = await self._scanner.scan(file.path) if self._scanner else Verdict.UNSCANNED
            VERDICTS.labels(verdict).inc()
            if verdict is Verdict.INFECTED:
                raise Refused("infected", file=file.name)
            verdicts.append(verdict)
        return worst_verdict(verdicts)

    async def _keep(self, file: ReceivedFile, shape: DocumentShape) -> ScannedFile:
        key = f"originals/{file.sha256}"
        try:
            await self._objects.put_file(key, file.path)
        except BaseError as error:
            if "StorageFull" in str(error):
                raise NoSpace from error
            raise DependencyAway(f"the object store: {error}") from error
        original = ObjectRef(key=key, media_type=shape.media_type, sha256=file.sha256, size=file.size)
        return ScannedFile(name=file.name, original=original, pages=len(shape.pages))

    def _receipt(self, submission: Submission, verdict: Verdict, *, new: bool) -> Receipt:
        outcome = "accepted" if new else "duplicate"
        DOCUMENTS.labels(outcome).inc()
        facts: dict[str, Any] = {"document": submission.document, "library": submission.library, "verdict": verdict}
        log.info("document_received", outcome=outcome, **facts)
        return Receipt(submission.document, duplicate=not new, verdict=verdict)
