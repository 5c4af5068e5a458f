"""A stats service of its own for every test, on the real MongoDB."""

from collections.abc import Sequence

import pytest

from services.stats.app import ensure_indexes
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.events.envelope import Event, encode
from shared.events.libraries import LibraryChanged
from shared.runtime import open_runtime
from shared.settings import Settings

LIBRARY = "thu-vien-tinh"


@pytest.fixture
def settings(mongo_url, mongo_prefix, tmp_path):
    return Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, object_store=f"file://{tmp_path}/objects")


@pytest.fixture
async def runtime(settings):
    runtime = open_runtime("stats", settings)
    await ensure_indexes(runtime.database)
    yield runtime
    await runtime.client.close()


@pytest.fixture
def deliver_to(runtime):
    """Delivers bodies to a consumer as one batch of a partition; offsets go on from batch to batch."""
    offset = 0

    async def deliver(consumer, topic: str, bodies: Sequence[bytes]) -> list[Message]:
        nonlocal offset
        messages = [Message(topic, 0, offset + place, LIBRARY, body) for place, body in enumerate(bodies)]
        offset += len(bodies)
        delivery = Delivery(consumer, runtime.works, runtime.objects, runtime.settings)
        await delivery.ensure_indexes()
        await delivery.deliver(messages)
        return messages

    return deliver


def registration(library: str = LIBRARY) -> bytes:
    data = LibraryChanged(
        library=library, title="Thư viện tỉnh", library_type="provincial", contact="tv@example.org", own_system=True
    )
    return encode(Event(data, source="urn:lienthong:catalog", aggregate_version=1))
