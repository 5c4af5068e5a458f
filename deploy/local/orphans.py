"""The processes that a crashed run left behind, and no others.

Every process of a stack carries the stack's directory in its environment, inherited from the keeper. That mark
cannot be worn by a stranger who got the number of a dead process, and it also finds what the keeper restarted or a role
forked.
"""

import os
import time
from pathlib import Path

import psutil

MARK = "LIENTHONG_STACK"
STOP_SECONDS = 20


def marked(var: Path) -> dict[str, str]:
    """The environment entry that tells the processes of the stack in `var` from all others."""
    return {MARK: str(var)}


def processes_of(var: Path) -> list[psutil.Process]:
    """All living processes of the stack in `var`, except the asking one and those above it."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _is_marked(process, var)]


def stop_orphans(var: Path) -> int:
    """Stop what is left of the stack in `var`: politely, then by force. Returns how many processes there were."""
    orphans = processes_of(var)
    for process in orphans:
        _signal(process, force=False)
    _wait_for_end(orphans)
    for process in filter(is_alive, orphans):
        _signal(process, force=True)
    _wait_for_end(orphans)
    return len(orphans)


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs: in a container whose first process collects no dead children, they stay as zombies."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for_end(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.1)


def _is_marked(process: psutil.Process, var: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(var)
    except psutil.Error:
        return False


def _signal(process: psutil.Process, *, force: bool) -> None:
    try:
        process.kill() if force else process.terminate()
    except psutil.NoSuchProcess:
        return
