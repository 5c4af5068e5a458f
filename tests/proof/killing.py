"""Kills processes at random, each while work is in flight, and lets the keeper bring them back."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.proof.stacks import ProofStack

KINDS = {
    "worker": ("stats-counting", "notify-notices", "ocr-documents", "ocr-reading", "catalog-records", "ingest-steps"),
    "relay": ("ingest-relay", "ocr-relay", "catalog-relay"),
    "api": ("ingest-api", "catalog-api"),
    "loop": ("notify-sender",),
    "mongod": ("mongod",),
    "broker": ("kafka-1", "kafka-2", "kafka-3", "broker"),
}
"""What is killed. A kind is drawn first, so that the two engines get their share beside many roles."""
BESIDE = ("notify-relay", "ocr-editions", "stats-relay")
"""What else has to run for the work to come to its end."""
PAUSE_SECONDS = (0.5, 2.5)
IN_FLIGHT_SECONDS = 120


@dataclass
class Killer:
    """`in_flight` tells how much accepted work has no effect yet; a kill waits until there is some."""

    stack: ProofStack
    seed: int
    wanted: int
    in_flight: Callable[[], int]
    killed: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Kill `wanted` processes, then set `done`."""
        chance = random.Random(self.seed)
        try:
            while len(self.killed) < self.wanted:
                self._await_work()
                running = self.stack.pids()
                name = chance.choice([one for one in KINDS[chance.choice(sorted(KINDS))] if one in running] or [""])
                if self.stack.kill(name):
                    self.killed.append(name)
                    self.done.wait(chance.uniform(*PAUSE_SECONDS))
        finally:
            self.done.set()

    @property
    def by_kind(self) -> dict[str, int]:
        kinds = {name: kind for kind, names in KINDS.items() for name in names}
        return dict(Counter(kinds[name] for name in self.killed))

    def _await_work(self) -> None:
        deadline = time.monotonic() + IN_FLIGHT_SECONDS
        while not self.in_flight():
            if time.monotonic() > deadline:
                raise TimeoutError("no work was in flight to kill anything in the middle of")
            time.sleep(0.05)
