"""State secrets are turned away or destroyed, personal data waits for a person, rights decide who may read."""

import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.app import build_intake
from services.ingest.rights.review import Review
from shared.events import Event
from shared.events.documents import DocumentRecognised, DocumentRescanRequested, DocumentTextCorrected
from shared.events.vocabulary import ObjectRef
from tests.integration.ingest.conftest import LIBRARY, SCHOOL, files_under, page, send, token
from tests.integration.ingest.packing import mets_package, zipped
from tests.integration.ingest.test_uploads import TUS, named, uploaded

STAMP = {"kind": "state-secret", "rule": "stamp-mat", "page": 1, "evidence": "MẬT"}
NUMBER = {"kind": "identity-number", "rule": "identity-number", "page": 1, "evidence": "06••••••••••"}
REASON = "Đã đối chiếu với bản giấy"


def described(**more) -> str:
    return json.dumps({"title": "Địa chí Thừa Thiên", **more})


async def recognise(deliver, document: str, *concerns: dict, version: int = 1) -> None:
    reference = ObjectRef(key="k", media_type="text/plain", sha256="0" * 64, size=0)
    data = DocumentRecognised.model_validate(
        {
            "document": document,
            "library": LIBRARY,
            "metadata": {"title": "x"},
            "pages": 1,
            "text": reference,
            "manifest": reference,
            "confidence": 90,
            "verdict": "unscanned",
            "submitted_by": "x",
            "concerns": concerns,
        }
    )
    await deliver("documents", Event(data, source="urn:lienthong:ocr", aggregate_version=version))


async def correct(deliver, document: str, *concerns: dict, version: int) -> None:
    reference = ObjectRef(key="k", media_type="text/plain", sha256="0" * 64, size=0)
    data = DocumentTextCorrected.model_validate(
        {
            "document": document,
            "library": LIBRARY,
            "corrections": [{"number": 1, "reading": "c1", "by": "x"}],
            "edition": version,
            "text": reference,
            "manifest": reference,
            "confidence": 90,
            "concerns": concerns,
        }
    )
    await deliver("documents", Event(data, source="urn:lienthong:ocr", aggregate_version=version))


async def judge(client, document: str, judgement: str, **more):
    body = {"judgement": judgement, "reason": REASON, **more}
    return await client.post(f"/v1/documents/{document}/judgement", json=body)


async def status(client, document: str) -> dict:
    return (await client.get(f"/v1/documents/{document}")).json()


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("tuyet_mat-01.png", {}),
        ("trang-1.png", {"title": "Báo cáo [TỐI MẬT]"}),
        ("trang-1.png", {"rights": {"secrecy": "mat"}}),
        ("trang-1.png", {"item": "[MẬT] hồ sơ 12"}),
    ],
)
async def test_a_marked_secret_is_refused_and_nothing_is_kept(  # noqa: PLR0917 (fixtures)
    client, registered, outbox, runtime, tmp_path, name, metadata
):
    answer = await send(client, (name, page(201)), metadata=described(**metadata))
    assert (answer.status_code, answer.json()["reason"]) == (422, "state-secret")
    assert files_under(tmp_path / "objects") == []
    assert files_under(tmp_path / "spool") == []
    (rejected,) = await outbox("document.rejected")
    (row,) = await runtime.database["documents"].find({}).to_list()
    told = json.dumps([rejected["data"], row], default=str, ensure_ascii=False)
    assert not any(word in told for word in (name, "Thừa Thiên", "TỐI MẬT", "hồ sơ 12"))


