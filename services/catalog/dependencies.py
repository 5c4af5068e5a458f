"""What the routes are given: everything that `app.py` put on the app."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Query, Request

from services.catalog.circulation.uses import UseCounts
from services.catalog.discovery.libraries import LibraryTitles
from services.catalog.exchange.provider import Provider
from services.catalog.finds import Committed
from services.catalog.places import Places
from services.catalog.reading_room.manifests import Manifests
from services.catalog.search import Searcher
from shared.bus.work import Works
from shared.events.vocabulary import LibraryId
from shared.store.objects import Objects
from shared.store.vault import Vault


@dataclass(frozen=True)
class Catalog:
    """The means of one api process."""

    works: Works
    committed: Committed
    objects: Objects
    manifests: Manifests
    search: Searcher
    rebuild_search: Callable[[], bool]
    """Begins to build this process's index anew; whether it was not being built already."""
    library_titles: LibraryTitles
    uses: UseCounts
    vault: Vault
    pseudonym_key: bytes
    import_max_bytes: int
    """Of an uploaded file of records."""
    uploads: Places
    """Each is a file on the disk of this process."""
    exports: Places
    """Each has a thread that writes records while others are searched for."""
    public_url: str
    """Where readers reach the pages, without a slash at the end."""
    provider: Provider


async def catalog_of(request: Request) -> Catalog:
    # Not because it waits: a plain function would be sent to a thread and back for every request.
    return cast("Catalog", request.app.state.catalog)


TheCatalog = Annotated[Catalog, Depends(catalog_of)]


async def export_place(catalog: TheCatalog) -> AsyncIterator[None]:
    """Held until a whole file is sent. Raises Problem 503."""
    async with catalog.exports.one():
        yield


Limit = Annotated[int, Query(ge=1, le=100)]
PageCursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
LibraryFilter = Annotated[LibraryId | None, Query()]


def expected_version(
    if_match: Annotated[
        str | None, Header(pattern=r'^(?:\*|"[0-9]{1,9}")$', description='The version you saw, as in ETag: `"3"`.')
    ] = None,
) -> int | None:
    """The version that the caller saw; None when any will do."""
    return int(if_match.strip('"')) if if_match and if_match != "*" else None


ExpectedVersion = Annotated[int | None, Depends(expected_version)]
