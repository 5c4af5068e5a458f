"""A whole stack of its own: own folder, own ports, own engines."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from deploy.local import stack
from deploy.local.demo.doors import Doors
from deploy.local.keeper import Keeper
from deploy.local.settings import ROOT, EnginePorts, StackSettings
from deploy.roles import load_roles
from tests.engines import free_ports

UP_SECONDS = 300
SPARE_PORTS = 8


@dataclass(frozen=True)
class ProofStack:
    """A running stack and how to hurt it."""

    settings: StackSettings
    doors: Doors
    keeper: Keeper

    @property
    def mongo_url(self) -> str:
        return str(self.doors.addresses["mongo"]["url"])

    @property
    def bootstrap(self) -> str:
        return str(self.doors.addresses["kafka"]["bootstrap"])

    def pids(self) -> dict[str, int]:
        """The processes that run now, by name."""
        return {process.name: process.pid for process in self.keeper.processes() if process.pid}

    def kill(self, name: str) -> bool:
        """SIGKILL one process; False when it was not running."""
        pid = self.pids().get(name)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def running_stack(
    var: Path,
    *,
    real_kafka: bool,
    nodes: int = 3,
    env: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
) -> Iterator[ProofStack]:
    """Bring up a stack with every role, or only those named, and take it down whatever happens."""
    settings = _settings(var, real_kafka=real_kafka, nodes=nodes, env=env or {}, only=only)
    try:
        stack.up(settings, seconds=UP_SECONDS)
        yield ProofStack(settings, Doors(settings.var / "stack.json"), Keeper(settings.var, ROOT))
    finally:
        stack.down(settings)


def _settings(
    var: Path, *, real_kafka: bool, nodes: int, env: Mapping[str, str], only: Collection[str] | None
) -> StackSettings:
    roles = [role for role in load_roles() if only is None or role.name in only]
    ports = list(free_ports(len(roles) + SPARE_PORTS))
    own = [asdict(role) | {"port": ports.pop(), "env": {**role.env, **env}} for role in roles]
    var.mkdir(parents=True, exist_ok=True)
    roles_file = var / "roles.yaml"
    roles_file.write_text(yaml.safe_dump(json.loads(json.dumps(own))), encoding="utf-8")
    engine_ports = EnginePorts(mail=ports[0], mongo=ports[1], brokers=tuple(ports[2:5]), controllers=tuple(ports[5:8]))
    return StackSettings(
        var=var, roles_file=roles_file, engine_ports=engine_ports, real_kafka=real_kafka, kafka_nodes=nodes
    )