@pytest.mark.parametrize("metadata", [described(), "{"])
async def test_a_secret_in_the_drop_folder_is_not_kept_there_either(registered, runtime, tmp_path, capsys, metadata):
    folder = tmp_path / "drop" / LIBRARY / "TOI MAT 1975"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(page(202))
    (folder / "metadata.json").write_text(metadata, "utf-8")
    (folder / ".done").touch()
    async with AsyncExitStack() as stack:
        await (await build_intake(runtime, stack)).turn()
    left = [Path(path) for path in files_under(tmp_path / "drop")]
    assert [path.name for path in left] == ["reason.txt"]
    assert not any("TOI MAT" in str(path) for path in left)
    assert "state-secret" in left[0].read_text("utf-8")
    assert "TOI MAT" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "files", "more"),
    [
        ("hop.zip", {f"TUYỆT MẬT/{name}": content for name, content in mets_package().items()}, {}),
        ("hop.zip", mets_package({"[MẬT]/a.png": page(220)}), {}),
        ("hop.zip", mets_package({"[MẬT] a.png": page(220)}) | {"[MẬT] a.png": b"changed"}, {}),
        ("TOI MAT.zip", mets_package(), {"item": "hop-01"}),
        ("hop.zip", {"a.png": page(221)}, {"metadata": {"title": "Báo cáo [TỐI MẬT]"}}),
    ],
)
async def test_of_a_marked_package_not_even_its_upload_is_kept(  # noqa: PLR0917 (fixtures)
    client, registered, outbox, runtime, tmp_path, name, files, more
):
    upload = await uploaded(client, zipped(files), "a.zip")
    await runtime.database["uploads"].update_one({"_id": upload}, {"$set": {"filename": name}})
    answer = await client.post("/v1/packages", json={"upload": upload, **more})

    assert (answer.status_code, answer.json()["reason"]) == (422, "state-secret")
    assert files_under(tmp_path / "objects") == []
    assert files_under(tmp_path / "spool") == []
    assert await runtime.database["uploads"].count_documents({}) == 0
    rows = await runtime.database["documents"].find({}).to_list()
    told = json.dumps([await outbox(), rows], default=str, ensure_ascii=False)
    assert not any(word in told for word in ("MẬT", "TOI MAT", "hop-01"))


async def test_an_upload_or_a_batch_with_a_marked_name_does_not_begin(client, registered, runtime):
    length = {"upload-length": "9", **named("[MẬT] 1.png")}
    refused = await client.post("/v1/uploads", headers={**TUS, **length})
    assert (refused.status_code, refused.json()["reason"]) == (422, "state-secret")
    for manifest in ({"title": "TUYỆT MẬT"}, {"items": [{"item": "[MẬT] 1.png"}]}):
        body = {"title": "Lô 1", "items": [{"item": "1.png"}], **manifest}
        assert (await client.post("/v1/batches", json=body)).json()["reason"] == "state-secret"
    assert await runtime.database["uploads"].count_documents({}) == 0
    assert await runtime.database["batches"].count_documents({}) == 0


async def test_a_condemned_document_does_not_come_in_again(client, registered, outbox, tmp_path):
    document = (await send(client, ("1.png", page(222)))).json()["id"]
    await judge(client, document, "state-secret")
    again = await send(client, ("2.png", page(222)))

    assert (again.status_code, again.json()["reason"]) == (422, "state-secret")
    assert files_under(tmp_path / "objects") == []
    assert (await status(client, document))["state"] == "rejected"
    versions = [one["aggregateversion"] for one in await outbox() if one["subject"] == document]
    assert versions == list(range(1, len(versions) + 1))


async def test_of_a_secret_that_was_dropped_no_copy_stays_among_the_accepted(client, registered, runtime, tmp_path):
    folder = tmp_path / "drop" / LIBRARY / "ke-hoach"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(page(233))
    (folder / "metadata.json").write_text(described(), "utf-8")
    (folder / ".done").touch()
    async with AsyncExitStack() as stack:
        intake = await build_intake(runtime, stack)
        await intake.turn()
        note = tmp_path / "drop" / LIBRARY / "accepted" / "ke-hoach" / "document.json"
        await intake.turn()
        document = json.loads(note.read_text("utf-8"))["id"]
        await judge(client, document, "state-secret")
        await intake.turn()

    assert files_under(tmp_path / "drop") == []
    row = await runtime.database["documents"].find_one({"_id": document})
    assert "ke-hoach" not in json.dumps(row, default=str)


async def test_concerns_hold_a_document_until_a_person_decides(client, registered, deliver, outbox):
    document = (await send(client, ("1.png", page(203)))).json()["id"]
    await recognise(deliver, document, NUMBER)
    shown = await status(client, document)
    assert [hold["reason"] for hold in shown["holds"]] == ["content-undecided"]
    assert shown["concerns"][0]["evidence"] == NUMBER["evidence"]
    freed = (await judge(client, document, "harmless")).json()
    assert freed["holds"] == []
    assert [(one["judgement"], one["reason"], one["by"]) for one in freed["judgements"]] == [
        ("harmless", REASON, f"{LIBRARY}/nguyen-thi-lan")
    ]
    assert [one["data"]["holds"] for one in await outbox("document.holds-changed")] == [["content-undecided"], []]
    versions = [one["aggregateversion"] for one in await outbox() if one["subject"] == document]
    assert versions == list(range(1, len(versions) + 1))


