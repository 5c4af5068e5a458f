"""Whom a document waits for, who did what when, and what many at once become."""

from services.ocr.concerns.store import note_destroyed
from services.ocr.worklist.corrections import MOST_CORRECTIONS
from tests.integration.worklist.conftest import LEAVES, OTHER_LIBRARY, World

NOBODY = "d-" + "0" * 24


async def stage(world: World, document: str) -> tuple[str, str]:
    body = (await world.get(f"/{document}")).json()["document"]
    return body["stage"], body["waits_for"]


async def act(world: World, action: str, *documents: str, **more: object) -> list[tuple[bool, str | None]]:
    answer = await world.post("/acts", {"action": action, "documents": list(documents), **more})
    assert answer.status_code == 200, answer.text
    return [(one["done"], one["reason"]) for one in answer.json()]


async def test_what_was_read_waits_for_a_librarian_of_its_library(world: World, tales: str, craft: str) -> None:
    listed = (await world.get("")).json()["documents"]
    assert {row["id"]: (row["stage"], row["waits_for"]) for row in listed} == {
        tales: ("to-check", "librarian"),
        craft: ("to-check", "librarian"),
    }
    assert (await world.get("", org=OTHER_LIBRARY)).json()["documents"] == []
    assert len((await world.get("", role="operator", org="so-vhttdl")).json()["documents"]) == 2
    assert [row["id"] for row in (await world.get("", batch="dot-1")).json()["documents"]] == [craft]
    refused = await world.get(f"/{tales}", org=OTHER_LIBRARY)
    assert (refused.status_code, refused.json()["reason"]) == (403, "other-library")
    assert (await world.get("", role="reader")).status_code == 403
    assert (await world.get(f"/{NOBODY}")).status_code == 404


async def test_the_list_goes_on_after_a_document(world: World, tales: str, craft: str) -> None:
    first = (await world.get("", limit=1)).json()
    second = (await world.get("", limit=1, after=first["next_after"])).json()
    assert [row["id"] for row in first["documents"] + second["documents"]] == [tales, craft]
    assert second["next_after"] is None
    assert (await world.get("", after=NOBODY)).status_code == 404


async def test_many_are_approved_at_once_and_those_that_cannot_be_say_why(world: World, tales: str, craft: str) -> None:
    assert await act(world, "approve", tales) == [(True, None)]
    assert await act(world, "approve", tales, craft, NOBODY) == [
        (False, "wrong-stage"),
        (True, None),
        (False, "no-such-document"),
    ]
    assert await stage(world, tales) == ("approved", "catalog")
    history = (await world.get(f"/{tales}")).json()
    assert [(entry["action"], entry["by"]) for entry in history["log"]] == [
        ("approve", "thu-vien-tinh/librarian-thu-vien-tinh")
    ]
    assert [(step["name"], step["state"]) for step in history["steps"]] == [
        ("received", "done"),
        ("read", "done"),
        ("checked", "done"),
        ("approved", "done"),
        ("catalogued", "current"),
    ]


async def test_nobody_acts_on_another_librarys_document(world: World, tales: str) -> None:
    answer = await world.post("/acts", {"action": "approve", "documents": [tales]}, org=OTHER_LIBRARY)
    assert answer.json() == [{"document": tales, "done": False, "reason": "other-library"}]
    assert await stage(world, tales) == ("to-check", "librarian")


async def test_a_rescan_is_asked_for_with_a_reason(world: World, tales: str) -> None:
    assert await act(world, "ask-rescan", tales) == [(False, "note-needed")]
    assert await act(world, "ask-rescan", tales, note="Trang 2 mờ") == [(True, None)]
    assert await stage(world, tales) == ("to-rescan", "scanning")
    assert (await world.get(f"/{tales}")).json()["log"][0]["note"] == "Trang 2 mờ"


async def test_work_is_assigned_to_people_of_the_library(world: World, tales: str) -> None:
    me = "thu-vien-tinh/librarian-thu-vien-tinh"
    assert await act(world, "assign", tales, to="thu-vien-xa/an") == [(False, "assignee-elsewhere")]
    assert await act(world, "assign", tales, to=me) == [(True, None)]
    assert [row["id"] for row in (await world.get("", mine=True)).json()["documents"]] == [tales]
    assert await act(world, "assign", tales) == [(True, None)]
    assert (await world.get("", mine=True)).json()["documents"] == []


