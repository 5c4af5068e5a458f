"""Patrons over HTTP: personal data comes in here, is sealed at once, and leaves only as a pseudonym."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.catalog.dependencies import TheCatalog
from services.catalog.patrons.caller import TheCaller
from services.catalog.patrons.pseudonym import pseudonym_of
from services.catalog.patrons.store import change_patron, erase_patron, find_patron
from services.catalog.registry.library import EmailAddress
from services.catalog.registry.store import get_library
from shared.bus.work import Work
from shared.events.vocabulary import LibraryId, PatronPseudonym
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/patrons", tags=["patrons"])
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"


class PatronCard(BaseModel):
    """A reader as the library knows them."""

    model_config = ConfigDict(extra="forbid")

    library: LibraryId
    local_id: Annotated[str, Field(min_length=1, max_length=100, pattern=_ONE_LINE)]
    """The number of the reader's card in that library."""
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=_ONE_LINE)]
    email: EmailAddress


class PatronView(BaseModel):
    patron: PatronPseudonym
    library: LibraryId


@router.post("", status_code=201)
async def register_patron(body: PatronCard, catalog: TheCatalog, caller: TheCaller) -> PatronView:
    """Register a reader, or renew the card. The answer is the pseudonym for loans; the card is kept sealed."""
    caller.check_speaks_for(await get_library(catalog.committed, body.library))
    patron = pseudonym_of(catalog.pseudonym_key, body.library, body.local_id)
    sealed = await catalog.vault.seal(patron, {"name": body.name, "email": body.email})
    await catalog.works.transact(lambda work: change_patron(work, patron, body.library, sealed))
    return PatronView(patron=patron, library=body.library)


@router.delete("/{patron}", status_code=204)
async def erase(patron: PatronPseudonym, catalog: TheCatalog, caller: TheCaller) -> None:
    """Erase a reader: the key is destroyed, and no copy of the card, in any log or backup, can be read again."""
    row = await find_patron(catalog.committed, patron)
    if row is None:
        raise Problem(404, "patron-unknown", patron=patron)
    caller.check_speaks_for(await get_library(catalog.committed, row["library"]))
    # The key first: after a crash between the two, the same request again finds the row and says that it is gone.
    await catalog.vault.destroy(patron)

    async def do(work: Work) -> None:
        await erase_patron(work, patron)

    await catalog.works.transact(do)
