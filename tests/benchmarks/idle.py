"""`cpu.idle` and `memory.<process>`: what a stack uses that has worked and has nothing more to do."""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient

from tests.benchmarks.processes import cpu_seconds, memory_mb, used_between
from tests.proof.audit import lag
from tests.proof.kill_run import GROUPS
from tests.proof.stacks import ProofStack
from tests.proof.watching import seconds_until

REST_SECONDS = 300
SETTLE_SECONDS = 5
UNSENT = {"state": {"$in": ["waiting", "sending"]}}


def await_rest(stack: ProofStack) -> None:
    """Return when every group has read everything and every notice has been sent. Raises TimeoutError."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(stack.mongo_url) as client:
        seconds_until(lambda: _is_at_rest(stack, client), REST_SECONDS, "the stack did not come to rest")


def _is_at_rest(stack: ProofStack, client: MongoClient[dict[str, Any]]) -> bool:
    return not client.notify.notices.count_documents(UNSENT) and not lag(stack.bootstrap, GROUPS | {"stats-archive"})


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
