"""HTTP door for resources elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import date as Day  # noqa: N812 (a field is named date)
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pymongo.asynchronous.database import AsyncDatabase

from services.ingest.registry.acting import own_library
from services.ingest.resources import store
from services.ingest.resources.resource import ResourceForm, ResourceId, Use, is_open, of_oai_record, use_of
from shared.events.vocabulary import LibraryId
from shared.runtime import Runtime
from shared.store.mongo import Document
from shared.web.auth import MaybePerson, Person, Role, needs
from shared.web.problems import Problem, language_of

Keeper = Annotated[Person, Depends(needs(Role.LIBRARIAN, Role.OPERATOR))]


class OaiRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    xml: Annotated[str, Field(min_length=1, max_length=200_000)]
    """One OAI-PMH record with metadata in oai_dc."""


class ResourceView(BaseModel):
    """A resource, and what the asker may do with it today; its address for those alone who may use it."""

    id: ResourceId
    library: LibraryId
    title: str
    creators: list[str]
    date: str | None
    open_licence: str | None
    until: Day | None
    """The last day of a licence that was bought."""
    use: Use
    use_text: str
    url: str | None
    document: str | None
    """Made of it by a harvest."""


class ResourceList(BaseModel):
    """Resources of all libraries, in the order of their ids."""

    resources: list[ResourceView]
    next_cursor: ResourceId | None


def resource_routes(runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix="/v1/resources", tags=["resources"])
    database = runtime.database

    async def keep(request: Request, person: Person, library: str | None, form: ResourceForm) -> ResourceView:
        whose = own_library(person, library)
        add = partial(store.keep, library=whose, form=form, by=person.signature)
        return _view(await _get(database, await runtime.works.transact(add)), person, request)

    @router.put("", operation_id="keep_resource")
    async def keep_resource(
        request: Request, person: Keeper, body: ResourceForm, library: LibraryId | None = None
    ) -> ResourceView:
        """Say what is at an address, by which licence, for whom and until when; saying it again replaces it."""
        return await keep(request, person, library, _checked(body))

    @router.post("/oai", operation_id="take_oai_record")
    async def take_oai_record(
        request: Request, person: Keeper, body: OaiRecord, library: LibraryId | None = None
    ) -> ResourceView:
        """Take an open resource from an OAI-PMH record, if its licence is known to let everybody read."""
        return await keep(request, person, library, _read(body))

    @router.get("", operation_id="list_resources")
    async def list_resources(
        request: Request,
        person: MaybePerson,
        cursor: ResourceId | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ResourceList:
        """What there is elsewhere, and what the asker may use of it today."""
        rows = await store.list_after(database, cursor, limit + 1)
        following = rows[limit - 1]["_id"] if len(rows) > limit else None
        return ResourceList(resources=[_view(row, person, request) for row in rows[:limit]], next_cursor=following)

    @router.get("/{resource}", operation_id="show_resource")
    async def show_resource(
        request: Request, person: MaybePerson, resource: Annotated[ResourceId, Path()]
    ) -> ResourceView:
        """A resource; its address only while its licence lets the asker use it."""
        return _view(await _get(database, resource), person, request)

    return router


async def _get(database: AsyncDatabase[Document], resource: str) -> Document:
    """Raises Problem 404."""
    row = await store.find(database, resource)
    if row is None:
        raise Problem(404, "no-such-resource", resource=resource)
    return row


def _checked(form: ResourceForm) -> ResourceForm:
    """Raises Problem 422 for an open licence that is not known to be one."""
    if form.open_licence and not is_open(form.open_licence):
        raise Problem(422, "oai-not-open")
    return form


def _read(record: OaiRecord) -> ResourceForm:
    """Raises Problem 422."""
    try:
        return of_oai_record(record.xml.encode("utf-8", "replace"))
    except ValidationError as error:
        raise Problem(422, "oai-unreadable") from error
    except ValueError as error:
        raise Problem(422, str(error)) from error


def _view(row: Document, person: Person | None, request: Request) -> ResourceView:
    resource = ResourceForm.model_validate(row["resource"])
    use = use_of(resource, person, datetime.now(UTC).date())
    return ResourceView(
        id=row["_id"],
        library=row["library"],
        title=resource.title,
        creators=list(resource.creators),
        date=resource.date,
        open_licence=resource.open_licence,
        until=resource.licence.until if resource.licence else None,
        use=use,
        use_text=request.app.state.messages.text(f"use-{use}", language_of(request)),
        url=resource.url if use is Use.ALLOWED else None,
        document=row.get("document"),
    )
