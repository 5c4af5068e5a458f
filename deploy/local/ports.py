"""Which of the wanted ports are taken, and by whom."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from deploy.local.engines.engine import LOOPBACK


@dataclass(frozen=True)
class TakenPort:
    """`owner` is "pid 123: command line"; the system hides it for processes of other people."""

    port: int
    name: str
    owner: str


def taken(wanted: Mapping[int, str]) -> list[TakenPort]:
    """The ports of `wanted` (port -> what needs it) that cannot be listened on now."""
    return [TakenPort(port, name, owner_of(port)) for port, name in wanted.items() if not _is_free(port)]


def owner_of(port: int) -> str:
    for connection in psutil.net_connections(kind="tcp"):
        if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
            return _describe(connection.pid)
    return _describe(None)


def _describe(pid: int | None) -> str:
    try:
        return f"pid {pid}: {' '.join(psutil.Process(pid).cmdline())}" if pid else "pid ?"
    except psutil.Error:
        return f"pid {pid}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections that a previous run left in TIME_WAIT do not take the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
