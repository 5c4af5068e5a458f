"""The same sheet in two documents is told of; what a person calls a secret leaves nothing behind."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.ocr.app import SERVICE
from services.ocr.documents.progress import is_sealed
from services.ocr.quality.capture import CaptureMeasures
from services.ocr.quality.fingerprint import distance
from services.ocr.quality.profile import ScannedPage
from services.ocr.quality.store import keep_fingerprints, look_alikes
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.events import Event, encode
from shared.events.documents import DocumentContentJudged, DocumentRejected
from shared.runtime import open_runtime
from shared.settings import Settings

ONE, OTHER = "d-" + "1" * 24, "d-" + "2" * 24
STAMP = {"kind": "state-secret", "rule": "stamp-mat", "page": 1, "found": 1, "evidence": "MẬT"}
SHEET = "0f" * 32


@pytest.fixture
async def runtime(mongo_url, mongo_prefix, tmp_path):
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    settings = Settings(
        mongo_url=mongo_url,
        mongo_prefix=mongo_prefix,
        object_store=f"file://{tmp_path}/objects",
        auth_public_key=key.decode(),
    )
    runtime = open_runtime("ocr", settings)
    assert SERVICE.prepare
    await SERVICE.prepare(runtime.database)
    yield runtime
    await runtime.client.close()


async def deliver(runtime, data, version: int = 1) -> None:
    consumer = await SERVICE.workers["documents"](runtime, None)
    delivery = Delivery(consumer, runtime.works, runtime.objects, runtime.settings)
    await delivery.ensure_indexes()
    event = Event(data, source="urn:lienthong:ingest", aggregate_version=version)
    await delivery.deliver([Message("documents", 0, version, data.key(), encode(event))])


async def keep_sheet(runtime, document: str, value: str) -> None:
    async def do(work) -> None:
        keep_fingerprints(work, {"_id": document, "library": "thu-vien-xa"}, {1: value})

    await runtime.works.transact(do)


def with_fingerprint(value: str) -> ScannedPage:
    return ScannedPage(3, capture=CaptureMeasures(cut=(0, 0, 0, 0), fingerprint=value))


async def test_the_same_sheet_in_another_document_is_found(runtime):
    await keep_sheet(runtime, ONE, SHEET)
    again = "f0" * 4 + SHEET[8:]
    (found,) = await look_alikes(runtime.database, OTHER, [with_fingerprint(again)], near=76)
    assert (found.page, found.document, found.other, found.bits) == (3, ONE, 1, distance(SHEET, again))
    assert await look_alikes(runtime.database, ONE, [with_fingerprint(again)], near=76) == []
    assert await look_alikes(runtime.database, OTHER, [with_fingerprint(again)], near=found.bits - 1) == []


async def test_a_later_reading_replaces_the_fingerprints(runtime):
    await keep_sheet(runtime, ONE, SHEET)
    await keep_sheet(runtime, ONE, "3c" * 32)
    rows = await runtime.database["fingerprints"].find({}).to_list()
    assert [row["hash"] for row in rows] == ["3c" * 32]


async def test_a_seal_is_lifted_by_a_person(runtime):
    await runtime.database["documents"].insert_one({"_id": ONE, "concerns": [STAMP]})
    assert is_sealed(await runtime.database["documents"].find_one({"_id": ONE}))
    facts = {"document": ONE, "library": "thu-vien-xa", "by": "x", "reason": "bản giấy đã giải mật"}
    await deliver(runtime, DocumentContentJudged(judgement="harmless", **facts))
    assert not is_sealed(await runtime.database["documents"].find_one({"_id": ONE}))


async def test_what_nobody_has_seen_seals_a_judged_document_again(runtime):
    documents = runtime.database["documents"]
    await documents.insert_one({"_id": ONE, "concerns": [STAMP]})
    facts = {"document": ONE, "library": "thu-vien-xa", "by": "x", "reason": "bản giấy đã giải mật"}
    await deliver(runtime, DocumentContentJudged(judgement="harmless", **facts))
    await documents.update_one({"_id": ONE}, {"$set": {"concerns": [STAMP, STAMP | {"page": 7}]}})
    assert is_sealed(await documents.find_one({"_id": ONE}))


async def test_a_judgement_reaches_what_was_made_of_the_document(runtime):
    documents, metadata = runtime.database["documents"], {"access_level": "public"}
    part, merged = "d-" + "3" * 24, "d-" + "4" * 24
    for row in (
        {"_id": ONE},
        {"_id": OTHER},
        {"_id": part, "origins": [ONE], "concerns": [STAMP]},
        {"_id": merged, "origins": [ONE, OTHER], "concerns": [STAMP]},
    ):
        await documents.insert_one({"metadata": metadata, **row})
    facts = {"library": "thu-vien-xa", "by": "x", "reason": "có dữ liệu cá nhân"}
    restricted = {"judgement": "restricted", "access_level": "on-site", **facts}
    await deliver(runtime, DocumentContentJudged(document=ONE, **restricted))
    rows = {row["_id"]: row for row in await documents.find({}).to_list()}
    levels = {name: row["metadata"]["access_level"] for name, row in rows.items()}
    assert levels == {ONE: "on-site", OTHER: "public", part: "on-site", merged: "on-site"}
    assert [is_sealed(rows[one]) for one in (part, merged)] == [False, True]
    await deliver(runtime, DocumentContentJudged(document=OTHER, judgement="harmless", **facts), version=2)
    assert not is_sealed(await documents.find_one({"_id": merged}))


async def test_a_refused_document_leaves_neither_rows_nor_objects(runtime):
    for document in (ONE, OTHER):
        await runtime.database["documents"].insert_one({"_id": document, "concerns": [STAMP]})
        await runtime.database["readings"].insert_one(
            {"_id": f"{document}:0001:1", "document": document, "text": "MẬT"}
        )
        await keep_sheet(runtime, document, SHEET)
        await runtime.objects.put(f"documents/{document}/text-1", b"text", "text/plain")
    facts = {"document": ONE, "library": "thu-vien-xa", "reason": "state-secret", "detail": "x", "submitted_by": "x"}
    await deliver(runtime, DocumentRejected(**facts))
    for collection in ("documents", "readings", "fingerprints"):
        rows = await runtime.database[collection].find({}).to_list()
        assert [row.get("document", row["_id"]) for row in rows] == [OTHER]
    assert await runtime.objects.list("documents") == [f"documents/{OTHER}/text-1"]
