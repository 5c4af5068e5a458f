"""A broker in memory with the behaviour of the real one, for tests of handlers and wiring."""

from __future__ import annotations

import asyncio
import uuid
import zlib
from collections import defaultdict
from collections.abc import Sequence

from shared.bus.messages import BrokerAway, Deliver, Message, Outgoing
from shared.events.topics import topics


class MemoryBroker:
    """Logs per topic and partition, committed offsets per group; forgets all of it on `restart`."""

    def __init__(self) -> None:
        self.away = False
        self.restart()

    def restart(self) -> None:
        """Come back empty, as another cluster."""
        self.cluster = uuid.uuid4().hex
        self.logs: dict[str, list[list[Message]]] = {
            name: [[] for _ in range(topic.partitions)] for name, topic in topics().items()
        }
        self.committed: dict[tuple[str, str, int], int] = defaultdict(int)

    def append(self, outgoing: Outgoing) -> None:
        partitions = self.logs[outgoing.topic]
        number = zlib.crc32(outgoing.key.encode()) % len(partitions)
        offset = len(partitions[number])
        partitions[number].append(
            Message(outgoing.topic, number, offset, outgoing.key, outgoing.value, outgoing.headers)
        )


class MemoryPublisher:
    """The publisher's side of a MemoryBroker."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def cluster_id(self) -> str:
        self._check()
        return self._broker.cluster

    def prepare(self) -> None:
        self._check()

    def publish(self, messages: Sequence[Outgoing]) -> None:
        self._check()
        for message in messages:
            self._broker.append(message)

    def close(self) -> None:
        """Nothing is open."""

    def _check(self) -> None:
        if self._broker.away:
            raise BrokerAway("the broker in memory is away")


class MemorySubscription:
    """The consumer's side: delivers what is not yet committed for its group."""

    def __init__(self, group: str, names: Sequence[str], broker: MemoryBroker, *, batch_size: int = 200) -> None:
        self._group = group
        self._names = names
        self._broker = broker
        self._batch_size = batch_size

    @property
    def assigned(self) -> bool:
        return True

    async def run(self, deliver: Deliver) -> None:
        while True:
            if not await self.drain(deliver):
                await asyncio.sleep(0.01)

    async def drain(self, deliver: Deliver) -> int:
        """Deliver one batch of every partition that has one; how many messages."""
        count = 0
        for name in self._names:
            for number, messages in enumerate(self._broker.logs[name]):
                place = (self._group, name, number)
                batch = messages[self._broker.committed[place] :][: self._batch_size]
                if batch:
                    await deliver(batch)
                    self._broker.committed[place] = batch[-1].offset + 1
                    count += len(batch)
        return count