async def test_a_correction_that_shows_a_stamp_holds_the_document(client, registered, deliver):
    document = (await send(client, ("1.png", page(204)))).json()["id"]
    await correct(deliver, document, STAMP, version=1)
    assert [hold["reason"] for hold in (await status(client, document))["holds"]] == ["state-secret-suspected"]


async def test_what_was_judged_is_not_asked_again_and_something_new_is(client, registered, deliver):
    document = (await send(client, ("1.png", page(204)))).json()["id"]
    await recognise(deliver, document, NUMBER)
    await judge(client, document, "harmless")
    await recognise(deliver, document, NUMBER | {"found": 2}, version=2)
    assert (await status(client, document))["holds"] == []
    await recognise(deliver, document, NUMBER, STAMP, version=3)
    assert [hold["reason"] for hold in (await status(client, document))["holds"]] == ["state-secret-suspected"]


async def test_a_restricted_document_is_open_to_fewer(client, registered, deliver, outbox):
    document = (await send(client, ("1.png", page(205)))).json()["id"]
    assert (await judge(client, document, "restricted")).status_code == 422
    answer = await judge(client, document, "restricted", access_level="on-site")
    assert answer.json()["metadata"]["access_level"] == "on-site"
    (judged,) = await outbox("document.content-judged")
    assert (judged["data"]["judgement"], judged["data"]["access_level"]) == ("restricted", "on-site")


async def test_of_a_confirmed_secret_nothing_is_left(client, registered, deliver, outbox, tmp_path):
    document = (await send(client, ("ke-hoach.png", page(206)))).json()["id"]
    await recognise(deliver, document, STAMP)
    assert files_under(tmp_path / "objects") != []
    gone = (await judge(client, document, "state-secret")).json()
    assert files_under(tmp_path / "objects") == []
    assert (gone["state"], gone["metadata"], gone["files"], gone["title"]) == ("rejected", None, [], None)
    assert gone["judgements"][0]["judgement"] == "state-secret"
    (rejected,) = await outbox("document.rejected")
    assert rejected["data"]["reason"] == "state-secret"
    assert (await judge(client, document, "harmless")).status_code == 409
    await recognise(deliver, document, STAMP, version=2)
    assert (await status(client, document))["concerns"] == []


async def test_another_librarys_copy_of_a_secret_is_sealed_not_destroyed(client, registered, tmp_path):
    document = (await send(client, ("1.png", page(207)))).json()["id"]
    school = {"authorization": f"Bearer {token(org=SCHOOL)}"}
    parts = [("files", ("1.png", page(207)))]
    other = (await client.post("/v1/documents", data={"metadata": described()}, files=parts, headers=school)).json()[
        "id"
    ]
    await judge(client, document, "state-secret")
    assert files_under(tmp_path / "objects") != []
    shown = (await client.get(f"/v1/documents/{other}", headers=school)).json()
    assert [hold["reason"] for hold in shown["holds"]] == ["state-secret-suspected"]


async def test_what_other_packages_share_with_a_secret_stays_theirs(client, registered, runtime):
    secret, other = [
        (await client.post("/v1/packages", json={"upload": await uploaded(client, zipped(package), "hop.zip")})).json()
        for package in (mets_package({"anh/a.png": page(225)}), mets_package({"anh/a.png": page(226)}))
    ]
    await judge(client, secret["id"], "state-secret")

    shown = await status(client, other["id"])
    assert shown["holds"] == []
    for companion in shown["package"]["companions"]:
        assert len(await runtime.objects.get(companion["original"]["key"])) == companion["original"]["size"]


async def test_who_may_not_see_a_document_may_not_judge_it(client, registered):
    document = (await send(client, ("1.png", page(208)))).json()["id"]
    school = {"authorization": f"Bearer {token(org=SCHOOL)}"}
    body = {"judgement": "harmless", "reason": REASON}
    url = f"/v1/documents/{document}/judgement"
    assert (await client.post(url, json=body, headers=school)).status_code == 404
    assert (await client.post(url, json=body | {"reason": "ừ"})).status_code == 422


async def test_rights_decide_who_may_read(client, registered, outbox):
    metadata = described(creators=["Nguyễn Văn A"], rights={"died": [2001]})
    document = (await send(client, ("1.png", page(209)), metadata=metadata)).json()["id"]
    shown = await status(client, document)
    assert (shown["rights"]["rule"], shown["rights"]["asked"], shown["rights"]["granted"]) == (
        "in-copyright",
        "public",
        "on-site",
    )
    assert "2051" not in shown["rights_text"]
    assert shown["rights_facts"]["died"] == [2001]
    (scanned,) = await outbox("document.scanned")
    assert scanned["data"]["metadata"]["access_level"] == "on-site"
    assert scanned["data"]["metadata"]["rights_statement"].startswith("http://rightsstatements.org/vocab/InC/")


