"""The hand-written data behind the generated files (`cluster.yaml`, `variables.yaml`) as typed values."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from deploy.roles import Role, load_roles

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent


class Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Size(Data):
    """What one process gets, in Kubernetes' units; a `memory_limit` has no CPU beside it on purpose."""

    replicas: int = Field(ge=1)
    cpu: str
    memory: str
    memory_limit: str
    disk: str
    stop_seconds: int
    image: str


class Neighbour(Data):
    """Somebody outside our namespace; without a namespace it may be anywhere."""

    ports: tuple[int, ...]
    namespace: str | None = None
    services: tuple[str, ...] = ()


class KafkaCluster(Data):
    """Where Strimzi keeps the Kafka cluster and its topics."""

    namespace: str
    cluster: str


class Cluster(Data):
    """The Kubernetes side of the platform."""

    namespace: str
    image: str
    kafka: KafkaCluster
    kinds: Mapping[str, Mapping[str, Any]]
    roles: Mapping[str, Mapping[str, Any]]
    neighbours: Mapping[str, Neighbour]
    monitoring_namespace: str
    ingress_namespace: str

    def size(self, role: Role) -> Size:
        """What a role gets: its kind's share, changed by what stands under its own name."""
        return Size(**{"image": self.image, **self.kinds[kind_of(role)], **self.roles.get(role.name, {})})


class Variable(Data):
    """One variable of the environment and where its value comes from."""

    compose: str
    cluster: str | None = None
    secret: str | None = None
    key: str | None = None
    readers: tuple[str, ...] = Field(default=(), alias="for")
    read_by: str | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Variable:
        if (self.cluster is None) == (self.secret is None) or (self.secret is None) != (self.key is None):
            raise ValueError("a variable is either a setting of the cluster or a key of a secret")
        return self

    def is_for(self, role: Role) -> bool:
        return not self.readers or role.service in self.readers or role.name in self.readers


class Environment(Data):
    """Every variable that the manifests set, and those they leave alone, each with why."""

    variables: Mapping[str, Variable]
    left_alone: Mapping[str, str]

    def of(self, role: Role) -> dict[str, Variable]:
        return {name: variable for name, variable in self.variables.items() if variable.is_for(role)}


def kind_of(role: Role) -> str:
    """api, relay, worker, loop or auditor: the first word after the module in its command."""
    return shlex.split(role.command)[3]


@cache
def roles() -> tuple[Role, ...]:
    return load_roles()


@cache
def services() -> tuple[str, ...]:
    return tuple(dict.fromkeys(role.service for role in roles()))


@cache
def cluster() -> Cluster:
    return Cluster.model_validate(_read("cluster.yaml"))


@cache
def environment() -> Environment:
    return Environment.model_validate(_read("variables.yaml"))


@cache
def version() -> str:
    """The platform's version, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _read(name: str) -> Any:
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))