async def test_what_is_read_again_comes_back_to_be_checked(world: World, craft: str) -> None:
    await act(world, "approve", craft)
    assert await act(world, "re-read", craft) == [(True, None)]
    assert await stage(world, craft) == ("reading", "machine")
    await world.settle()
    assert await stage(world, craft) == ("to-check", "librarian")
    assert len(await world.rows("readings", document=craft)) == 2
    assert [event.name for event in await world.told(craft)] == ["document.recognised"]


async def test_a_split_document_becomes_parts_with_the_same_pages(world: World, tales: str) -> None:
    before = {row["_id"]: row for row in await world.rows("pages", document=tales)}
    answer = await world.post(f"/{tales}/split", {"firsts": [4], "titles": ["Truyện hồ Ba Bể", ""]})
    first, second = answer.json()["documents"]
    await world.settle()
    assert await stage(world, tales) == ("rearranged", "nobody")
    assert [await stage(world, one) for one in (first, second)] == [("to-check", "librarian")] * 2
    pages = await world.rows("pages", document=second)
    assert [(page["number"], page["origin"]) for page in pages] == [(1, f"{tales}:0004")]
    assert pages[0]["original"] == before[f"{tales}:0004"]["original"]
    assert pages[0]["frame"] == 4
    whole, part = await world.document(tales), await world.document(second)
    assert (whole["into"], part["origins"]) == ([first, second], [tales])
    assert part["metadata"]["title"] == "Truyện cổ Ba Bể (2)"
    text = (await world.runtime.objects.get(part["text"]["key"])).decode()
    assert "Nghề đan lát" in text
    assert "Ba Bể" not in text
    gone = (await world.told(tales))[-1]
    assert (gone.name, gone.into) == ("document.rearranged", (first, second))
    (made,) = await world.told(second)
    assert (made.name, made.pages, made.origins, made.verdict) == ("document.recognised", 1, (tales,), "clear")


async def test_a_part_is_read_again_from_its_original(world: World, tales: str) -> None:
    _, second = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    await world.settle()
    await act(world, "re-read", second)
    await world.settle()
    readings = await world.rows("readings", document=second)
    assert len(readings) == 2
    assert "đan lát" in readings[-1]["text"]


async def test_parts_rise_and_lie_in_the_document(world: World, tales: str) -> None:
    for firsts in ([5], [3, 2], [2, 2]):
        answer = await world.post(f"/{tales}/split", {"firsts": firsts})
        assert (answer.status_code, answer.json()["reason"]) == (422, "bad-parts")
    assert (await world.post(f"/{tales}/split", {"firsts": []})).status_code == 422
    assert await stage(world, tales) == ("to-check", "librarian")


async def test_merged_documents_become_one_as_closed_as_the_most_closed(world: World, tales: str, craft: str) -> None:
    level = {"$set": {"metadata.access_level": "on-site", "verdict": "unscanned"}}
    await world.runtime.database["documents"].update_one({"_id": craft}, level)
    (made,) = (await world.post("/merge", {"documents": [craft, tales], "title": "Tập hai"})).json()["documents"]
    await world.settle()
    row = await world.document(made)
    assert (row["pages"], row["metadata"]["title"], row["origins"]) == (5, "Tập hai", sorted([craft, tales]))
    assert (row["metadata"]["access_level"], row["verdict"]) == ("on-site", "unscanned")
    pages = await world.rows("pages", document=made)
    assert [page["origin"] for page in pages] == [f"{craft}:0001", *(f"{tales}:{n:04d}" for n in range(1, 5))]
    assert [await stage(world, one) for one in (tales, craft)] == [("rearranged", "nobody")] * 2
    again = await world.post("/merge", {"documents": [craft, tales]})
    assert (again.status_code, again.json()["reason"]) == (409, "wrong-stage")


async def test_documents_of_two_classes_are_not_merged(world: World, tales: str, craft: str) -> None:
    change = {"$set": {"metadata.collection_class": "rare"}}
    await world.runtime.database["documents"].update_one({"_id": craft}, change)
    refused = await world.post("/merge", {"documents": [tales, craft]})
    assert (refused.status_code, refused.json()["reason"]) == (409, "not-mergeable")


