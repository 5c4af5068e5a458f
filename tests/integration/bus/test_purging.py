"""What the outbox forgets, step by step, over the real MongoDB."""

from datetime import UTC, datetime

import pytest

from shared.bus import purging
from shared.bus.memory import MemoryPublisher
from shared.bus.outbox import Said, row_of
from tests.integration.bus.scene import LOG, STATE, Scene, forget_all, heard


def send(scene: Scene) -> None:
    scene.relay(MemoryPublisher(scene.broker)).turn()


def test_the_newest_of_a_key_is_what_was_committed_last_not_what_was_numbered_last(scene: Scene) -> None:
    """What a row takes along of the second parcel gives numbers to that parcel before the first has any."""
    scene.writer.commit((STATE, "k"), bulk=True)
    scene.writer.commit((STATE, "k"), (STATE, "urgent"), bulk=True)
    scene.writer.commit((STATE, "urgent"))
    send(scene)
    assert sum(forget_all(scene.outbox)) == 2
    scene.broker.restart()
    send(scene)
    assert heard(scene.broker) == {(STATE, "k"): [1], (STATE, "urgent"): [1]}


@pytest.mark.parametrize("bulk", [False, True])
def test_a_step_is_small(scene: Scene, monkeypatch: pytest.MonkeyPatch, *, bulk: bool) -> None:
    monkeypatch.setattr(purging, "MESSAGES_AT_ONCE", 4)
    for _ in range(5):
        scene.writer.commit(*[(LOG, f"k{number}") for number in range(2)], bulk=bulk)
    send(scene)
    assert forget_all(scene.outbox) == [4, 4, 2]


def test_no_body_is_read(scene: Scene) -> None:
    for bulk in (False, True, True):
        scene.writer.commit(*[(topic, f"k{number}") for topic in (LOG, STATE) for number in range(3)], bulk=bulk)
        send(scene)
        scene.reads.replies.clear()
        assert sum(forget_all(scene.told)) >= 3
        assert scene.reads.replies
        assert not any("body " in repr(reply) for reply in scene.reads.replies)


def test_what_was_said_on_a_topic_that_is_no_more_is_forgotten(scene: Scene) -> None:
    row = row_of(Said("of-an-earlier-release", "k", "1", "urn:lienthong:ingest", b"{}"))
    scene.outbox.insert_one(row | {"sent": True, "sent_at": datetime(2026, 1, 1, tzinfo=UTC), "sequence": 1})
    assert forget_all(scene.outbox) == [1]
