"""Takes complete submissions from the drop folder, by the same rules as uploads."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson
import structlog
from pydantic import ValidationError

from services.ingest.content.judgement import STATE_SECRET, bears_mark
from services.ingest.documents import store
from services.ingest.documents.answers import status_url
from services.ingest.documents.document import ReceivedFile, Submission, SubmissionForm, display_name
from services.ingest.documents.reception import Receipt, Reception
from services.ingest.documents.refusal import NoSpace, Refused
from services.ingest.documents.spool import Spool, copy_in
from services.ingest.documents.upload import MAX_METADATA_BYTES
from services.ingest.intake import folder
from services.ingest.intake.folder import Candidate, Ending
from services.ingest.packages.taking import Arrival, PackageOptions, Packages
from services.ingest.registry.store import is_registered
from services.ingest.settings import IngestSettings
from shared.bus.messages import DependencyAway
from shared.bus.work import Works
from shared.telemetry.tracing import tracing
from shared.web.problems import Messages

CLEARED_AT_ONCE = 50
Form = TypeVar("Form", SubmissionForm, PackageOptions)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Intake:
    """One look at the drop folder after the other."""

    drop: Path
    settings: IngestSettings
    works: Works
    spool: Spool
    reception: Reception
    packages: Packages
    messages: Messages
    unmoved: dict[Path, Ending] = field(default_factory=dict)
    """What is decided but could not be moved yet: only the move is tried again."""

    async def turn(self) -> bool:
        """Take what is complete. Raises DependencyAway, after all others, where the disk is too full for one."""
        await self._clear_condemned()
        full = False
        for candidate in await asyncio.to_thread(self._complete):
            with tracing(None, library=candidate.library, submission=_name_in_logs(candidate)):
                try:
                    await self._take(candidate)
                except NoSpace:
                    full = True
        if full:
            raise DependencyAway("no space left for submissions")
        return False

    def _complete(self) -> list[Candidate]:
        limits = {"quiet": self.settings.drop_quiet_seconds, "patience": self.settings.drop_patience_seconds}
        self.drop.mkdir(parents=True, exist_ok=True)
        return [one for one in folder.candidates(self.drop) if folder.is_complete(one, now=time.time(), **limits)]

    async def _take(self, candidate: Candidate) -> None:
        place = candidate.parts[-1]
        try:
            ending = self.unmoved.get(place) or await self._decide(candidate)
            self.unmoved[place] = ending
            settled = folder.settle(candidate, ending)
            del self.unmoved[place]
            if ending.document:
                where = settled.relative_to(self.drop).as_posix()
                await store.keep_place(self.works.database, ending.document, where)
        except OSError as error:  # one that cannot be read or moved does not stop those after it
            log.error("submission_stuck", error=error.strerror or type(error).__name__)  # noqa: TRY400 (names no file)

    async def _clear_condemned(self) -> None:
        """What was taken and then judged a state secret does not stay among the accepted either."""
        for row in await store.find_places_to_clear(self.works.database, CLEARED_AT_ONCE):
            for place in row["places"]:
                try:
                    await asyncio.to_thread(folder.clear, self.drop / place)
                except OSError as error:
                    log.error("copy_not_destroyed", document=row["_id"], error=error.strerror)  # noqa: TRY400
                    continue
                await store.forget_place(self.works.database, row["_id"], place)

    async def _decide(self, candidate: Candidate) -> Ending:
        try:
            return _accepted(await self._hand_in(candidate))
        except Refused as refused:
            # Whatever else is wrong with it: of a marked one nothing stays here.
            told = Refused(STATE_SECRET) if bears_mark(*candidate.names) else refused
            log.info("submission_rejected", reason=told.reason)
            return self._rejected(told)

    async def _hand_in(self, candidate: Candidate) -> Receipt:
        if not await is_registered(self.works.database, candidate.library):
            raise Refused("unknown-library", library=candidate.library)
        with self.spool.folder() as space:
            if candidate.is_package:
                return await self._hand_in_package(candidate, space)
            form = read_form(candidate)
            files = await self._receive(candidate, space, form)
            return await self.reception.take(_submission(candidate, form, files))

    async def _hand_in_package(self, candidate: Candidate, space: Path) -> Receipt:
        options = read_options(candidate)
        source = candidate.folder or candidate.files[0]
        file = await asyncio.to_thread(self._bring_in, candidate, source, space / "package")
        signature = f"{candidate.library}/drop-folder"
        return await self.packages.take(Arrival(file, candidate.library, signature, options), space)

    def _bring_in(self, candidate: Candidate, source: Path, target: Path) -> ReceivedFile:
        """An archive is copied out of reach of its sender; a folder is copied when it is opened."""
        name = display_name(candidate.name, 1)
        if candidate.folder is None:
            return copy_in(source, target, name, self.settings.upload_max_bytes)
        return ReceivedFile(name=name, path=source, sha256=secrets.token_hex(32), size=0)

    async def _receive(self, candidate: Candidate, space: Path, form: SubmissionForm) -> tuple[ReceivedFile, ...]:
        """Copy the files in. A refusal here is announced under an id of its own, as there is no whole content."""
        try:
            self._check_files(candidate)
            return await asyncio.to_thread(self._copy, candidate.files, space)
        except Refused as refused:
            name = display_name(candidate.name, 1)
            nothing = ReceivedFile(name=name, path=space, sha256=secrets.token_hex(32), size=0)
            await self.reception.refuse(_submission(candidate, form, (nothing,)), refused)

    def _copy(self, files: Sequence[Path], space: Path) -> tuple[ReceivedFile, ...]:
        limit = self.settings.max_file_bytes
        return tuple(
            copy_in(path, space / f"{place:04d}", display_name(path.name, place), limit)
            for place, path in enumerate(files, 1)
        )

    def _check_files(self, candidate: Candidate) -> None:
        if not candidate.files:
            raise Refused("no-files")
        if len(candidate.files) > self.settings.max_files:
            raise Refused("too-many-files", allowed=self.settings.max_files)
        for place, path in enumerate(candidate.files, 1):
            if path.is_symlink() or not path.is_file():
                raise Refused("not-a-plain-file", file=display_name(path.name, place))
        if sum(path.stat().st_size for path in candidate.files) > self.settings.max_total_bytes:
            raise Refused("too-large", megabytes=self.settings.max_total_bytes // 1_000_000)

    def _rejected(self, refused: Refused) -> Ending:
        where = f"{refused.file}: " if refused.file else ""
        lines = [f"{where}{refused.explain(self.messages, language)}" for language in ("vi", "en")]
        text = "\n\n".join([*lines, refused.reason, ""])
        return Ending(folder.REJECTED, "reason.txt", text, destroyed=refused.reason == STATE_SECRET)


def _name_in_logs(candidate: Candidate) -> str:
    return folder.NAMELESS if bears_mark(*candidate.names) else display_name(candidate.name, 1)


def _accepted(receipt: Receipt) -> Ending:
    facts: dict[str, Any] = {"id": receipt.document, "duplicate": receipt.duplicate, "verdict": receipt.verdict}
    note = orjson.dumps({**facts, "status_url": status_url(receipt.document)}, option=orjson.OPT_INDENT_2)
    return Ending(folder.ACCEPTED, "document.json", note.decode(), document=receipt.document)


def read_form(candidate: Candidate) -> SubmissionForm:
    """The submission's metadata. Raises Refused."""
    return _read(candidate, SubmissionForm)


def read_options(candidate: Candidate) -> PackageOptions:
    """What is said of a package from outside of it, if anything. Raises Refused."""
    return _read(candidate, PackageOptions) if candidate.metadata.exists() else PackageOptions()


def _read(candidate: Candidate, model: type[Form]) -> Form:
    if not candidate.metadata.is_file():
        raise Refused("metadata-missing")
    if candidate.metadata.stat().st_size > MAX_METADATA_BYTES:
        raise Refused("metadata-too-large", kilobytes=MAX_METADATA_BYTES // 1024)
    try:
        form = model.model_validate_json(candidate.metadata.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise Refused("metadata-wrong", file=candidate.metadata.name, what=f"{place}: {first['msg']}") from error
    if form.library not in {None, candidate.library}:
        raise Refused("other-library", library=form.library)
    return form


def _submission(candidate: Candidate, form: SubmissionForm, files: tuple[ReceivedFile, ...]) -> Submission:
    signature, name = f"{candidate.library}/drop-folder", display_name(candidate.name, 1)
    return Submission.of(form, library=candidate.library, submitted_by=signature, files=files, name=name)
