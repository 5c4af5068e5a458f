"""What a text holds that may not be public keeps its record back until a person has judged it."""

from __future__ import annotations

import hashlib

from shared.bus.held import HELD
from shared.events import Event
from shared.events.documents import DocumentContentJudged, DocumentHoldsChanged
from tests.integration.catalog.conftest import World

NUMBER = {"kind": "identity-number", "rule": "identity-number", "page": 1, "evidence": "06••••••••••"}
STAMP = {"kind": "state-secret", "rule": "stamp-mat", "page": 1, "evidence": "MẬT"}
LIBRARY = "thu-vien-xa"


async def hold(world: World, record: str, *holds: str, version: int) -> None:
    data = DocumentHoldsChanged(document=document_of(record), library=LIBRARY, holds=holds)
    await world.deliver(Event(data, source="urn:lienthong:ingest", aggregate_version=version))


async def judge(world: World, record: str, judgement: str, version: int, **given: str) -> None:
    facts = {
        "document": document_of(record),
        "library": LIBRARY,
        "judgement": judgement,
        "by": "tv/lan",
        "reason": "đã xem",
    }
    data = DocumentContentJudged.model_validate(facts | given)
    await world.deliver(Event(data, source="urn:lienthong:ingest", aggregate_version=version))


def document_of(record: str) -> str:
    return "d-" + record[2:]


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


async def test_a_judgement_reaches_what_was_split_off_before_and_after(world: World) -> None:
    whole = await world.recognise("hồ sơ")
    origins = (document_of(whole),)
    before = await world.recognise("hồ sơ, phần 1", origins=origins)
    await judge(world, whole, "restricted", 3, access_level="on-site")
    after = await world.recognise("hồ sơ, phần 2", origins=origins)
    for record in (whole, before, after):
        shown = (await world.get(f"/v1/records/{record}", world.librarian)).json()
        assert shown["metadata"]["access_level"] == "on-site"
    wider = {"metadata": {"title": "Hồ sơ", "access_level": "public"}, "note": "Tôi cho là không sao"}
    refused = await world.post(f"/v1/records/{after}/review", world.librarian, wider)
    assert (refused.status_code, refused.json()["reason"]) == (409, "wider-than-judged")


async def test_of_a_state_secret_nothing_is_left_in_its_parts_nor_comes_late(world: World) -> None:
    whole = await world.recognise("kế hoạch B")
    origins = (document_of(whole),)
    published = await world.published("kế hoạch B, phần 1", origins=origins)
    await judge(world, whole, "state-secret", 3)
    for record in (whole, published):
        state = (await world.told("records-current", record))[-1]
        assert state is not None
        assert state.data.record.metadata.title == "(đã huỷ)"  # type: ignore[attr-defined]
    assert (await world.told("records-public", published))[-1] is None
    await world.recognise("kế hoạch B", version=2)
    await world.correct(published, "Chữ đã sửa", version=2)
    late = await world.recognise("kế hoạch B, phần 2", origins=origins)
    rows = await world.runtime.database["records"].find({}, {"text": 1}).to_list()
    assert {row["_id"]: row["text"] for row in rows} == {whole: None, published: None}
    assert await world.told("records", late) == []


async def test_a_judgement_before_the_text_came_holds_nothing_up(world: World) -> None:
    early = "r-" + hashlib.sha256("chưa đọc".encode()).hexdigest()[:24]
    await judge(world, early, "restricted", 2, access_level="closed")
    assert await world.recognise("chưa đọc", concerns=(NUMBER,)) == early
    shown = (await world.get(f"/v1/records/{early}", world.librarian)).json()
    assert shown["metadata"]["access_level"] == "closed"
    assert await world.runtime.database[HELD].count_documents({}) == 0


async def test_a_suspicion_seals_at_once_whatever_else_holds_the_document(world: World) -> None:
    record = "r-" + hashlib.sha256("ký gửi".encode()).hexdigest()[:24]
    await hold(world, record, version=2)
    await world.recognise("ký gửi", concerns=(STAMP,))
    answer = await world.get(f"/v1/records/{record}/text", world.appraiser)
    assert (answer.status_code, answer.json()["reason"]) == (403, "reading-sealed")


async def test_a_later_reading_that_raises_a_concern_is_not_published(world: World) -> None:
    record = await world.published("niên giám")
    await world.recognise("niên giám", version=2, concerns=(STAMP,))
    assert (await world.told("records-public", record))[-1] is None
    assert (await world.get(f"/v1/records/{record}/text")).status_code == 404


async def test_what_is_found_in_a_part_waits_for_the_judgement_on_the_whole(world: World) -> None:
    whole = await world.recognise("sổ")
    part = await world.recognise("sổ, phần 1", origins=(document_of(whole),), concerns=(NUMBER,))
    await hold(world, whole, "deposit-unsigned", version=2)
    await hold(world, whole, version=3)
    await ready(world, part)
    assert (await world.post(f"/v1/records/{part}/publish", world.librarian, {})).json()["reason"] == "held"
    await judge(world, whole, "harmless", 4)
    assert (await world.post(f"/v1/records/{part}/publish", world.librarian, {})).status_code == 200


async def test_of_what_is_sealed_not_even_the_title_is_shown(world: World) -> None:
    record = await world.recognise("căn cứ X", concerns=(STAMP,))
    shown = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    listed = (await world.get("/v1/records", world.appraiser)).json()["records"]
    assert (shown["metadata"]["title"], [row["title"] for row in listed]) == ("(đang niêm phong)", [None])
    refused = await world.post(f"/v1/records/{record}/review", world.librarian, {"metadata": shown["metadata"]})
    assert (refused.status_code, refused.json()["reason"]) == (403, "reading-sealed")
    await judge(world, record, "harmless", 3)
    await hold(world, record, version=4)
    assert (await world.get(f"/v1/records/{record}", world.librarian)).json()["metadata"]["title"].endswith("căn cứ X")


async def test_a_correction_that_shows_a_stamp_seals_the_record(world: World) -> None:
    record = await world.published("công văn")
    await world.correct(record, "MẬT", version=2, concerns=(STAMP,))
    assert (await world.told("records-public", record))[-1] is None
    answer = await world.get(f"/v1/records/{record}/text", world.librarian)
    assert (answer.status_code, answer.json()["reason"]) == (403, "reading-sealed")