async def test_a_persons_reason_opens_further_and_is_kept(client, registered):
    metadata = described(rights={"died": [2001], "reason": "Gia đình tác giả hiến tặng để phổ biến"})
    document = (await send(client, ("1.png", page(210)), metadata=metadata)).json()["id"]
    rights = (await status(client, document))["rights"]
    assert (rights["granted"], rights["override"]["by"]) == ("public", f"{LIBRARY}/nguyen-thi-lan")


async def test_an_object_names_a_view_for_each_image(client, registered):
    thing = {
        "inventory_number": "BT-1207",
        "material": "đồng",
        "dimensions": "32 x 14 cm",
        "views": ["mặt trước", "đáy"],
    }
    metadata = described(collection_class="museum-object", museum_object=thing)
    refused = await send(client, ("1.png", page(211)), metadata=metadata)
    assert (refused.status_code, refused.json()["reason"]) == (422, "views-do-not-match")
    document = (await send(client, ("1.png", page(211)), ("2.png", page(212)), metadata=metadata)).json()["id"]
    shown = await status(client, document)
    assert shown["metadata"]["museum_object"]["views"] == ["mặt trước", "đáy"]
    assert [file["name"] for file in shown["files"]] == ["1.png", "2.png"]


async def test_when_a_permission_ends_a_document_waits_for_a_narrower_level(client, registered, runtime, outbox):
    today = datetime.now(UTC)
    permission = {"holder": "Gia đình tác giả", "document": "12/GP", "until": today.date().isoformat()}
    metadata = described(creators=["A"], rights={"died": [2001], "permission": permission})
    document = (await send(client, ("1.png", page(231)), metadata=metadata)).json()["id"]
    assert await Review(runtime.works).turn() is False
    assert (await status(client, document))["holds"] == []

    tomorrow = Review(runtime.works, clock=lambda: today + timedelta(days=1))
    for _ in range(2):
        await tomorrow.turn()
    shown = await status(client, document)
    assert [hold["reason"] for hold in shown["holds"]] == ["rights-ended"]
    assert (shown["rights"]["rule"], shown["rights"]["granted"]) == ("in-copyright", "on-site")
    assert (await judge(client, document, "restricted", access_level="registered")).json()["holds"] != []
    assert (await judge(client, document, "restricted", access_level="on-site")).json()["holds"] == []
    versions = [one["aggregateversion"] for one in await outbox() if one["subject"] == document]
    assert versions == list(range(1, len(versions) + 1))


async def test_when_an_embargo_ends_nothing_opens_by_itself(client, registered, runtime, outbox):
    today = datetime.now(UTC)
    limit = {"licence": "https://creativecommons.org/licenses/by/4.0/", "restriction": "embargo"}
    rights = {**limit, "embargo_until": today.date().isoformat()}
    document = (await send(client, ("1.png", page(232)), metadata=described(rights=rights))).json()["id"]
    await Review(runtime.works, clock=lambda: today + timedelta(days=1)).turn()

    shown = await status(client, document)
    assert (shown["rights"]["allowed"], shown["metadata"]["access_level"]) == ("public", "on-site")
    assert shown["holds"] == []
    assert await outbox("document.holds-changed") == []


@pytest.mark.parametrize("condemned", [0, 1])
async def test_the_other_scan_of_a_secret_is_sealed(client, deliver, runtime, condemned):
    old = (await send(client, ("a.png", page(1)), metadata=described(access_level="on-site"))).json()["id"]
    asked = DocumentRescanRequested(document=old, library=LIBRARY, pages=(), note="Mờ", by="x/an")
    await deliver("documents", Event(asked, source="urn:lienthong:ocr", aggregate_version=1))
    new = (await send(client, ("b.png", page(2)), metadata=described(replaces=old))).json()["id"]
    scans = (old, new)
    await judge(client, scans[condemned], "state-secret")
    other = await status(client, scans[1 - condemned])
    assert (other["state"], [hold["reason"] for hold in other["holds"]]) == ("accepted", ["state-secret-suspected"])
    gone = await runtime.database["documents"].find_one({"_id": scans[condemned]})
    assert (gone["state"], gone["rescan"]) == ("rejected", None)
