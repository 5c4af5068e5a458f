"""An outbox that many write into, by name of key and count, and what a broker heard of it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo.client_session import ClientSession
from pymongo.monitoring import CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.synchronous.collection import Collection

from shared.bus.memory import MemoryBroker, MemoryPublisher
from shared.bus.messages import HEADER_SEQUENCE
from shared.bus.outbox import OUTBOX, Said, parcels_of, row_of
from shared.bus.purging import purge
from shared.bus.relay import Relay
from shared.store.mongo import Document

LOG, STATE = "circulation", "libraries-current"
Address = tuple[str, str]


class Reads(CommandListener):
    """Calls `before` with the number of each read of the outbox, before the server has heard of it; keeps replies."""

    def __init__(self) -> None:
        self.before: Callable[[int], None] = lambda _: None
        self.replies: list[Document] = []
        self._count = 0

    def started(self, event: CommandStartedEvent) -> None:
        command = event.command
        if OUTBOX in {command.get("find"), command.get("collection")}:
            self._count += 1
            self.before(self._count)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self.replies.append(event.reply)

    def failed(self, event: object) -> None:
        """Nothing follows from it."""


class Writer:
    """Commits messages that say how many there were before them under their key."""

    def __init__(self, outbox: Collection[Document]) -> None:
        self._outbox = outbox
        self.committed: dict[Address, int] = defaultdict(int)

    def commit(self, *addresses: Address, bulk: bool = False) -> None:
        self.begin(*addresses, bulk=bulk)()

    def begin(self, *addresses: Address, bulk: bool = False) -> Callable[[], None]:
        """Write without committing yet. Until then nobody else can write under these keys."""
        said = [self._say(address) for address in addresses]
        session = self._outbox.database.client.start_session()
        session.start_transaction()
        self._outbox.insert_many(list(parcels_of(said)) if bulk else map(row_of, said), session=session)
        return lambda: _end(session)

    def _say(self, address: Address) -> Said:
        number = self.committed[address]
        self.committed[address] += 1
        topic, key = address
        return Said(topic, key, f"{key}-{number}", "urn:lienthong:ingest", b"body %d" % number)


def _end(session: ClientSession) -> None:
    with session:
        session.commit_transaction()


@dataclass
class Scene:
    """Who writes into an outbox, and a relay that sends what it reads there."""

    outbox: Collection[Document]
    told: Collection[Document]
    """The same by the relay's client, of which `reads` are told."""
    writer: Writer
    reads: Reads
    broker: MemoryBroker
    relay: Callable[[MemoryPublisher], Relay]
    """Another relay; the one before is dead."""


def forget_all(outbox: Collection[Document]) -> list[int]:
    """Purge what was sent until now; how many messages in each step."""
    return list(purge(outbox, datetime.now(UTC) + timedelta(seconds=1)))


def heard(broker: MemoryBroker) -> dict[Address, list[int]]:
    """The numbers under each key, in the order of the log."""
    found: dict[Address, list[int]] = defaultdict(list)
    for topic in (LOG, STATE):
        for partition in broker.logs[topic]:
            for message in partition:
                found[topic, message.key].append(int((message.value or b"").split()[1]))
    return found


def numbers(broker: MemoryBroker) -> set[int]:
    partitions = broker.logs[LOG] + broker.logs[STATE]
    return {int(message.headers[HEADER_SEQUENCE]) for partition in partitions for message in partition}
