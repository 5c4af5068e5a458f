"""What every role and every command of a service works with; no broker, no server: commands begin in half the time."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.work import Works
from shared.settings import Settings
from shared.store.mongo import Document, connect, database
from shared.store.objects import Objects


@dataclass(frozen=True)
class Runtime:
    """What every role of a service is given."""

    service: str
    settings: Settings
    client: AsyncMongoClient[Document]
    works: Works
    objects: Objects

    @property
    def database(self) -> AsyncDatabase[Document]:
        return self.works.database

    async def mongo_ready(self) -> str | None:
        await self.client.admin.command("ping")
        return None


def open_runtime(service: str, settings: Settings) -> Runtime:
    client = connect(settings)
    works = Works(database(client, settings, service), service)
    return Runtime(service, settings, client, works, Objects(settings.object_store))
