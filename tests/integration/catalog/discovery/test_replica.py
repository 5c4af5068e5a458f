"""A replica's index over a real broker and a real folder of objects: followed, kept, started from, built anew."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.engines.broker import EmbeddedBroker
from services.catalog.discovery.replica import Means, Replica, empty_index
from services.catalog.discovery.snapshots import ROOT, Snapshots
from services.catalog.search import SearchRequest, Serving
from shared.bus.kafka import KafkaPublisher
from shared.bus.messages import Outgoing
from shared.events import Event, encode
from shared.events.clusters import ClusterChanged, ClusterView
from shared.settings import Settings
from shared.store.objects import Objects
from tests.engines import Running, free_port, running

Start = Callable[..., Replica]
PATIENCE = 120


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Running[EmbeddedBroker]]:
    with running(EmbeddedBroker(free_port()), tmp_path / "broker") as handle:
        publisher = KafkaPublisher(handle.engine.bootstrap)
        publisher.prepare()
        publisher.close()
        yield handle


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects((tmp_path / "objects").as_uri())


@pytest.fixture
def start(broker: Running[EmbeddedBroker], objects: Objects, tmp_path: Path) -> Iterator[Start]:
    started: list[Replica] = []

    def one(serving: Serving, name: str, snapshot_every: timedelta = timedelta(days=1)) -> Replica:
        settings = Settings(kafka_bootstrap=broker.engine.bootstrap)
        replica = Replica(serving, Means(tmp_path / name, objects, settings, snapshot_every))
        started.append(replica)
        replica.start()
        return replica

    yield one
    for replica in started:
        replica.stop()


def serving_nothing(tmp_path: Path, name: str) -> Serving:
    return Serving(empty_index(tmp_path / f"empty-{name}"))


def say(broker: Running[EmbeddedBroker], *clusters: tuple[str, int, str | None]) -> None:
    """Publish clusters as (id, version, title); without a title they are gone."""
    publisher = KafkaPublisher(broker.engine.bootstrap)
    publisher.publish([_message(*cluster) for cluster in clusters])
    publisher.close()


def _message(cluster: str, version: int, title: str | None) -> Outgoing:
    if title is None:
        return Outgoing(ClusterChanged.topic, cluster, None, {})
    view = ClusterView.model_validate(
        {"id": cluster, "version": version, "form": "text", "title": title, "added_at": "2026-03-05T00:00:00Z"}
    )
    event = Event(data=ClusterChanged(cluster=view), source="urn:lienthong:catalog", aggregate_version=version)
    return Outgoing(ClusterChanged.topic, cluster, encode(event), {})


def wait(reached: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > until:
            pytest.fail(f"never came: {what}")
        time.sleep(0.05)


def is_ready(replica: Replica) -> bool:
    return asyncio.run(replica.ready()) is None


def total(serving: Serving, query: str) -> int:
    return serving.search(SearchRequest(query=query)).total


def whole_snapshots(objects: Objects) -> list[str]:
    return [key for key in asyncio.run(objects.list(f"{ROOT}/")) if key.endswith("manifest.json")]


def test_what_is_said_is_found_and_what_is_gone_is_not(
    broker: Running[EmbeddedBroker], start: Start, tmp_path: Path
) -> None:
    say(broker, ("c-1", 1, "Chợ nổi"), ("c-2", 1, "Chợ phiên"))
    serving = serving_nothing(tmp_path, "a")
    replica = start(serving, "a")
    wait(lambda: is_ready(replica), "readiness")
    assert total(serving, "cho") == 2
    say(broker, ("c-1", 2, None), ("c-2", 2, "Chợ quê"))
    found = {"cho": 1, "phien": 0, "que": 1}
    wait(lambda: {word: total(serving, word) for word in found} == found, "the changes")


def test_a_new_replica_starts_from_a_snapshot_and_follows_on(
    broker: Running[EmbeddedBroker], start: Start, objects: Objects, tmp_path: Path
) -> None:
    say(broker, *((f"c-{number}", 1, f"Văn bia {number}") for number in range(50)))
    first = start(serving_nothing(tmp_path, "a"), "a", timedelta(seconds=0.1))
    snapshots = Snapshots(objects, KafkaPublisher(broker.engine.bootstrap).cluster_id())

    def held() -> int:
        """How many messages are in the newest snapshot."""
        return sum((asyncio.run(snapshots.restore(tmp_path / "seen")) or {}).values())

    wait(lambda: held() == 50, "a snapshot of everything")
    first.stop()
    say(broker, ("c-new", 1, "Hương ước"), ("c-7", 2, None))
    serving = serving_nothing(tmp_path, "b")
    replica = start(serving, "b")
    wait(lambda: is_ready(replica), "readiness")
    wait(lambda: total(serving, "huong uoc") == 1, "what came after the snapshot")
    wait(lambda: total(serving, "van bia") == 49, "what went after the snapshot")


def test_a_snapshot_of_another_cluster_or_a_broken_one_is_passed_over(
    broker: Running[EmbeddedBroker], start: Start, objects: Objects, tmp_path: Path
) -> None:
    say(broker, ("c-1", 1, "Văn bia"))
    first = start(serving_nothing(tmp_path, "a"), "a", timedelta(seconds=0.1))
    wait(lambda: bool(whole_snapshots(objects)), "a snapshot")
    first.stop()
    assert asyncio.run(Snapshots(objects, "another").restore(tmp_path / "seen")) is None
    for key in asyncio.run(objects.list(f"{ROOT}/")):
        if key.endswith(".store"):
            asyncio.run(objects.put(key, b"broken", "application/octet-stream"))
    serving = serving_nothing(tmp_path, "b")
    replica = start(serving, "b")
    wait(lambda: is_ready(replica), "readiness")
    assert total(serving, "van bia") == 1


def test_an_index_is_built_anew_while_the_one_before_answers(
    broker: Running[EmbeddedBroker], start: Start, tmp_path: Path
) -> None:
    say(broker, *((f"c-{number}", 1, f"Gia phả {number}") for number in range(3000)))
    serving = serving_nothing(tmp_path, "a")
    replica = start(serving, "a")
    wait(lambda: total(serving, "gia pha") == 3000, "the first index")
    assert replica.rebuild()
    seen = {total(serving, "gia pha")}

    def replaced() -> bool:
        seen.add(total(serving, "gia pha"))
        return not (tmp_path / "a" / "index-1").exists()

    wait(replaced, "the new index")
    assert seen == {3000}
    assert is_ready(replica)
    assert total(serving, "gia pha") == 3000
    say(broker, ("c-0", 2, None))
    wait(lambda: total(serving, "gia pha") == 2999, "the new index to follow on")
    assert replica.rebuild()
