"""Manifests of documents, read from the object store and kept while they are in use."""

from collections import OrderedDict

from pydantic import ValidationError

from shared.events.manifest import DocumentManifest, PageManifest
from shared.events.vocabulary import ObjectRef
from shared.store.objects import ObjectMissing, Objects

KEPT = 64


class Manifests:
    """The latest manifests, by what is in them: a new recognition has another digest."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[str, DocumentManifest] = OrderedDict()

    async def page(self, ref: ObjectRef | None, number: int) -> PageManifest | None:
        """One page of a manifest; None when it has no such page or cannot be read."""
        manifest = await self._manifest(ref) if ref else None
        pages = manifest.pages if manifest else ()
        return next((page for page in pages if page.number == number), None)

    async def pages(self, ref: ObjectRef | None) -> tuple[PageManifest, ...]:
        """All pages; none when the manifest cannot be read."""
        manifest = await self._manifest(ref) if ref else None
        return manifest.pages if manifest else ()

    async def _manifest(self, ref: ObjectRef) -> DocumentManifest | None:
        if ref.sha256 in self._kept:
            self._kept.move_to_end(ref.sha256)
            return self._kept[ref.sha256]
        try:
            manifest = DocumentManifest.model_validate_json(await self._objects.get(ref.key))
        except (ObjectMissing, ValidationError):
            return None
        self._kept[ref.sha256] = manifest
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return manifest