async def test_a_corrected_line_is_a_reading_of_its_own(world: World, tales: str) -> None:
    (before,) = await world.rows("readings", page=f"{tales}:0001")
    body = {"reading": before["_id"], "lines": {"1": "Sự tích  hồ Ba Bể và bà góa"}}
    url = f"/{tales}/pages/1/corrections"
    assert (await world.post(url, body)).json() == {"lines": 1}
    late = await world.post(url, body)
    assert (late.status_code, late.json()["reason"]) == (409, "page-changed")
    await world.settle()
    old, new = sorted(await world.rows("readings", page=f"{tales}:0001"), key=lambda row: row["read_at"])
    assert old == before
    assert (new["engine"], new["by"], new["corrects"]) == (
        "person",
        "thu-vien-tinh/librarian-thu-vien-tinh",
        before["_id"],
    )
    assert new["text"].splitlines()[0] == "Sự tích hồ Ba Bể và bà góa"
    assert new["text"].splitlines()[1:] == before["text"].splitlines()[1:]
    document = await world.document(tales)
    text = (await world.runtime.objects.get(document["text"]["key"])).decode()
    assert text.startswith("Sự tích hồ Ba Bể và bà góa")
    assert "đan lát" in text
    (told,) = await world.told(tales)
    assert (told.name, told.corrections[0].number) == ("document.text-corrected", 1)
    for kind in ("hocr", "alto"):
        assert "góa".encode() in await world.runtime.objects.get(new[kind]["key"])
    assert (await world.get(f"/{tales}")).json()["log"][0]["page"] == 1


async def test_a_line_that_a_person_garbled_makes_the_page_doubtful(world: World, craft: str) -> None:
    (before,) = await world.rows("readings", page=f"{craft}:0001")
    body = {"reading": before["_id"], "lines": {"1": "Qxzw kjhgf wrtpq zxcvb mnbvq wqzxk"}}
    assert (await world.post(f"/{craft}/pages/1/corrections", body)).json() == {"lines": 1}
    (new,) = await world.rows("readings", page=f"{craft}:0001", engine="person")
    assert new["signals"] != before["signals"]
    assert new["expected_cer"] > before["expected_cer"]


async def test_a_correction_after_approval_asks_for_approval_again(world: World, craft: str) -> None:
    await act(world, "approve", craft)
    (reading,) = await world.rows("readings", page=f"{craft}:0001")
    body = {"reading": reading["_id"], "lines": {"1": "Nghề đan rổ"}}
    assert (await world.post(f"/{craft}/pages/1/corrections", body)).json() == {"lines": 1}
    assert await stage(world, craft) == ("to-check", "librarian")


async def test_what_was_not_changed_makes_no_reading(world: World, craft: str) -> None:
    (reading,) = await world.rows("readings", page=f"{craft}:0001")
    same = reading["text"].splitlines()[0]
    url = f"/{craft}/pages/1/corrections"
    assert (await world.post(url, {"reading": reading["_id"], "lines": {"1": f" {same} "}})).json() == {"lines": 0}
    unknown = await world.post(url, {"reading": reading["_id"], "lines": {"99": "x"}})
    assert (unknown.status_code, unknown.json()["reason"]) == (422, "no-such-line")
    assert len(await world.rows("readings", page=f"{craft}:0001")) == 1


async def test_letters_that_no_file_can_carry_are_left_out(world: World, craft: str) -> None:
    (reading,) = await world.rows("readings", page=f"{craft}:0001")
    body = {"reading": reading["_id"], "lines": {"1": "Nghề\u0000 <b>&\u0007 đan\ufffe"}}
    assert (await world.post(f"/{craft}/pages/1/corrections", body)).status_code == 200
    (new,) = await world.rows("readings", page=f"{craft}:0001", engine="person")
    assert new["text"].splitlines()[0] == "Nghề <b>& đan"
    await world.settle()
    assert (await world.document(craft))["state"] == "recognised"


async def test_the_plan_is_compared_with_what_is_approved(world: World, tales: str) -> None:
    await act(world, "approve", tales)
    (line,) = (await world.get("/plan")).json()
    assert (line["collection_class"], line["digitised"], line["approved"]) == ("local-history", 2, 1)
    assert (line["goal_share"], line["share"]) == (None, None)
    assert (await world.get("/plan", org=OTHER_LIBRARY)).json() == []


async def test_what_is_still_to_be_judged_is_not_split(world: World, tales: str) -> None:
    concern = {"concerns": [{"kind": "contact", "page": 1}]}
    await world.runtime.database["documents"].update_one({"_id": tales}, {"$set": concern})
    refused = await world.post(f"/{tales}/split", {"firsts": [2]})
    assert (refused.status_code, refused.json()["reason"]) == (409, "content-not-cleared")
    await world.runtime.database["documents"].update_one({"_id": tales}, {"$set": {"judgement": "harmless"}})
    assert (await world.post(f"/{tales}/split", {"firsts": [2]})).status_code == 200


