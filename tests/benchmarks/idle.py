"""`cpu.idle` and `memory.<process>`: what a stack uses that has worked and has nothing more to do."""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient

from tests.benchmarks.processes import cpu_seconds, memory_mb, used_between
from tests.proof.audit import lag
from tests.proof.kill_run import GROUPS
from tests.proof.stacks import ProofStack

REST_SECONDS = 300
SETTLE_SECONDS = 5
UNSENT = {"state": {"$in": ["waiting", "sending"]}}


def await_rest(stack: ProofStack) -> None:
    """Return when every group has read everything and every notice has been sent. Raises TimeoutError."""
    client: MongoClient[dict[str, Any]] = MongoClient(stack.mongo_url)
    deadline = time.monotonic() + REST_SECONDS
    while client.notify.notices.count_documents(UNSENT) or lag(stack.bootstrap, GROUPS | {"stats-archive"}):
        if time.monotonic() > deadline:
            raise TimeoutError("the stack did not come to rest")
        time.sleep(1)
    client.close()


def idle_cpu(stack: ProofStack, seconds: float) -> dict[str, float]:
    """CPU seconds that each process uses in a minute of rest."""
    time.sleep(SETTLE_SECONDS)
    before = cpu_seconds(stack.pids())
    time.sleep(seconds)
    used = used_between(before, cpu_seconds(stack.pids()))
    return {name: round(cpu * 60 / seconds, 2) for name, cpu in used.items()}


def memory(stack: ProofStack) -> dict[str, float]:
    """MB of each process with its descendants."""
    return memory_mb(stack.pids())
