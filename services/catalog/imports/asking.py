"""What people ask of imports, and who may: sources made, files sent in, a tried file imported for good."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from starlette.requests import ClientDisconnect

from services.catalog.authorities.importing import FORMS
from services.catalog.authorities.keeping import KEEPERS
from services.catalog.dependencies import Catalog
from services.catalog.formats import Format, detect
from services.catalog.imports import store
from services.catalog.imports.run import Content, Run, RunState
from services.catalog.imports.source import RESERVED, Source
from services.catalog.registry.library import acts_for
from services.catalog.registry.store import get_library, libraries_of
from shared.web.auth import Person, Role, check_role
from shared.web.problems import Problem

HEAD_BYTES = 4096
CHUNK = 1 << 20


@dataclass(frozen=True)
class Wish:
    """How a file is to be taken in. form: None, told from the source or the file."""

    name: str
    form: Format | None = None
    whole: bool = False
    dry: bool = False
    content: Content = Content.WORKS


async def save_source(catalog: Catalog, name: str, fields: dict[str, Any], person: Person) -> Source:
    """Make a source or change it; `fields` are those of Source, `library` among them. Raises Problem 403, 404, 409."""
    known = await store.find_source(catalog.committed, name)
    if name in RESERVED or (known and known.library != fields["library"]):
        raise Problem(409, "source-of-another-library", source=name)
    await check_acts_for(catalog, fields["library"], person)
    trust = fields.get("trust")
    if trust is not None and Role.OPERATOR not in person.roles and trust != (known.trust if known else None):
        raise Problem(403, "trust-by-operator")
    if known and trust is None:
        fields = {**fields, "trust": known.trust}
    made_at = known.made_at if known else datetime.now(UTC)
    source = Source.model_validate({**fields, "id": name, "made_at": made_at})
    await store.put_source(catalog.works.database, source)
    return source


async def make_source(catalog: Catalog, name: str, library: str, person: Person) -> Source:
    """Make a source that was not there. Raises Problem 403, 404, 409, ValidationError of a name that is none."""
    if await store.find_source(catalog.committed, name):
        raise Problem(409, "source-exists", source=name)
    return await save_source(catalog, name, {"library": library}, person)


async def own_source(catalog: Catalog, name: str, person: Person) -> Source:
    """A source into which the person may import. Raises Problem 403, 404."""
    source = await store.get_source(catalog.committed, name)
    await check_acts_for(catalog, source.library, person)
    return source


@asynccontextmanager
async def received(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[BinaryIO]:
    """What is sent, as a file on disk that is gone afterwards. Raises Problem 400, 413."""
    with TemporaryFile() as file:
        try:
            async for chunk in chunks:
                file.write(chunk)
                if file.tell() > max_bytes:
                    raise Problem(413, "import-too-large", megabytes=max_bytes // 1_000_000)
        except ClientDisconnect as error:
            raise Problem(400, "import-broken-off") from error
        yield file


async def own_run(catalog: Catalog, run: str, person: Person) -> Run:
    """A run of a library for which the person imports. Raises Problem 403, 404."""
    found = await store.get_run(catalog.committed, run)
    await check_acts_for(catalog, found.library, person)
    return found


async def libraries_to_import_for(catalog: Catalog, person: Person) -> list[str]:
    """The ids of those for which the person imports."""
    own = [library.id for library in await libraries_of(catalog.works.database, person)]
    return [*own, person.org] if Role.LIBRARY_SYSTEM in person.roles and person.org else own


async def take_file(catalog: Catalog, source: Source, file: BinaryIO, wish: Wish, person: Person) -> Run:
    """Keep a file that was sent, to be imported in the background. Raises Problem 403, 415, 422."""
    _check_keeps(wish.content, person)
    if wish.content is Content.AUTHORITIES and wish.whole:
        raise Problem(422, "import-whole-authorities")
    file.seek(0)
    form = wish.form or source.form or detect(file.read(HEAD_BYTES), wish.name)
    if form is None or (wish.content is Content.AUTHORITIES and form not in FORMS):
        raise Problem(415, "import-unknown-form", file=wish.name)
    digest, size = await asyncio.to_thread(_digest, file)
    key = f"imports/{source.id}/{uuid.uuid4().hex}"
    await catalog.objects.put_file(key, file)
    fields = {"name": wish.name, "form": form, "sha256": digest, "size": size, "key": key}
    fields |= {"whole": wish.whole, "dry": wish.dry, "content": wish.content, "by": person.signature}
    return await store.begin_run(catalog.works.database, source, fields)


def _digest(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size of a file, which is then at its beginning again."""
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in iter(partial(file.read, CHUNK), b""):
        digest.update(chunk)
    size = file.tell()
    file.seek(0)
    return digest.hexdigest(), size


async def import_for_good(catalog: Catalog, run: Run, person: Person) -> Run:
    """Import the file that a run tried; asked again, the run that already does. Raises Problem 403, 404, 409."""
    source = await own_source(catalog, run.source, person)
    if not run.dry or run.key is None or run.state != RunState.DONE:
        raise Problem(409, "import-not-tried", run=run.id)
    _check_keeps(run.content, person)
    fields = run.model_dump(include={"name", "form", "mapping", "sha256", "size", "key", "whole", "content"})
    return await store.begin_run(catalog.works.database, source, {**fields, "dry": False, "by": person.signature})


def _check_keeps(content: Content, person: Person) -> None:
    if content is Content.AUTHORITIES:
        check_role(person, *KEEPERS)


async def check_acts_for(catalog: Catalog, library: str, person: Person) -> None:
    """Raise Problem 403 unless the person does the library's work or is its system; 404 where there is none."""
    found = await get_library(catalog.committed, library)
    is_its_system = Role.LIBRARY_SYSTEM in person.roles and person.org == library
    if not (acts_for(person, found) or is_its_system):
        raise Problem(403, "not-your-library", library=library)
