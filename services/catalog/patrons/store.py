"""Which pseudonyms are patrons of which library; the card itself is only ever announced sealed."""

from datetime import UTC, datetime

from services.catalog.finds import Finds
from shared.bus.work import Work
from shared.events.patrons import PatronChanged
from shared.store.mongo import Document

PATRONS = "patrons"


async def find_patron(finds: Finds, patron: str) -> Document | None:
    """The row of a patron who was not erased."""
    return await finds.find_one(PATRONS, {"_id": patron, "erased_at": None})


async def change_patron(work: Work, patron: str, library: str, sealed: str) -> None:
    """Note the patron and announce the sealed card."""
    change = {"$set": {"library": library, "erased_at": None}}
    row = await work.advance(PATRONS, {"_id": patron}, change, create=True)
    if row:
        work.announce(PatronChanged(patron=patron, library=library, sealed=sealed), version=row["version"])


async def erase_patron(work: Work, patron: str) -> None:
    """Keep nothing but the pseudonym, and say that the card is gone."""
    row = await work.advance(PATRONS, {"_id": patron}, {"$set": {"erased_at": datetime.now(UTC)}})
    if row:
        work.retract(PatronChanged.topic, patron, identifier=f"{patron}-{row['version']}")
