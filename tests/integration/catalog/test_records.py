"""From a recognised document to a published record and its end: the workflow, its events, its refusals."""

import asyncio

import orjson
import pytest

from shared.bus.held import HELD
from shared.bus.work import source_of
from shared.events import Event
from shared.events.documents import DocumentHoldsChanged, DocumentRearranged, DocumentRestored, DocumentSuperseded
from tests.integration.catalog.conftest import World


def names(events: list) -> list[str | None]:
    return [event.data.name if event else None for event in events]


async def test_a_document_becomes_a_published_record_step_by_step(world: World) -> None:
    record = await world.published("làng Hạ Lôi")

    steps = await world.told("records", record)
    assert names(steps) == ["record.drafted", "record.reviewed", "record.appraised", "record.published"]
    assert [event.aggregate_version for event in steps] == [1, 2, 3, 4]
    assert [event.data.by for event in steps] == [
        "catalog",
        "thu-vien-tinh/librarian-thu-vien-tinh",
        "so-vhttdl/appraiser-so-vhttdl",
        "thu-vien-tinh/librarian-thu-vien-tinh",
    ]
    states = await world.told("records-current", record)
    assert [(event.data.record.state, event.data.record.version) for event in states] == [
        ("draft", 1),
        ("reviewed", 2),
        ("appraised", 3),
        ("published", 4),
    ]
    public = await world.told("records-public", record)
    assert len(public) == 1
    assert public[0].data.by == "thu-vien-xa"
    assert public[0].data.public.text.key.startswith("documents/")
    seen = (await world.get(f"/v1/records/{record}")).json()
    assert (seen["state"], seen["library_name"], seen["internals"]) == ("published", "Thư viện xã", None)


async def test_the_appraiser_is_of_another_organisation_than_reviewer_and_library(world: World) -> None:
    record = await world.recognise("sách")
    await world.post(f"/v1/records/{record}/review", world.librarian, {})
    url = f"/v1/records/{record}/appraise"
    of_reviewer = await world.post(url, world.token("appraiser", "thu-vien-tinh"), {})
    of_library = await world.post(url, world.token("appraiser", "thu-vien-xa"), {})
    same_person = await world.post(url, world.token("appraiser", "so-vhttdl", sub="librarian-thu-vien-tinh"), {})
    not_appraiser = await world.post(url, world.operator, {})

    assert of_reviewer.json()["reason"] == of_library.json()["reason"] == "appraiser-of-same-organisation"
    assert same_person.json()["reason"] == "appraiser-is-reviewer"
    assert {r.status_code for r in (of_reviewer, of_library, same_person, not_appraiser)} == {403}
    assert (await world.post(url, world.appraiser, {})).status_code == 200


