"""The indexes of every room: made before anything else is done, by the roles and by commands."""

from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.authorities import store as authority_store
from services.catalog.circulation import store as circulation_store
from services.catalog.exchange import store as exchange_store
from services.catalog.imports import store as import_store
from services.catalog.records import store as record_store
from services.catalog.registry import store as registry_store
from services.catalog.scopes import store as scope_store
from services.catalog.union import store as union_store
from shared.store.mongo import Document


async def ensure_indexes(database: AsyncDatabase[Document]) -> None:
    await registry_store.ensure_indexes(database)
    await record_store.ensure_indexes(database)
    await circulation_store.ensure_indexes(database)
    await union_store.ensure_indexes(database)
    await authority_store.ensure_indexes(database)
    await import_store.ensure_indexes(database)
    await exchange_store.ensure_indexes(database)
    await scope_store.ensure_indexes(database)
