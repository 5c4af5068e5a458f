"""What the stack and the tests need to know of an engine: its programs, its ports, and when it answers."""

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Program:
    """One process to keep alive: argument vector, and what its environment has beyond the stack's."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 20


class Engine(Protocol):
    @property
    def ports(self) -> tuple[int, ...]:
        """The loopback ports that its programs listen on."""

    @property
    def programs(self) -> tuple[Program, ...]:
        """Its processes, to be started after `prepare`."""

    def prepare(self) -> None:
        """Make the directories and files that its programs need; harmless when they are there."""

    def wait_ready(self, seconds: float) -> None:
        """Return once the engine answers a real request; raise EngineNotReady after `seconds`."""


class EngineNotReady(Exception):
    """The engine did not answer in time: read its log."""


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll `condition` until it holds; raise EngineNotReady naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise EngineNotReady(f"{what} did not answer within {seconds:.0f} s")
        time.sleep(0.1)


def listens(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
