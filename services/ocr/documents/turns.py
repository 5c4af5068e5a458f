"""Rules of whose page is read next; no I/O.

A queue is a library's pages of one lane. Queues take turns by stride scheduling (Waldspurger and Weihl, 1995), which is
weighted round-robin for any number of queues: each turn moves a queue back by one over its weight, the one furthest to
the front is next, and one that comes back from idling begins beside those at work: idling earns no credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.events.vocabulary import Lane


@dataclass(frozen=True)
class Metering:
    """pages_per_process: pages in flight for each reading process: one being read, the others so that it never idles.

    most_per_queue: pages of one library and lane in flight. Weights are relative; a library that is not named has 1.
    """

    pages_per_process: int
    most_per_queue: int
    lane_weights: Mapping[Lane, float]
    library_weights: Mapping[str, float]

    def weight(self, library: str, lane: str) -> float:
        return self.lane_weights.get(Lane(lane), 1) * self.library_weights.get(library, 1)


@dataclass
class Queue:
    """in_flight: pages with the workers. place: the smaller, the nearer to its turn. granted: pages newly requested."""

    library: str
    lane: str
    weight: float
    in_flight: int = 0
    place: float = 0.0
    waiting: bool = True
    granted: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        return queue_name(self.library, self.lane)

    def take_turn(self) -> None:
        self.in_flight += 1
        self.granted += 1
        self.place += 1 / self.weight


def queue_name(library: str, lane: str) -> str:
    return f"{library}|{lane}"


def next_in_turn(queues: Iterable[Queue], most: int) -> Queue | None:
    """The queue whose turn it is, of those with waiting pages and fewer than `most` in flight."""
    ready = [queue for queue in queues if queue.waiting and queue.in_flight < most]
    return min(ready, key=lambda queue: (queue.place, queue.in_flight / queue.weight, queue.name), default=None)


def entrance(queues: Iterable[Queue]) -> float:
    """Where a queue that was idle begins: beside the one at work that is furthest to the front."""
    return min((queue.place for queue in queues), default=0.0)
