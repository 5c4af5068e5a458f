"""Takes in what a list of open resources names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from services.ingest.documents.document import Submission
from services.ingest.documents.reception import Receipt, Reception
from services.ingest.documents.refusal import Refused
from services.ingest.documents.spool import Spool
from services.ingest.harvest.fetching import FetchLimits, fetch
from services.ingest.registry.store import is_registered
from services.ingest.resources import store as resources
from services.ingest.resources.resource import ResourceForm, is_open
from services.ingest.rights.facts import RightsFacts
from shared.bus.work import Works
from shared.events.vocabulary import DocumentMetadata, Lane


@dataclass(frozen=True)
class Harvest:
    """Fetches open resources for a library; the same bytes again are the same document."""

    works: Works
    spool: Spool
    reception: Reception
    limits: FetchLimits

    async def take(self, resource: ResourceForm, library: str) -> Receipt:
        """Fetch a resource if a known licence opens it to everybody, and keep where the document came from.

        Raises Refused, NoSpace, DependencyAway.
        """
        licence = resource.open_licence
        if licence is None or not is_open(licence):
            raise Refused("oai-not-open")
        if not await is_registered(self.works.database, library):
            raise Refused("unknown-library", library=library)
        signature = f"{library}/harvest"
        with self.spool.folder(self.limits.bytes) as space:
            fetched = await fetch(resource.url, space / "file", self.limits)
            if fetched.licence and not is_open(fetched.licence):
                raise Refused("harvest-other-licence", url=resource.url, licence=fetched.licence[:300])
            submission = Submission(
                library=library,
                lane=Lane.NORMAL,
                metadata=DocumentMetadata(title=resource.title, creators=resource.creators, date=resource.date),
                submitted_by=signature,
                files=(fetched.file,),
                item=fetched.file.name,
                rights=RightsFacts(licence=licence),
            )
            receipt = await self.reception.take(submission)
        keep = partial(resources.keep, library=library, form=resource, by=signature, document=receipt.document)
        await self.works.transact(keep)
        return receipt
