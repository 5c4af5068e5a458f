"""Taking a document in, the same way for every door: look, scan, store the originals, then say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn

import structlog

from services.ingest.batches import store as batches
from services.ingest.content import store as content
from services.ingest.content.judgement import STATE_SECRET, bears_mark, is_condemned, is_marked_secret
from services.ingest.deposits import store as deposits
from services.ingest.documents import store
from services.ingest.documents.document import (
    Companion,
    DocumentState,
    Package,
    PackageFacts,
    ReceivedFile,
    Submission,
    with_alto,
    worst_verdict,
)
from services.ingest.documents.refusal import Refused, refusal_of
from services.ingest.documents.spool import store_or_refusal
from services.ingest.malware.scanner import Scanner
from services.ingest.metrics import DOCUMENTS, VERDICTS
from services.ingest.rescans.rescan import is_open
from shared.bus.work import Works
from shared.events.vocabulary import ObjectRef, ScannedFile, Verdict
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import DocumentShape, Limits
from shared.store.mongo import Document
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
        if is_marked_secret(submission) or (known and is_condemned(known)):
            await self._turn_away_secret(submission)
        await self._check_ties(submission)
        if submission.replaces:
            await self._check_new_scan(submission, submission.replaces, known)
        if known and known["state"] == DocumentState.ACCEPTED:
            await self._works.transact(partial(store.keep_batch, submission=submission))
            return self._receipt(submission, Verdict(known["verdict"]), new=False)
        try:
            shapes = await self._inspect(submission.files)
            _check_views(submission, shapes)
            verdict = await self._scan([*submission.files, *_companions(submission)])
        except Refused as refused:
            await self.refuse(submission, refused)
        files = [await self._keep(file, shape) for file, shape in zip(submission.files, shapes, strict=True)]
        package = await self._keep_package(submission.package) if submission.package else None
        files = with_alto(files, package) if package else files
        accept = partial(store.accept, submission=submission, files=files, verdict=verdict, package=package)
        new = await self._works.transact(accept)
        return self._receipt(submission, verdict, new=new)

    async def refuse(self, submission: Submission, refused: Refused) -> NoReturn:
        """Announce that the submission is refused, and why; of a secret nothing else is said. Raises Refused."""
        if is_marked_secret(submission) or bears_mark(refused.file or ""):
            await self._turn_away_secret(submission)
        if submission.batch and not await batches.is_of(self._works.database, submission.batch, submission.library):
            submission = replace(submission, batch=None)
        await self._announce_refusal(submission, refused)
        raise refused

    async def _announce_refusal(self, submission: Submission, refused: Refused) -> None:
        rejection = {"reason": refused.reason, "detail": refused.explain(self._messages), "file": refused.file}
        verdict = Verdict.INFECTED if refused.reason == Verdict.INFECTED else Verdict.UNSCANNED
        await self._works.transact(partial(store.reject, submission=submission, rejection=rejection, verdict=verdict))
        DOCUMENTS.labels(refused.reason).inc()
        log.info("document_rejected", document=submission.document, library=submission.library, reason=refused.reason)

    async def _turn_away_secret(self, submission: Submission) -> NoReturn:
        """Refuse it and keep nothing, not even a name; what came in unmarked before is sealed. Raises Refused."""
        refused = Refused(STATE_SECRET, status=422)
        await self._announce_refusal(replace(submission, batch=None, item=""), refused)
        if await store.is_kept(self._works.database, submission.document):
            await self._works.transact(partial(content.suspect, document=submission.document))
        raise refused

    async def _check_ties(self, submission: Submission) -> None:
        """Raise Refused unless the batch and the deposit it names are of the same library."""
        database, library = self._works.database, submission.library
        if submission.batch and not await batches.is_of(database, submission.batch, library):
            raise Refused("no-such-batch", batch=submission.batch)
        if submission.deposit and not await deposits.is_of(database, submission.deposit, library):
            raise Refused("no-such-deposit", deposit=submission.deposit)

    async def _check_new_scan(self, submission: Submission, replaces: str, known: Document | None) -> None:
        """Raise Refused unless it is a new scan that was asked for; one that came before is known as such."""
        if submission.document == replaces:
            raise Refused("same-scan", document=replaces)
        if known and known["state"] == DocumentState.ACCEPTED:
            if known.get("replaces") != replaces:
                raise Refused("scan-came-before", document=submission.document)
            return
        replaced = await store.find(self._works.database, replaces)
        if replaced is None or (replaced["library"], replaced["state"]) != (submission.library, DocumentState.ACCEPTED):
            raise Refused("no-such-document", document=replaces)
        if not is_open(replaced):
            raise Refused("no-rescan-asked", document=replaces)

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
        original = await self._keep_original(file, shape.media_type)
        return ScannedFile(name=file.name, original=original, pages=len(shape.pages))

    async def _keep_package(self, package: Package) -> PackageFacts:
        companions = [
            Companion(name=file.name, describes=describes, original=await self._keep_original(file, "application/xml"))
            for file, describes in package.companions
        ]
        return PackageFacts(
            kind=package.kind,
            name=package.name,
            sha256=package.sha256,
            unverified=package.unverified,
            companions=tuple(companions),
        )

    async def take_paper(self, file: ReceivedFile) -> ObjectRef:
        """Look at, scan and store a file that is no document of its own, as a signed paper.

        Raises Refused, NoSpace, DependencyAway.
        """
        [shape] = await self._inspect([file])
        await self._scan([file])
        return await self._keep_original(file, shape.media_type)

    async def _keep_original(self, file: ReceivedFile, media_type: str) -> ObjectRef:
        """Store a file under its SHA-256. Raises NoSpace, DependencyAway."""
        key = f"originals/{file.sha256}"
        with store_or_refusal():
            await self._objects.put_file(key, file.path)
        return ObjectRef(key=key, media_type=media_type, sha256=file.sha256, size=file.size)

    def _receipt(self, submission: Submission, verdict: Verdict, *, new: bool) -> Receipt:
        outcome = "accepted" if new else "duplicate"
        DOCUMENTS.labels(outcome).inc()
        facts: dict[str, Any] = {"document": submission.document, "library": submission.library, "verdict": verdict}
        log.info("document_received", outcome=outcome, **facts)
        return Receipt(submission.document, duplicate=not new, verdict=verdict)


def _check_views(submission: Submission, shapes: Sequence[DocumentShape]) -> None:
    """Raise Refused where an object's views are named, and not one for each page."""
    museum_object = submission.metadata.museum_object
    pages = sum(len(shape.pages) for shape in shapes)
    if museum_object and museum_object.views and len(museum_object.views) != pages:
        raise Refused("views-do-not-match", views=len(museum_object.views), pages=pages)


def _companions(submission: Submission) -> list[ReceivedFile]:
    return [file for file, _ in submission.package.companions] if submission.package else []