@pytest.mark.parametrize("step", ["appraise", "publish", "withdraw"])
async def test_a_step_out_of_order_is_a_conflict_that_says_why(world: World, step: str) -> None:
    record = await world.recognise("sách")
    who = world.appraiser if step == "appraise" else world.librarian
    refused = await world.post(f"/v1/records/{record}/{step}", who, {"note": "vì sao"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "wrong-state")
    assert "draft" in refused.json()["detail"]


async def test_who_acts_on_a_version_that_is_gone_is_told_so(world: World) -> None:
    record = await world.recognise("sách")
    stale = await world.client.post(f"/v1/records/{record}/review", headers={**world.librarian, "if-match": '"7"'})
    fresh = await world.client.post(f"/v1/records/{record}/review", headers={**world.librarian, "if-match": '"1"'})
    assert (stale.status_code, stale.json()["reason"]) == (412, "version-changed")
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"2"')


async def test_of_two_reviews_at_once_one_wins(world: World) -> None:
    record = await world.recognise("sách")
    url = f"/v1/records/{record}/review"
    answers = await asyncio.gather(*(world.post(url, world.librarian, {}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert names(await world.told("records", record)) == ["record.drafted", "record.reviewed"]


async def test_a_review_corrects_the_description_and_keeps_who_did_it(world: World) -> None:
    record = await world.recognise("sách")
    body = {"note": "Sửa nhan đề", "metadata": {"title": "Địa chí xã", "access_level": "registered"}}
    answer = (await world.post(f"/v1/records/{record}/review", world.librarian, body)).json()
    assert answer["metadata"]["title"] == "Địa chí xã"
    assert [(entry["action"], entry["note"]) for entry in answer["internals"]["history"]] == [
        ("draft", None),
        ("review", "Sửa nhan đề"),
    ]


@pytest.mark.parametrize("verdict", ["unscanned", "too_large"])
async def test_what_nobody_scanned_is_published_only_on_a_reasoned_word(world: World, verdict: str) -> None:
    record = await world.recognise("sách", verdict=verdict)
    await world.post(f"/v1/records/{record}/review", world.librarian, {})
    await world.post(f"/v1/records/{record}/appraise", world.appraiser, {})
    url = f"/v1/records/{record}/publish"
    plain = await world.post(url, world.librarian, {})
    reasonless = await world.post(url, world.librarian, {"override_unscanned": True, "note": " "})
    reasoned = await world.post(url, world.operator, {"override_unscanned": True, "note": "Máy quét chưa có"})
    assert [r.json().get("reason") for r in (plain, reasonless)] == ["not-scanned", "override-needs-reason"]
    assert reasoned.status_code == 200
    assert reasoned.json()["internals"]["override_reason"] == "Máy quét chưa có"


async def test_the_infected_is_never_published_and_does_not_stay_so(world: World) -> None:
    record = await world.published("sách")
    await world.scan(record, "infected", version=2)
    assert names(await world.told("records", record))[-1] == "record.withdrawn"
    assert (await world.told("records-public", record))[-1] is None
    for step, who in (("review", world.librarian), ("appraise", world.appraiser)):
        assert (await world.post(f"/v1/records/{record}/{step}", who, {})).status_code == 200
    body = {"override_unscanned": True, "note": "cứ đăng"}
    refused = await world.post(f"/v1/records/{record}/publish", world.operator, body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "infected")


async def test_a_verdict_that_came_before_the_draft_counts(world: World) -> None:
    record = await world.recognise("một")
    await world.scan(record, "clear", version=3)
    await world.scan(record, "infected", version=2)  # an older word, delivered late
    other = "r-" + "0" * 24
    await world.scan(other, "clear", version=2)
    whole = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    assert whole["internals"]["verdict"] == "clear"
    early = await world.recognise("hai", verdict="unscanned")
    await world.scan(early, "clear", version=2)
    states = await world.told("records-current", early)
    assert [(e.data.record.verdict, e.aggregate_version) for e in states] == [("unscanned", 1), ("clear", 2)]
    await world.publish(early)
    assert [event.aggregate_version for event in await world.told("records", early)] == [1, 2, 3, 4]  # gapless
    assert [event.aggregate_version for event in await world.told("records-current", early)] == [1, 2, 3, 4, 5]


async def test_a_withdrawn_record_goes_through_the_workflow_again(world: World) -> None:
    record = await world.published("sách")
    reasonless = await world.post(f"/v1/records/{record}/withdraw", world.librarian, {})
    gone = await world.post(f"/v1/records/{record}/withdraw", world.librarian, {"note": "Gia đình đề nghị"})
    assert (reasonless.status_code, gone.status_code) == (422, 200)
    assert (await world.get(f"/v1/records/{record}")).status_code == 404
    await world.publish(record)
    public = await world.told("records-public", record)
    assert names(public) == ["record.published", None, "record.published"]
    assert (await world.told("records", record))[4].data.reason == "Gia đình đề nghị"


async def test_access_can_only_be_narrowed_and_the_public_log_follows(world: World) -> None:
    record = await world.published("sách")
    url = f"/v1/records/{record}/restrict"
    for level in ("registered", "closed"):
        answer = await world.post(url, world.librarian, {"access_level": level, "note": "quyền"})
        assert answer.status_code == 200
    wider = await world.post(url, world.librarian, {"access_level": "public", "note": "mở"})
    assert (wider.status_code, wider.json()["reason"]) == (409, "access-not-narrower")
    public = await world.told("records-public", record)
    assert names(public) == ["record.published", "record.published", None]
    assert (public[0].data.public.text is None, public[1].data.public.text) == (False, None)
    assert [event.aggregate_version for event in await world.told("records", record)] == [1, 2, 3, 4]


async def test_a_later_reading_renews_the_record_an_older_one_does_not(world: World) -> None:
    record = await world.recognise("sách", version=2, confidence=70)
    await world.recognise("sách", version=1, confidence=10)
    await world.recognise("sách", version=3, confidence=95)
    states = await world.told("records-current", record)
    assert [event.data.record.confidence for event in states] == [70, 95]
    assert names(await world.told("records", record)) == ["record.drafted"]


async def test_a_document_of_an_unknown_library_waits_for_it(world: World) -> None:
    record = await world.recognise("sách", library="thu-vien-moi")
    held = await world.runtime.database[HELD].find_one({})
    assert (held["state"], held["reason"]) == ("parked", "library thu-vien-moi")
    body = {"library": "thu-vien-moi", "title": "Mới", "library_type": "commune", "contact": "a@b.example"}
    await world.post("/v1/libraries", world.operator, {**body, "own_system": False})
    await world.runtime.database[HELD].update_many({}, {"$set": {"next_attempt": held["held_at"]}})
    assert await world.delivery.retry_held() == 1
    assert names(await world.told("records", record)) == ["record.drafted"]


async def test_the_work_list_shows_to_each_their_own_oldest_first(world: World) -> None:
    first = await world.recognise("một")
    second = await world.recognise("hai", library="truong-le-loi")
    third = await world.recognise("ba")
    await world.published("bốn")

    async def ids(who: dict[str, str], query: str = "state=draft") -> list[str]:
        return [row["id"] for row in (await world.get(f"/v1/records?{query}", who)).json()["records"]]

    assert await ids(world.librarian) == [first, third]
    assert await ids(world.token("librarian", "truong-le-loi")) == [second]
    assert await ids(world.operator) == [first, second, third]
    assert len(await ids(world.appraiser, "")) == 3
    page = (await world.get("/v1/records?state=draft&limit=2", world.operator)).json()
    assert await ids(world.operator, f"state=draft&limit=2&cursor={page['next_cursor']}") == [third]
    assert (await world.get("/v1/records", world.token("reader"))).status_code == 403
    assert (await world.get("/v1/records?cursor=%00nonsense", world.operator)).status_code == 422


async def rearrange(world: World, record: str, *into: str, version: int = 2) -> None:
    document = "d-" + record[2:]
    data = DocumentRearranged(document=document, library="thu-vien-xa", into=into, by="thu-vien-xa/an")
    await world.deliver(Event(data=data, source=source_of("ocr"), aggregate_version=version))


async def test_the_record_of_a_split_document_leaves_the_workflow_for_good(world: World) -> None:
    draft, published = await world.recognise("hai truyện"), await world.published("đã công bố")
    for record in (draft, published):
        await rearrange(world, record, "d-" + "1" * 24, "d-" + "2" * 24)
        whole = (await world.get(f"/v1/records/{record}", world.librarian)).json()
        assert whole["state"] == "withdrawn"
        refused = await world.post(f"/v1/records/{record}/review", world.librarian, {})
        assert (refused.status_code, refused.json()["reason"]) == (409, "rearranged")
    assert names(await world.told("records", draft)) == ["record.drafted"]
    assert names(await world.told("records", published))[-1] == "record.withdrawn"
    assert (await world.told("records-public", published))[-1] is None


async def test_a_record_comes_back_when_a_merge_is_undone(world: World) -> None:
    record = await world.published("đã ghép")
    await rearrange(world, record, "d-" + "1" * 24)
    restored = DocumentRestored(document="d-" + record[2:], library="thu-vien-xa")
    await world.deliver(Event(data=restored, source=source_of("ocr"), aggregate_version=3))
    assert (await world.get(f"/v1/records/{record}", world.librarian)).json()["state"] == "withdrawn"
    assert (await world.post(f"/v1/records/{record}/review", world.librarian, {})).status_code == 200


async def test_a_new_scan_takes_over_what_persons_described(world: World) -> None:
    old, untouched = await world.published("sổ bộ"), await world.recognise("địa bạ")
    await world.post(f"/v1/records/{old}/restrict", world.librarian, {"access_level": "on-site", "note": "bản quý"})
    before = (await world.get(f"/v1/records/{old}", world.librarian)).json()
    for version, (record, title) in enumerate(((old, "quét lại"), (untouched, "quét lại nữa")), start=2):
        new = await world.recognise(title)
        data = DocumentSuperseded(document="d-" + record[2:], library="thu-vien-xa", successor="d-" + new[2:])
        await world.deliver(Event(data=data, source=source_of("ocr"), aggregate_version=version))
        gone = (await world.get(f"/v1/records/{record}", world.librarian)).json()
        assert (gone["state"], new[2:] in gone["internals"]["history"][-1]["note"]) == ("withdrawn", True)
        made = (await world.get(f"/v1/records/{new}", world.librarian)).json()
        expected = before["metadata"]["title"] if record == old else f"Lịch sử {title}"
        assert (made["state"], made["metadata"]["title"]) == ("draft", expected)
        assert made["metadata"]["access_level"] == gone["metadata"]["access_level"]
    assert (await world.told("records-public", old))[-1] is None


async def test_a_verdict_on_what_was_handed_in_reaches_what_was_made_of_it(world: World) -> None:
    whole, other = await world.recognise("nguyên"), await world.recognise("khác")
    origins = tuple("d-" + record[2:] for record in (whole, other))
    part = await world.recognise("phần", origins=origins, verdict="unscanned")

    async def verdict() -> str:
        return str((await world.get(f"/v1/records/{part}", world.librarian)).json()["internals"]["verdict"])

    await world.scan(whole, "clear", version=2)
    assert await verdict() == "unscanned"
    await world.scan(other, "clear", version=2)
    assert await verdict() == "clear"
    await world.scan(other, "infected", version=3)
    assert await verdict() == "infected"
    later = await world.recognise("phần sau", origins=origins, verdict="clear")
    assert (await world.get(f"/v1/records/{later}", world.librarian)).json()["internals"]["verdict"] == "infected"


async def test_a_text_that_is_not_trusted_waits_for_a_better_one(world: World) -> None:
    record = await world.recognise("bản mờ", trust={"expected_cer": 0.3, "decision": "re-scan"})
    (listed,) = (await world.get("/v1/records?decision=re-scan", world.librarian)).json()["records"]
    assert (listed["id"], listed["decision"]) == (record, "re-scan")
    await world.post(f"/v1/records/{record}/review", world.librarian, {})
    await world.post(f"/v1/records/{record}/appraise", world.appraiser, {})
    url = f"/v1/records/{record}/publish"
    plain = await world.post(url, world.librarian, {})
    reasonless = await world.post(url, world.librarian, {"override_trust": True})
    assert [r.json()["reason"] for r in (plain, reasonless)] == ["text-not-trusted", "override-needs-reason"]
    assert "30.0 %" in plain.json()["detail"]

    await world.recognise("bản mờ", version=2, edition=2, trust={"expected_cer": 0.002, "decision": "publish"})
    published = await world.post(url, world.librarian, {})
    assert published.status_code == 200
    internals = published.json()["internals"]
    assert internals["trust"] == {"expected_cer": 0.002, "decision": "publish"}
    assert internals["override_reason"] is None


async def test_a_persons_word_publishes_an_ill_read_text(world: World) -> None:
    record = await world.recognise("bản duy nhất", trust={"expected_cer": 0.3, "decision": "re-read"})
    await world.post(f"/v1/records/{record}/review", world.librarian, {})
    await world.post(f"/v1/records/{record}/appraise", world.appraiser, {})
    body = {"override_trust": True, "note": "Bản duy nhất còn lại"}
    published = await world.post(f"/v1/records/{record}/publish", world.librarian, body)
    assert published.json()["internals"]["override_reason"] == "Bản duy nhất còn lại"


async def test_a_corrected_text_is_found_and_the_record_stays_published(world: World) -> None:
    record = await world.published("làng Hạ Lôi", failed_pages=(1, 2))
    await world.correct(record, "Đình làng Hạ Lôi dựng năm 1820.", version=2)
    await world.index()
    seen = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    assert seen["state"] == "published"
    assert seen["internals"]["failed_pages"] == [2]
    assert seen["internals"]["history"][-1]["action"] == "correct"
    assert "thu-vien-xa/thu-thu" in seen["internals"]["history"][-1]["note"]
    assert await world.found("1820") == [record]


async def test_a_correction_waits_for_its_record(world: World) -> None:
    record = await world.correct("r-" + "0" * 24, "x", version=2)
    held = await world.runtime.database[HELD].find_one({"state": "parked"})
    assert held is not None
    assert record[2:] in held["reason"]


async def test_what_holds_the_handed_in_holds_what_was_made_of_it(world: World) -> None:
    whole = await world.recognise("nguyên")
    part = await world.recognise("phần", origins=("d-" + whole[2:],))
    for version, holds in ((2, ("deposit-unsigned",)), (3, ())):
        data = DocumentHoldsChanged(document="d-" + whole[2:], library="thu-vien-xa", holds=holds)
        await world.deliver(Event(data=data, source=source_of("ingest"), aggregate_version=version))
        await world.post(f"/v1/records/{part}/review", world.librarian, {})
        await world.post(f"/v1/records/{part}/appraise", world.appraiser, {})
        answer = await world.post(f"/v1/records/{part}/publish", world.librarian, {})
        assert answer.status_code == (409 if holds else 200), answer.text


async def test_the_draft_of_the_pages_is_shown_to_those_who_work_on_the_record(world: World) -> None:
    found = {
        "value": "Địa chí",
        "confidence": 0.97,
        "rule": "title-page",
        "evidence": [{"page": 1, "quote": "ĐỊA CHÍ"}],
    }
    body = orjson.dumps({"form": "book", "title": found})
    draft = await world.runtime.objects.put("documents/d/draft", body, "application/json")
    record = await world.published("địa chí", draft=draft)
    shown = (await world.get(f"/v1/records/{record}", world.librarian)).json()
    assert shown["internals"]["draft"]["title"]["value"] == "Địa chí"
    assert (await world.get(f"/v1/records/{record}")).json()["internals"] is None
    await world.runtime.objects.delete(draft.key)
    gone = await world.get(f"/v1/records/{record}", world.librarian)
    assert (gone.status_code, gone.json()["internals"]["draft"]) == (200, None)
