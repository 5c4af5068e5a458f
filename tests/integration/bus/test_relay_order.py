"""The order of a key in what the relay sends, whatever commits while it reads and whatever fails while it sends."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest

from shared.bus import outbox as rows
from shared.bus import relay as relaying
from shared.bus.memory import MemoryBroker, MemoryPublisher
from shared.bus.messages import BrokerAway, Outgoing
from tests.integration.bus.scene import LOG, STATE, Address, Scene, Writer, forget_all, heard, numbers


def others(count: int) -> list[Address]:
    return [(LOG, f"other-{number}") for number in range(count)]


K: Address = (STATE, "k")


def test_a_parcel_newer_than_all_rows_of_a_sweep_does_not_pass_those_behind_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "ROWS_AT_ONCE", 3)
    scene.writer.commit(K)
    scene.writer.commit(*others(2))
    scene.writer.commit(K)
    scene.writer.commit(K, bulk=True)
    scene.relay(MemoryPublisher(scene.broker)).turn()
    assert heard(scene.broker)[K] == [0, 1, 2]


@pytest.mark.parametrize("at", range(1, 5))
def test_what_commits_between_the_reads_of_a_sweep_keeps_its_order(scene: Scene, at: int) -> None:
    def meanwhile(number: int) -> None:
        if number == at:
            scene.writer.commit(K)
            scene.writer.commit(K, bulk=True)

    scene.writer.commit(K)
    scene.reads.before = meanwhile
    scene.relay(MemoryPublisher(scene.broker)).turn()
    assert heard(scene.broker)[K] == [0, 1, 2]


THE_REST_OF_THE_ROWS = 2
"""Which read asks for it: MongoDB gives 101 rows at first."""


def test_what_commits_while_rows_are_still_read_keeps_its_order(scene: Scene) -> None:
    finish = scene.writer.begin(K)

    def meanwhile(number: int) -> None:
        if number == THE_REST_OF_THE_ROWS:
            finish()
            scene.writer.commit(K)

    scene.writer.commit(*others(150))
    scene.reads.before = meanwhile
    scene.relay(MemoryPublisher(scene.broker)).turn()
    assert heard(scene.broker)[K] == [0, 1]


class Forgets(MemoryPublisher):
    """The broker comes back empty, as another cluster, after the first that it took."""

    forgot = False

    def publish(self, messages: Sequence[Outgoing]) -> None:
        super().publish(messages)
        if not self.forgot:
            self.forgot = True
            self._broker.restart()


def test_a_cluster_that_changes_between_two_sweeps_is_sent_all_in_order(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "ROWS_AT_ONCE", 3)
    for _ in range(4):
        scene.writer.commit(K)
    scene.relay(Forgets(scene.broker)).turn()
    assert heard(scene.broker)[K] == [0, 1, 2, 3]


class Walk:
    """Commits of one row or a parcel, at once or after a while, until there were enough of them."""

    def __init__(self, seed: int, writer: Writer, commits: int) -> None:
        self.chance = random.Random(seed)
        self._writer = writer
        self._left = commits
        self._free = [(topic, f"k{number}") for topic in (LOG, STATE) for number in range(6)]
        self._open: list[tuple[Callable[[], None], Sequence[Address]]] = []

    @property
    def done(self) -> bool:
        return not self._left and not self._open

    def step(self, _: int = 0) -> None:
        if self._open and self.chance.random() < 0.3:
            commit, addresses = self._open.pop(self.chance.randrange(len(self._open)))
            commit()
            self._free += addresses
        elif self._left and self._free and self.chance.random() < 0.5:
            self._left -= 1
            self._begin()

    def _begin(self) -> None:
        bulk = self.chance.random() < 0.5
        addresses = self.chance.choices(self._free, k=self.chance.randint(1, 7 if bulk else 3))
        commit = self._writer.begin(*addresses, bulk=bulk)
        if self.chance.random() < 0.7:
            commit()
        else:
            self._open.append((commit, list(set(addresses))))
            self._free = [one for one in self._free if one not in addresses]


class Unreliable(MemoryPublisher):
    """Takes all, some or nothing of what it is given, and may be heard of no more, whatever it took."""

    def __init__(self, broker: MemoryBroker, walk: Walk) -> None:
        super().__init__(broker)
        self._walk = walk

    def publish(self, messages: Sequence[Outgoing]) -> None:
        self._walk.step()
        fails = self._walk.chance.random() < 0.3
        taken = self._walk.chance.randint(0, len(messages)) if fails else len(messages)
        super().publish(messages[:taken])
        if fails:
            raise BrokerAway("some were taken, perhaps all")


@pytest.mark.parametrize("seed", range(5))
def test_at_random_the_order_of_every_key_is_that_of_the_commits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(relaying, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(rows, "MOST_IN_A_PARCEL", 4)
    walk = Walk(seed, scene.writer, commits=50)
    scene.reads.before = walk.step
    relay = scene.relay(Unreliable(scene.broker, walk))
    while not walk.done or scene.outbox.find_one({"sent": False}):
        if walk.chance.random() < 0.2:
            relay = scene.relay(Unreliable(scene.broker, walk))
        walk.step()
        with suppress(BrokerAway):
            relay.turn()
    found = heard(scene.broker)
    for address, count in scene.writer.committed.items():
        assert list(dict.fromkeys(found[address])) == list(range(count)), address
        assert all(after <= before + 1 for before, after in pairwise(found[address])), address
        assert found[address][-1] == count - 1, address
    assert numbers(scene.broker) == set(range(1, sum(scene.writer.committed.values()) + 1))
    assert sum(forget_all(scene.outbox)) > 0
    scene.broker.restart()
    scene.relay(MemoryPublisher(scene.broker)).turn()
    newest = {address: [count - 1] for address, count in scene.writer.committed.items() if address[0] == STATE}
    assert heard(scene.broker) == newest
