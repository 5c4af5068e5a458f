"""What a text holds that may not be public keeps its record back until a person has judged it."""

from __future__ import annotations

import hashlib

from shared.events import Event
from shared.events.documents import DocumentContentJudged, DocumentHoldsChanged
from tests.integration.catalog.conftest import World

NUMBER = {"kind": "identity-number", "rule": "identity-number", "page": 1, "evidence": "06••••••••••"}
STAMP = {"kind": "state-secret", "rule": "stamp-mat", "page": 1, "evidence": "MẬT"}
LIBRARY = "thu-vien-xa"


async def hold(world: World, record: str, *holds: str, version: int) -> None:
    data = DocumentHoldsChanged(document="d-" + record[2:], library=LIBRARY, holds=holds)
    await world.deliver(Event(data, source="urn:lienthong:ingest", aggregate_version=version))


async def judge(world: World, record: str, judgement: str, version: int, **given: str) -> None:
    facts = {
        "document": "d-" + record[2:],
        "library": LIBRARY,
        "judgement": judgement,
        "by": "tv/lan",
        "reason": "đã xem",
    }
    data = DocumentContentJudged.model_validate(facts | given)
    await world.deliver(Event(data, source="urn:lienthong:ingest", aggregate_version=version))


async def ready(world: World, record: str) -> None:
    await world.post(f"/v1/records/{record}/review", world.librarian, {})
    await world.post(f"/v1/records/{record}/appraise", world.appraiser, {})


async def test_a_text_with_identity_numbers_waits_for_a_person(world: World) -> None:
    record = await world.recognise("sổ hộ khẩu", concerns=(NUMBER,))
    await ready(world, record)
    refused = await world.post(f"/v1/records/{record}/publish", world.librarian, {})
    assert (refused.status_code, refused.json()["reason"]) == (409, "held")
    assert "content-undecided" in refused.json()["detail"]
    await hold(world, record, version=3)
    assert (await world.post(f"/v1/records/{record}/publish", world.librarian, {})).status_code == 200


async def test_a_restricted_text_is_published_to_fewer(world: World) -> None:
    record = await world.recognise("danh sách", concerns=(NUMBER,))
    await judge(world, record, "restricted", 3, access_level="on-site")
    await hold(world, record, version=4)
    await world.publish(record)
    shown = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    assert shown["metadata"]["access_level"] == "on-site"
    assert [entry["action"] for entry in shown["internals"]["history"]][1:3] == ["judge", "hold"]


async def test_a_suspected_secret_is_read_by_nobody(world: World) -> None:
    record = await world.recognise("báo cáo", concerns=(STAMP,))
    for person in (world.librarian, world.appraiser, world.operator):
        answer = await world.get(f"/v1/records/{record}/text", person)
        assert (answer.status_code, answer.json()["reason"]) == (403, "reading-sealed")


async def test_of_a_state_secret_nothing_is_left(world: World) -> None:
    record = await world.recognise("kế hoạch phòng thủ", concerns=(STAMP,))
    await judge(world, record, "state-secret", 3)
    state = (await world.told("records-current", record))[-1]
    assert state is not None
    left = state.data.record  # type: ignore[attr-defined]
    assert (left.metadata.title, left.text, left.manifest) == ("(đã huỷ)", None, None)
    await ready(world, record)
    assert (await world.post(f"/v1/records/{record}/publish", world.operator, {})).status_code == 409


async def test_what_is_held_later_does_not_stay_published(world: World) -> None:
    record = await world.published("sách")
    await hold(world, record, "deposit-ended", version=5)
    assert (await world.told("records-public", record))[-1] is None
    await hold(world, record, version=4)  # an older word, delivered late
    shown = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    assert shown["state"] == "withdrawn"


async def test_holds_that_came_before_the_draft_count(world: World) -> None:
    early = "r-" + hashlib.sha256("sớm".encode()).hexdigest()[:24]
    await hold(world, early, "deposit-unsigned", version=2)
    assert await world.recognise("sớm") == early
    await ready(world, early)
    assert (await world.post(f"/v1/records/{early}/publish", world.librarian, {})).json()["reason"] == "held"


async def test_a_review_that_opens_further_says_why(world: World) -> None:
    record = await world.recognise("sách", access_level="on-site")
    body = {"metadata": {"title": "Sách", "access_level": "public"}}
    url = f"/v1/records/{record}/review"
    refused = await world.post(url, world.librarian, body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "wider-needs-reason")
    assert (await world.post(url, world.librarian, body | {"note": "Tác giả đồng ý"})).status_code == 200
