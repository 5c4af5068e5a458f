"""What the work list's routes are given: everything that `app.py` put on the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request
from pymongo.asynchronous.database import AsyncDatabase

from services.ocr.documents.turns import Metering
from services.ocr.worklist.corrections import Corrections
from services.ocr.worklist.desk import Desk
from services.ocr.worklist.plan import Goal
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.store.objects import Objects
from shared.web.auth import Person

DOCUMENT_ID = r"^d-[0-9a-f]{24}$"
SIGNATURE = r"^[a-z0-9-]{1,64}/[^\s/\x00-\x1f]{1,200}$"
MOST_DOCUMENTS = 200
MOST_PARTS = 1000
"""Of a split document: as many as its announcement carries."""
DocumentId = Annotated[str, Path(pattern=DOCUMENT_ID, description="d- and 24 hexadecimal digits")]
PageNumber = Annotated[int, Path(ge=1, le=100_000)]


@dataclass(frozen=True)
class WorkList:
    """The means of one api process."""

    runtime: Runtime
    goals: tuple[Goal, ...]
    catalog_url: str
    """Where the catalogue's pages are, without a slash at the end; empty where nobody said."""
    metering: Metering

    @property
    def database(self) -> AsyncDatabase[Document]:
        return self.runtime.database

    @property
    def objects(self) -> Objects:
        return self.runtime.objects

    @property
    def corrections(self) -> Corrections:
        return Corrections(self.runtime.works, self.runtime.objects)

    def desk(self, person: Person) -> Desk:
        return Desk(self.runtime.works, person, self.metering)


def worklist_of(request: Request) -> WorkList:
    return cast("WorkList", request.app.state.worklist)


TheWorkList = Annotated[WorkList, Depends(worklist_of)]
