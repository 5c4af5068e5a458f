"""Sector catalogues over HTTP: anyone may see what they are, the authority and operators make and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from services.catalog.dependencies import TheCatalog
from services.catalog.scopes.scope import Definition, Scope, ScopeId, check
from services.catalog.scopes.store import all_scopes, get_scope, put_scope, remove_scope
from shared.bus.work import Work
from shared.web.auth import Person, Role, needs

router = APIRouter(prefix="/v1/scopes", tags=["scopes"])
Keeper = Annotated[Person, Depends(needs(Role.AUTHORITY, Role.OPERATOR))]


class NewDefinition(Definition):
    """What a catalogue is to be."""

    model_config = ConfigDict(extra="forbid")


class ScopeView(Definition):
    """A catalogue, and where it is found. pending: its OAI set and export are still being brought up to what it is."""

    id: str
    version: int
    changed_at: datetime
    pending: bool
    page: str
    feed: str
    oai_set: str


class Scopes(BaseModel):
    scopes: list[ScopeView]


@router.get("")
async def list_scopes(catalog: TheCatalog) -> Scopes:
    """All sector catalogues, by their ids."""
    return Scopes(scopes=[_view(scope) for scope in await all_scopes(catalog.works.database)])


@router.get("/{scope}")
async def show_scope(scope: ScopeId, catalog: TheCatalog) -> ScopeView:
    """What belongs to a catalogue."""
    return _view(await get_scope(catalog.committed, scope))


@router.put("/{scope}")
async def keep_scope(scope: ScopeId, body: NewDefinition, catalog: TheCatalog, _: Keeper) -> ScopeView:
    """Make a catalogue, or change what it is: its page follows at once, all else in a while."""
    check(body)

    async def do(work: Work) -> Scope:
        return await put_scope(work, scope, body)

    return _view(await catalog.works.transact(do))


@router.delete("/{scope}", status_code=204)
async def take_scope(scope: ScopeId, catalog: TheCatalog, _: Keeper) -> None:
    """Take a catalogue away; the editions stay where they are."""

    async def do(work: Work) -> None:
        await remove_scope(work, scope)

    await catalog.works.transact(do)


def _view(scope: Scope) -> ScopeView:
    page = f"/tm/{scope.id}"
    return ScopeView(**scope.model_dump(), page=page, feed=f"{page}/feed", oai_set=scope.spec)
