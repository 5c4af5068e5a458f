"""MongoDB: one client for a process, one database for a service, majority concern everywhere."""

from __future__ import annotations

from typing import Any

from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WTimeoutError
from pymongo.synchronous.database import Database

from shared.settings import Settings

Document = dict[str, Any]

_OPTIONS: dict[str, Any] = {
    "w": "majority",
    "readConcernLevel": "majority",
    "tz_aware": True,
    "serverSelectionTimeoutMS": 5000,
    "connectTimeoutMS": 3000,
    "socketTimeoutMS": 30000,
}


def connect(settings: Settings) -> AsyncMongoClient[Document]:
    """A client for asynchronous code; connects when first used."""
    return AsyncMongoClient(settings.mongo_url, **_OPTIONS)


def connect_blocking(settings: Settings) -> MongoClient[Document]:
    """A client for threads and command lines."""
    return MongoClient(settings.mongo_url, **_OPTIONS)


def database(client: AsyncMongoClient[Document], settings: Settings, name: str) -> AsyncDatabase[Document]:
    return client[settings.mongo_prefix + name]


def database_blocking(client: MongoClient[Document], settings: Settings, name: str) -> Database[Document]:
    return client[settings.mongo_prefix + name]


def is_outage(error: BaseException) -> bool:
    """Whether waiting helps: the server is away, stepping down, or a transaction lost a race."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WTimeoutError):
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("TransientTransactionError") or error.has_error_label("RetryableWriteError")
    )