async def test_what_is_destroyed_is_destroyed_in_every_part(world: World, tales: str, craft: str) -> None:
    first, second = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    await world.settle()
    await world.reject(tales)
    assert [row["_id"] for row in await world.rows("documents")] == [craft]
    for collection in ("pages", "readings", "editions"):
        assert {row["document"] for row in await world.rows(collection)} == {craft}
    for document in (tales, first, second):
        assert await world.runtime.objects.list(f"documents/{document}") == []


async def test_a_merge_with_a_secret_is_undone_for_the_others(world: World, tales: str, craft: str) -> None:
    _, part = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    await world.settle()
    secret = await world.scan("Mật", LEAVES[2:3])
    (merged,) = (await world.post("/merge", {"documents": [secret, craft, part]})).json()["documents"]
    await world.settle()
    (reading,) = await world.rows("readings", page=f"{merged}:0002")
    body = {"reading": reading["_id"], "lines": {"1": "Nghề đan rổ"}}
    assert (await world.post(f"/{merged}/pages/2/corrections", body)).json() == {"lines": 1}
    await act(world, "re-read", merged)
    await world.settle()

    await world.reject(secret)
    await world.settle()
    assert await world.rows("documents", _id={"$in": [secret, merged]}) == []
    for document in (secret, merged):
        assert await world.runtime.objects.list(f"documents/{document}/") == []
    assert [await stage(world, one) for one in (craft, part)] == [("to-check", "librarian")] * 2
    assert await stage(world, tales) == ("rearranged", "nobody")
    assert [(await world.document(one))["into"] for one in (craft, part)] == [[], []]
    row = await world.document(craft)
    assert (await world.runtime.objects.get(row["text"]["key"])).decode().startswith("Nghề đan rổ")
    told = [event.name for event in await world.told(craft)]
    assert told == ["document.rearranged", "document.restored", "document.text-corrected"]
    (again,) = await world.rows("readings", page=f"{part}:0001", attempt=2)
    page = (await world.rows("pages", document=part))[0]
    assert (page["reading"], page["attempt"]) == (again["_id"], 2)
    assert await world.runtime.objects.get(again["image"]["key"])
    for name in ("document.restored", "document.recognised"):
        assert name in [event.name for event in await world.told(part)]


async def test_what_is_read_or_bound_late_leaves_nothing_of_what_is_destroyed(
    world: World, tales: str, craft: str
) -> None:
    await act(world, "re-read", tales)
    await world.reject(tales)
    await world.settle()
    assert {row["document"] for row in await world.rows("readings")} == {craft}
    assert await world.runtime.objects.list(f"documents/{tales}") == []
    assert [row["in_flight"] for row in await world.rows("meters")] == [0]


async def test_others_are_read_in_place_of_pages_that_are_destroyed(world: World, tales: str, craft: str) -> None:
    await act(world, "re-read", tales)
    await act(world, "re-read", craft)
    assert [row["state"] for row in await world.rows("pages", document=craft)] == ["waiting"]
    await world.reject(tales)
    assert [row["state"] for row in await world.rows("pages", document=craft)] == ["requested"]
    await world.settle()
    assert await stage(world, craft) == ("to-check", "librarian")


async def test_files_made_while_a_document_is_destroyed_are_not_kept(world: World, craft: str) -> None:
    objects = world.runtime.objects
    (reading,) = await world.rows("readings", document=craft)
    url, body = f"/{craft}/pages/1/corrections", {"reading": reading["_id"], "lines": {"1": "Nghề đan rổ"}}
    assert (await world.post(url, body)).status_code == 200
    before = await objects.list(f"documents/{craft}")
    await note_destroyed(world.runtime.database, [craft])
    await world.settle()
    assert set(await objects.list(f"documents/{craft}")) <= set(before)
    assert len(await world.rows("editions", document=craft)) == 1
    (new,) = await world.rows("readings", document=craft, engine="person")
    refused = await world.post(url, {"reading": new["_id"], "lines": {"1": "Nghề đan rá"}})
    assert (refused.status_code, refused.json()["reason"]) == (404, "no-such-document")
    assert set(await objects.list(f"documents/{craft}")) <= set(before)


