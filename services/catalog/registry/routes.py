"""The registry over HTTP: anyone may read it, operators and the authority write it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.catalog.dependencies import Limit, PageCursor, TheCatalog
from services.catalog.registry.keys import SAYABLE, make_key
from services.catalog.registry.library import EmailAddress, Library
from services.catalog.registry.store import LIBRARIES, change_library, find_library, get_library, list_libraries
from shared.bus.work import Work
from shared.events.libraries import LibraryType
from shared.events.vocabulary import LibraryId
from shared.web.auth import Person, Role, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/libraries", tags=["registry"])
Registrar = Annotated[Person, Depends(needs(Role.OPERATOR, Role.AUTHORITY))]
MAX_KEYS = 20


def _sayable(name: str) -> str:
    if name not in SAYABLE:
        raise ValueError(f"must be one of {', '.join(SAYABLE)}")
    return name


LibraryTitle = Annotated[str, Field(min_length=1, max_length=300)]
EventName = Annotated[str, AfterValidator(_sayable), Field(json_schema_extra={"enum": list(SAYABLE)})]
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]


class NewLibrary(BaseModel):
    """An organisation that joins the union."""

    model_config = ConfigDict(extra="forbid")

    library: LibraryId
    title: LibraryTitle
    library_type: LibraryType
    parent: LibraryId | None = None
    contact: EmailAddress
    own_system: bool
    """True where the library's own system is the authority over its items."""


class LibraryCorrection(BaseModel):
    """What to change; a field left out stays. Who is the authority over the items does not change here."""

    model_config = ConfigDict(extra="forbid")

    title: LibraryTitle | None = None
    library_type: LibraryType | None = None
    parent: LibraryId | None = None
    contact: EmailAddress | None = None


class LibraryView(BaseModel):
    """A registry entry as anyone may see it."""

    library: str
    version: int
    title: str
    library_type: LibraryType
    parent: str | None
    contact: str
    own_system: bool


class Libraries(BaseModel):
    libraries: list[LibraryView]
    next_cursor: str | None


class NewKey(BaseModel):
    """What the key may be used to say; all of it when left out."""

    model_config = ConfigDict(extra="forbid")

    may_say: Annotated[list[EventName], Field(min_length=1, max_length=50)] = list(SAYABLE)


class KeyView(BaseModel):
    id: str
    may_say: list[str]


class KeyMade(KeyView):
    secret: str
    """The token for `Authorization: Bearer`; it is shown this once and kept nowhere."""


class Keys(BaseModel):
    keys: list[KeyView]


@router.post("", status_code=201)
async def register_library(body: NewLibrary, catalog: TheCatalog, _: Registrar) -> LibraryView:
    """Register an organisation."""
    fields = body.model_dump(mode="json", exclude={"library"})

    async def do(work: Work) -> Library:
        if await find_library(work, body.library):
            raise Problem(409, "library-exists", library=body.library)
        await _check_parent(work, body.library, body.parent)
        return await change_library(work, body.library, {"$set": {**fields, "keys": []}})

    return _view(await catalog.works.transact(do))


@router.get("")
async def list_registry(catalog: TheCatalog, limit: Limit = 50, cursor: PageCursor = None) -> Libraries:
    """Every organisation, in the order of the ids."""
    found = await list_libraries(catalog.works.database, cursor, limit + 1)
    shown = found[:limit]
    return Libraries(
        libraries=[_view(library) for library in shown], next_cursor=shown[-1].id if len(found) > limit else None
    )


@router.get("/{library}")
async def show_library(library: LibraryId, catalog: TheCatalog) -> LibraryView:
    """One organisation."""
    return _view(await get_library(catalog.committed, library))


@router.patch("/{library}")
async def correct_library(
    library: LibraryId, body: LibraryCorrection, catalog: TheCatalog, _: Registrar
) -> LibraryView:
    """Correct an entry."""
    change = {"$set": body.model_dump(mode="json", exclude_none=True)}

    async def do(work: Work) -> Library:
        await get_library(work, library)
        await _check_parent(work, library, body.parent)
        return await change_library(work, library, change)

    return _view(await catalog.works.transact(do))


@router.get("/{library}/keys")
async def list_keys(library: LibraryId, catalog: TheCatalog, _: Registrar) -> Keys:
    """The keys of a library's systems, without their secrets."""
    found = await get_library(catalog.committed, library)
    return Keys(keys=[KeyView(id=key.id, may_say=list(key.may_say)) for key in found.keys])


@router.post("/{library}/keys", status_code=201)
async def give_key(library: LibraryId, body: NewKey, catalog: TheCatalog, _: Registrar) -> KeyMade:
    """Give a library's system a key. The secret is shown once."""
    key, token = make_key(body.may_say)

    async def do(work: Work) -> None:
        if len((await get_library(work, library)).keys) >= MAX_KEYS:
            raise Problem(409, "too-many-keys", limit=MAX_KEYS)
        await change_library(work, library, {"$push": {"keys": key.model_dump(mode="json")}})

    await catalog.works.transact(do)
    return KeyMade(id=key.id, may_say=list(key.may_say), secret=token)


@router.delete("/{library}/keys/{key}", status_code=204)
async def take_key(library: LibraryId, key: KeyId, catalog: TheCatalog, _: Registrar) -> None:
    """Make a key worthless."""

    async def do(work: Work) -> None:
        if await work.find_one(LIBRARIES, {"_id": library, "keys.id": key}) is None:
            raise Problem(404, "key-unknown", key=key)
        await change_library(work, library, {"$pull": {"keys": {"id": key}}})

    await catalog.works.transact(do)


async def _check_parent(work: Work, library: str, parent: str | None) -> None:
    if parent is None:
        return
    if parent == library or await find_library(work, parent) is None:
        raise Problem(409, "parent-unknown", library=parent)


def _view(library: Library) -> LibraryView:
    return LibraryView(library=library.id, **library.model_dump(exclude={"id", "keys"}))
