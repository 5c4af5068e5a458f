"""What the page of a cluster shows of it: its merged description, who holds it, what of it was digitised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.authorities.authority import page_of
from services.catalog.authorities.linking import Mention, keys_of, link, lives_of, mentions_of
from services.catalog.authorities.store import committed_under
from services.catalog.dependencies import Catalog
from services.catalog.exchange.records import record_of
from services.catalog.exchange.store import find_survivor
from services.catalog.holdings.shelves import Shelves, shelves_of
from services.catalog.identity import Description, describe
from services.catalog.records.store import records_by_id
from services.catalog.search import Copy
from services.catalog.union.store import CONTRIBUTIONS
from shared.events.clusters import DigitisedCopy
from shared.events.vocabulary import AccessLevel

LIBRARIES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A public cluster. `id` may be another than was asked for, where that one ended in this."""

    id: str
    description: Description
    shelves: Shelves
    digitised: tuple[Copy, ...]
    headings: Mapping[tuple[str, str], str]
    """The pages of the headings that its creators and subjects stand under, by part ("creator", "subject") and name."""


async def find_shown(catalog: Catalog, cluster: str, holders: str | None = None) -> Shown | None:
    """The cluster, or the one in which it ended; None where there is none for the public.

    Of the libraries that have it those behind `holders` are shown.
    """
    database = catalog.works.database
    found = await find_survivor(database, cluster)
    if found is None or found.gone:
        return None
    record = record_of(found)
    description = describe(record)
    shelves = await shelves_of(database, found.id, after=holders, limit=LIBRARIES_AT_ONCE)
    pages = await _pages_of_headings(catalog, mentions_of(description, lives_of(record)))
    return Shown(found.id, description, shelves, await _copies(catalog, found.id), pages)


async def _pages_of_headings(catalog: Catalog, mentions: Sequence[Mention]) -> dict[tuple[str, str], str]:
    links = link(mentions, await committed_under(catalog.works.database, keys_of(mentions)))
    pages: dict[tuple[str, str], str] = {}
    for one in links:
        pages[one.mention.part, one.mention.text] = page_of(one.known.id, one.known.authority.kind)
    return pages


async def _copies(catalog: Catalog, cluster: str) -> tuple[Copy, ...]:
    """The digitised documents that anyone may know of now."""
    query = {"cluster": cluster, "digitised": {"$ne": None}}
    rows = await catalog.works.database[CONTRIBUTIONS].find(query, ["digitised"]).to_list(200)
    copies = [DigitisedCopy(**row["digitised"]) for row in rows]
    present = await records_by_id(catalog.works.database, [copy.record for copy in copies])
    return tuple(
        Copy(
            record=copy.record,
            library=copy.library,
            library_name=copy.library_name,
            access_level=AccessLevel(record.metadata.access_level),
            collection_class=copy.collection_class,
            pages=copy.pages,
            readable=record.read_by_all,
        )
        for copy in copies
        if (record := present.get(copy.record)) and record.known_to_all
    )