async def test_the_title_of_what_is_sealed_is_not_shown(world: World, tales: str, craft: str) -> None:
    stamp = {"concerns": [{"kind": "state-secret", "rule": "stamp-mat", "page": 1}]}
    await world.runtime.database["documents"].update_one({"_id": tales}, {"$set": stamp})
    listed = (await world.get("")).json()["documents"]
    assert {row["id"]: row["title"] for row in listed} == {tales: None, craft: "Nghề cũ ven sông"}
    assert (await world.get(f"/{tales}")).json()["reason"] == "sealed"


async def test_a_stamp_that_a_person_reads_is_told_and_seals(world: World, craft: str) -> None:
    (reading,) = await world.rows("readings", document=craft)
    body = {"reading": reading["_id"], "lines": {"1": "MẬT"}}
    assert (await world.post(f"/{craft}/pages/1/corrections", body)).json() == {"lines": 1}
    await world.settle()
    (told,) = await world.told(craft)
    assert [(concern.kind, concern.page) for concern in told.concerns] == [("state-secret", 1)]
    assert (await world.get(f"/{craft}")).json()["reason"] == "sealed"


async def test_what_no_event_could_carry_is_refused_or_shortened(world: World, tales: str, craft: str) -> None:
    documents = world.runtime.database["documents"]
    for body in ({"documents": [tales, tales]}, {"documents": [tales, craft, tales]}):
        assert (await world.post("/merge", body)).json()["reason"] == "not-mergeable"
    await documents.update_one({"_id": craft}, {"$set": {"pages": 10_000}})
    assert (await world.post("/merge", {"documents": [tales, craft]})).json()["reason"] == "too-much-to-merge"
    too_many = {"firsts": list(range(2, 1002))}
    assert (await world.post(f"/{tales}/split", too_many)).status_code == 422
    await documents.update_one({"_id": craft}, {"$set": {"corrections_due": [{}] * MOST_CORRECTIONS}})
    (reading,) = await world.rows("readings", document=craft)
    body = {"reading": reading["_id"], "lines": {"1": "Nghề đan rổ"}}
    refused = await world.post(f"/{craft}/pages/1/corrections", body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "too-many-corrections")
    await documents.update_one({"_id": tales}, {"$set": {"metadata.title": "T" * 1000}})
    parts = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    await world.settle()
    assert [(await world.told(part))[0].metadata.title[-4:] for part in parts] == [" (1)", " (2)"]


async def test_what_was_judged_on_a_page_is_judged_in_the_part_it_goes_to(world: World, tales: str) -> None:
    stamp = {"kind": "state-secret", "rule": "stamp-mat", "page": 4}
    judged = {"concerns": [stamp], "judged": [stamp], "judgement": "harmless"}
    await world.runtime.database["documents"].update_one({"_id": tales}, {"$set": judged})
    first, second = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    assert [(await world.document(one))["judged"] for one in (first, second)] == [[], [{**stamp, "page": 1}]]


BODIES = (
    b"",
    b"{",
    b'{"note": "\xff"}',
    b'{"action": "approve", "documents": ["\\ud800"], "note": "\\u0000"}',
    b'{"action": "ask-rescan", "documents": ["d-000000000000000000000000"], "note": "\\ud800"}',
    b'{"documents": ["d-000000000000000000000000", "d-000000000000000000000000"], "title": "\\u0000\\ud800"}',
    b'{"reading": "\\u0000", "lines": {"1": "\\ud800"}}',
    b'{"reading": "x", "lines": {"1e999": "x", "99999999999999999999": "x", "-1": "x"}}',
    b'{"firsts": [99999999999999999999999999, 2.5, null], "titles": ["\\u0000"]}',
    b'{"firsts": [2], "titles": ["\\u0000$ne", "\\u202e"]}',
    b"[" * 50_000,
)


async def test_nothing_hostile_breaks_an_operation(world: World, tales: str) -> None:
    headers = {**world.headers(), "content-type": "application/json"}
    paths = ("acts", "merge", f"{tales}/split", f"{tales}/pages/1/corrections")
    for path in paths:
        for body in BODIES:
            answer = await world.client.post(f"/v1/worklist/{path}", content=body, headers=headers)
            assert answer.status_code < 500, (path, body[:60])
    for query in ("stage=%00", "batch=%00%ff", "batch=%24ne", "after=d-", "limit=9e9", "mine=%ed%a0%80"):
        assert (await world.client.get(f"/v1/worklist?{query}", headers=headers)).status_code < 500, query
