"""Authority files over HTTP: anyone may look and take them away; librarians establish, change, merge and take back."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import pymarc
import structlog
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.catalog.authorities import keeping, store
from services.catalog.authorities.authority import Authority, Kind, page_of
from services.catalog.authorities.ids import AuthorityId, MergeId, PairId
from services.catalog.authorities.keeping import KEEPERS, By
from services.catalog.authorities.likeness import Sign
from services.catalog.authorities.marc import framed
from services.catalog.dependencies import Catalog, ExpectedVersion, Limit, TheCatalog, export_place
from services.catalog.formats import Format, Unwritable, as_marc21, as_marcxml
from services.catalog.identity import Row
from services.catalog.union.contribution import merge_rules
from shared.bus.work import Work
from shared.web.auth import Person, needs
from shared.web.problems import Problem

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/v1", tags=["authorities"])
Keeper = Annotated[Person, Depends(needs(*KEEPERS))]
Reason = Annotated[str, Field(max_length=1000)]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before.")]
MOVED: dict[int | str, dict[str, Any]] = {308: {"description": "The heading ended in another one: Location"}}
MOST_VERSIONS = 200
EXPORTED_AT_ONCE = 500
_COLLECTION = b'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
FILES = {
    Format.MARC21: (as_marc21, b"", b"", "application/marc", "mrc"),
    Format.MARCXML: (as_marcxml, _COLLECTION, b"</collection>\n", "application/marcxml+xml", "xml"),
}
"""How a record is written, what stands before and behind all, media type, ending of the name."""


class AuthorityView(Authority):
    """A heading as it stands. page: where readers see it."""

    authority: str
    version: int
    changed_at: datetime
    page: str


class SeeView(BaseModel):
    """The heading that a variant leads to."""

    authority: str
    text: str


class NameView(BaseModel):
    """A line of the file: a heading, or a variant with the heading that it leads to."""

    authority: str
    kind: Kind
    text: str
    label: str
    see: SeeView | None


class Names(BaseModel):
    names: list[NameView]
    next_cursor: str | None


class VersionView(BaseModel):
    """A heading as it was made at one time. redirect_to: the heading in which it ended then."""

    version: int
    by: str
    name: str
    action: str
    reason: str
    at: datetime
    redirect_to: str | None


class MergeView(BaseModel):
    """One heading that ended in another."""

    merge: str
    kept: str
    ended: str
    by: str
    name: str
    reason: str
    at: datetime
    undone: bool


class History(BaseModel):
    """The newest first."""

    versions: list[VersionView]
    merges: list[MergeView]


class LikenessView(BaseModel):
    """Two headings that look the same, and why."""

    id: str
    signs: list[Sign]
    left: AuthorityView
    right: AuthorityView


class Likenesses(BaseModel):
    likenesses: list[LikenessView]
    next_cursor: str | None


class NewMerge(BaseModel):
    """Which heading ends in this one, and why."""

    model_config = ConfigDict(extra="forbid")

    ended: AuthorityId
    reason: Reason = ""


class Undoing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason = ""


class Judgement(BaseModel):
    """Whether two headings are one; then `keep` is the one that stays."""

    model_config = ConfigDict(extra="forbid")

    same: bool
    keep: AuthorityId | None = None
    reason: Reason = ""


class Judged(BaseModel):
    """The merge that followed, if any."""

    merge: MergeView | None


@router.get("/authorities")
async def list_names(
    catalog: TheCatalog,
    kind: Annotated[list[Kind] | None, Query(max_length=4)] = None,
    start: Annotated[str, Query(max_length=200, description="Where to begin in the alphabet.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Names:
    """The file in the order of the Vietnamese alphabet: headings, and variants with the headings they lead to."""
    after = place_of(cursor) if cursor else None
    rows = await store.browse(catalog.works.database, kind or list(Kind), start, after, limit + 1)
    following = cursor_of(rows[limit - 1]) if len(rows) > limit else None
    return Names(names=[name_view(row) for row in rows[:limit]], next_cursor=following)


@router.get("/authorities/export", dependencies=[Depends(export_place)], response_class=StreamingResponse)
async def export(
    catalog: TheCatalog,
    form: Annotated[Literal["marc21", "marcxml"], Query(alias="format")] = "marc21",
    kind: Kind | None = None,
) -> StreamingResponse:
    """The whole file as MARC 21 Authority records."""
    _, _, _, media_type, ending = FILES[Format(form)]
    name = f'attachment; filename="authorities.{ending}"'
    pieces = _pieces(catalog, Format(form), kind)
    return StreamingResponse(pieces, media_type=media_type, headers={"content-disposition": name})


@router.get("/authorities/{authority}", responses=MOVED, response_model=AuthorityView)
async def show_authority(authority: AuthorityId, catalog: TheCatalog, response: Response) -> AuthorityView | Response:
    """A heading with the names that lead to it; one that ended in another leads there."""
    row = await store.get_authority(catalog.committed, authority)
    if row["redirect_to"]:
        return Response(status_code=308, headers={"location": f"/v1/authorities/{row['redirect_to']}"})
    response.headers["etag"] = f'"{row["version"]}"'
    return _view(row)


@router.get("/authorities/{authority}/marc", response_class=Response)
async def show_marc(
    authority: AuthorityId,
    catalog: TheCatalog,
    form: Annotated[Literal["marc21", "marcxml"], Query(alias="format")] = "marc21",
) -> Response:
    """A heading as a MARC 21 Authority record."""
    row = await store.get_standing(catalog.committed, authority)
    write, _, _, media_type, _ = FILES[Format(form)]
    try:
        body = write(_framed(row))
    except Unwritable as error:
        raise Problem(406, "format-too-small", format=form) from error
    return Response(body, media_type=media_type)


@router.get("/authorities/{authority}/history")
async def show_history(authority: AuthorityId, catalog: TheCatalog, _: Keeper) -> History:
    """Who made a heading what it is."""
    await store.get_authority(catalog.committed, authority)
    database = catalog.works.database
    versions = await store.list_versions(database, authority, MOST_VERSIONS)
    merges = await store.list_merges(database, authority, MOST_VERSIONS)
    return History(
        versions=[VersionView(**{name: row[name] for name in VersionView.model_fields}) for row in versions],
        merges=[_merge(row) for row in merges],
    )


@router.post("/authorities", status_code=201)
async def establish(body: Authority, catalog: TheCatalog, person: Keeper) -> AuthorityView:
    """Establish a heading."""

    async def do(work: Work) -> Row:
        return await keeping.establish(work, body, By.one(person, "established"))

    return _view(await catalog.works.transact(do))


@router.put("/authorities/{authority}")
async def change(
    authority: AuthorityId, body: Authority, catalog: TheCatalog, person: Keeper, seen: ExpectedVersion
) -> AuthorityView:
    """Say something else of a heading; what is left out is taken away."""

    async def do(work: Work) -> Row:
        return await keeping.change(work, authority, body, By.one(person, "changed"), seen)

    return _view(await catalog.works.transact(do))


@router.post("/authorities/{authority}/merges", status_code=201)
async def merge(authority: AuthorityId, body: NewMerge, catalog: TheCatalog, person: Keeper) -> MergeView:
    """End another heading in this one, which takes its names over; what led there leads here."""

    async def do(work: Work) -> Row:
        return await keeping.merge(work, authority, body.ended, By.one(person, "merged", body.reason))

    return _merge(await catalog.works.transact(do))


@router.post("/authority-merges/{merge_id}/undo")
async def undo(merge_id: MergeId, body: Undoing, catalog: TheCatalog, person: Keeper) -> MergeView:
    """Take a merge back: both headings stand again; what was changed since stays."""

    async def do(work: Work) -> Row:
        return await keeping.undo(work, merge_id, By.one(person, "parted", body.reason))

    return _merge(await catalog.works.transact(do))


@router.get("/authority-likenesses")
async def list_likenesses(
    catalog: TheCatalog,
    _: Keeper,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=60, description="`next_cursor` of the page before.")] = None,
) -> Likenesses:
    """Headings that look the same, for a person to judge; nothing is merged otherwise."""
    database = catalog.works.database
    rows = await store.list_open(database, cursor, limit + 1)
    shown = rows[:limit]
    found = await store.of_ids(database, {one for row in shown for one in row["pair"]})
    views = [_likeness(row, found) for row in shown if all(one in found for one in row["pair"])]
    return Likenesses(likenesses=views, next_cursor=shown[-1]["_id"] if len(rows) > limit else None)


@router.post("/authority-likenesses/{pair}/answer")
async def judge(pair: PairId, body: Judgement, catalog: TheCatalog, person: Keeper) -> Judged:
    """Say whether two headings are one: then one ends in the other; else they are not asked of again."""
    ids = pair.split("|")
    if body.same and body.keep not in ids:
        raise Problem(422, "authority-keep-which")

    async def do(work: Work) -> Row | None:
        return await keeping.judge(work, pair, body.keep if body.same else None, person, body.reason)

    row = await catalog.works.transact(do)
    return Judged(merge=_merge(row) if row else None)


def name_view(row: Row) -> NameView:
    see = SeeView(authority=row["see"]["id"], text=row["see"]["text"]) if row["see"] else None
    return NameView(see=see, **{name: row[name] for name in ("authority", "kind", "text", "label")})


def _view(row: Row) -> AuthorityView:
    said = row["said"]
    page = page_of(row["_id"], Kind(said["kind"]))
    return AuthorityView(authority=row["_id"], version=row["version"], changed_at=row["changed_at"], page=page, **said)


def _merge(row: Row) -> MergeView:
    fields = {name: row[name] for name in ("kept", "ended", "by", "name", "reason", "at")}
    return MergeView(merge=row["_id"], undone=row["undone"] is not None, **fields)


def _likeness(row: Row, found: dict[str, Row]) -> LikenessView:
    left, right = (found[one] for one in row["pair"])
    return LikenessView(id=row["_id"], signs=row["signs"], left=_view(left), right=_view(right))


def _framed(row: Row) -> pymarc.Record:
    return framed(store.marc_of(row), row["_id"], merge_rules()["organisation"], row["changed_at"])


async def _pieces(catalog: Catalog, form: Format, kind: Kind | None) -> AsyncIterator[bytes]:
    _, before, behind, _, _ = FILES[form]
    standing = store.standing(catalog.works.database, kind, EXPORTED_AT_ONCE)
    yield before
    while rows := await standing.to_list(EXPORTED_AT_ONCE):
        yield await asyncio.to_thread(_written, rows, form)
    yield behind


def _written(rows: Iterable[Row], form: Format) -> bytes:
    """Headings one after the other, without those that the format cannot hold."""
    end = b"\n" if form is Format.MARCXML else b""
    return b"".join(piece + end for row in rows if (piece := _piece(row, form)))


def _piece(row: Row, form: Format) -> bytes:
    try:
        return FILES[form][0](_framed(row))
    except Unwritable as unwritable:
        log.warning("authority_not_written", authority=row["_id"], schema=form, error=unwritable.fault.code)
        return b""


def cursor_of(row: Row) -> str:
    """Where a list of names goes on behind a name."""
    return base64.urlsafe_b64encode(f"{row['sort']}\n{row['_id']}".encode()).decode()


def place_of(cursor: str) -> store.Place:
    """The inverse of `cursor_of`. Raises Problem 422."""
    try:
        sort, _, identifier = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition("\n")
    except (binascii.Error, ValueError) as error:
        raise Problem(422, "bad-cursor") from error
    return store.Place(sort, identifier)
