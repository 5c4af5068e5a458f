"""From ingest's door through ocr and back, with the real handlers of both: a bad scan is asked for again and gives way
to a good one; ALTO that came with scans is a reading beside our own.
"""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from services.ingest.app import build_steps, prepare
from services.ocr.delivered.alto import delivered_reading
from services.ocr.reading.engine import PageReading
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.bus.outbox import OUTBOX
from shared.events import CONTRACTS
from shared.events.envelope import Event, EventData, encode
from shared.events.topics import topics_read_by
from shared.runtime import Runtime, open_runtime
from tests.integration.ingest import conftest as door
from tests.integration.ingest import packing
from tests.integration.ingest import test_uploads as door_uploads
from tests.integration.worklist.conftest import LEAVES, LIBRARY, World, tiff

ME = f"{LIBRARY}/librarian-{LIBRARY}"


@dataclass
class House:
    """Ingest beside ocr: what one says the other hears."""

    ingest: Runtime
    ocr: World
    client: httpx.AsyncClient
    heard: set[str] = field(default_factory=set)

    async def settle(self) -> None:
        """Carry what is said between the two until there is nothing new."""
        while news := [*await self._unheard(self.ingest, "ingest"), *await self._unheard(self.ocr.runtime, "ocr")]:
            for name, event in news:
                await (self.ocr.hear(event) if name == "ingest" else self.tell_ingest(event))

    async def progress(self, batch: str) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/batches/{batch}")
        return dict(answer.json()["progress"])

    async def send(self, content: bytes, **metadata: Any) -> httpx.Response:
        form = orjson.dumps({"title": "Truyện cổ", **metadata}).decode()
        answer = await door.send(self.client, ("hop-01.tif", content), metadata=form)
        await self.settle()
        return answer

    async def ask(self, action: str, document: str, **more: Any) -> None:
        answer = await self.ocr.post("/acts", {"action": action, "documents": [document], **more})
        assert answer.json() == [{"document": document, "done": True, "reason": None}]
        await self.settle()

    async def _unheard(self, runtime: Runtime, name: str) -> list[tuple[str, Event[EventData]]]:
        rows = await runtime.database[OUTBOX].find({"topic": "documents"}).sort("put_at", 1).to_list()
        new = [row for row in rows if row["_id"] not in self.heard]
        self.heard.update(row["_id"] for row in new)
        return [(name, CONTRACTS.decode(row["body"])) for row in new]

    async def tell_ingest(self, event: Event[EventData]) -> None:
        steps = await build_steps(self.ingest, None)
        assert event.data.topic in topics_read_by(steps.name)
        delivery = Delivery(steps, self.ingest.works, self.ingest.objects, self.ingest.settings)
        await delivery.ensure_indexes()
        await delivery.deliver([Message(event.data.topic, 0, len(self.heard), event.data.key(), encode(event))])


@asynccontextmanager
async def opened(world: World, register: Event[EventData]) -> AsyncIterator[House]:
    runtime = open_runtime("ingest", world.runtime.settings)
    await prepare(runtime.database)
    try:
        async with (
            door.serving(runtime) as address,
            httpx.AsyncClient(base_url=address, headers=world.headers(), timeout=60) as client,
        ):
            house = House(runtime, world, client)
            await house.tell_ingest(register)
            yield house
    finally:
        await runtime.client.drop_database(runtime.database.name)
        await runtime.client.close()


@pytest.fixture
async def house(world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("INGEST_SPOOL_FOLDER", str(tmp_path / "spool"))
    async with opened(world, door.registration(LIBRARY, door.LIBRARY_KEY)) as made:
        yield made


async def ordered(house: House) -> str:
    """A batch of one document."""
    manifest = {"title": "Đợt 1", "items": [{"item": "hop-01.tif", "pages": 2}]}
    return str((await house.client.post("/v1/batches", json=manifest)).json()["id"])


async def test_a_bad_scan_is_asked_for_again_and_the_new_one_takes_its_place(house: House) -> None:
    batch = await ordered(house)
    bad = tiff(LEAVES[2:], blurred=[2])
    old = (await house.send(bad, batch=batch, access_level="on-site")).json()["id"]

    now = await house.progress(batch)
    (due,) = now["rescans"]
    assert (due["item"], due["document"], due["by"], due["new_scan"]) == ("hop-01.tif", old, None, None)
    assert [page["number"] for page in due["pages"]] == [2]
    assert {"reason": "blur", "text": "Ảnh mờ."} in due["pages"][0]["reasons"]
    assert (now["read"], now["complete"]) == (1, False)

    await house.ask("ask-rescan", old, note="Trang 2 mờ", pages=[2])
    (due,) = (await house.progress(batch))["rescans"]
    assert (due["note"], due["by"], [page["number"] for page in due["pages"]]) == ("Trang 2 mờ", ME, [2])
    assert "blur" in [reason["reason"] for reason in due["pages"][0]["reasons"]]

    good = tiff(LEAVES[2:])
    new = (await house.send(good, replaces=old)).json()["id"]
    assert await house.ocr.document(old) | {"ruling": "superseded", "into": [new]} == await house.ocr.document(old)
    shown = (await house.ocr.get(f"/{new}")).json()["document"]
    assert (shown["stage"], shown["replaces"], shown["rescan"]) == ("to-check", old, None)
    assert [row["id"] for row in (await house.ocr.get("", batch=batch)).json()["documents"]] == []
    now = await house.progress(batch)
    assert (now["rescans"], now["repeated"], now["extra"], now["read"], now["complete"]) == ([], [], [], 1, True)
    status = (await house.client.get(f"/v1/documents/{old}")).json()
    assert (status["rescan"], status["replaced_by"]) == (None, new)
    status = (await house.client.get(f"/v1/documents/{new}")).json()
    assert (status["replaces"], status["metadata"]["access_level"]) == (old, "on-site")
    assert status["batches"] == [{"batch": batch, "item": "hop-01.tif"}]
    names = [event.name for event in await house.ocr.told(old)]
    assert names == ["document.recognised", *["document.rescan-requested"] * 2, "document.superseded"]

    again = await house.send(good, replaces=old)
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    late = await house.send(tiff(LEAVES[:2]), replaces=old)
    assert (late.status_code, late.json()["reason"]) == (422, "no-rescan-asked")


async def test_a_new_scan_in_its_place_is_known_before_it_is_read(house: House, tales: str) -> None:
    batch = await ordered(house)
    old = (await house.send(tiff(LEAVES[2:]), batch=batch)).json()["id"]
    await house.ask("ask-rescan", old, note="Thiếu bìa")
    form = orjson.dumps({"title": "Truyện cổ", "replaces": old, "batch": batch}).decode()
    new = (await door.send(house.client, ("lan-2.tif", tiff(LEAVES[1:3])), metadata=form)).json()["id"]
    (due,) = (await house.progress(batch))["rescans"]
    assert (due["pages"], due["new_scan"]) == ([], new)
    assert (await house.progress(batch))["extra"] == []


@pytest.mark.parametrize("action", ["withdraw-rescan", "approve", "re-read"])
async def test_whoever_is_content_with_the_scans_takes_the_request_back(house: House, action: str) -> None:
    batch = await ordered(house)
    document = (await house.send(tiff(LEAVES[2:], blurred=[2]), batch=batch)).json()["id"]
    if action == "re-read":
        await house.ask("ask-rescan", document, note="Mờ quá")
    await house.ask(action, document)
    assert (await house.progress(batch))["rescans"] == []
    names = [event.name for event in await house.ocr.told(document)]
    assert names.count("document.rescan-withdrawn") == 1
    refused = await house.send(tiff(LEAVES[2:]), replaces=document)
    assert (refused.status_code, refused.json()["reason"]) == (422, "no-rescan-asked")


async def test_only_ones_own_documents_are_replaced_and_by_other_files(house: House) -> None:
    content = tiff(LEAVES[2:])
    document = (await house.send(content)).json()["id"]
    await house.ask("ask-rescan", document, note="Lệch")
    reasons = {}
    for name, replaces, sent in (("none", "d-" + "0" * 24, tiff(LEAVES[3:])), ("same", document, content)):
        answer = await house.send(sent, replaces=replaces)
        reasons[name] = (answer.status_code, answer.json()["reason"])
    assert reasons == {"none": (422, "no-such-document"), "same": (422, "same-scan")}
    other = await house.send(tiff(LEAVES[3:]))
    late = await house.send(tiff(LEAVES[3:]), replaces=document)
    assert (late.status_code, late.json()["reason"]) == (422, "scan-came-before")
    assert other.json()["id"] in late.json()["detail"]


async def test_what_was_split_off_gives_way_too_and_what_was_merged_waits_for_a_person(
    world: World, tales: str, craft: str
) -> None:
    first, second = (await world.post(f"/{tales}/split", {"firsts": [4]})).json()["documents"]
    await world.settle()
    (merged,) = (await world.post("/merge", {"documents": [second, craft]})).json()["documents"]
    await world.settle()
    for document, note in ((first, "Mờ"), (merged, "Lệch")):
        asked = {"action": "ask-rescan", "documents": [document], "note": note, "pages": [1]}
        assert (await world.post("/acts", asked)).json()[0]["done"]
    requests = [event for event in await world.told(tales) if event.name == "document.rescan-requested"]
    assert [[page.number for page in event.pages] for event in requests] == [[1], [1, 4]]
    assert [event.name for event in await world.told(merged)] == ["document.recognised"]

    new = await world.scan("Truyện cổ, quét lại", replaces=tales)
    rulings = {row["_id"]: row["ruling"] for row in await world.rows("documents") if "ruling" in row}
    assert rulings == {
        **dict.fromkeys((tales, first), "superseded"),
        **dict.fromkeys((second,), "superseded"),
        craft: "rearranged",
        merged: None,
    }
    for document in (tales, first, second):
        gone = (await world.told(document))[-1]
        assert (gone.name, gone.successor) == ("document.superseded", new)


async def test_what_cannot_be_read_is_asked_for_again(world: World) -> None:
    broken = b"II*\x00" + b"\x08\x00\x00\x00" + bytes(64)
    document = await world.scan("Hỏng", LEAVES[3:], content=broken)
    failed, asked = await world.told(document)
    assert (failed.name, asked.name, asked.by) == ("document.recognition-failed", "document.rescan-requested", None)
    assert [(page.number, page.reasons) for page in asked.pages] == [(1, ("unreadable",))]


async def test_what_a_person_found_needless_is_not_asked_for_by_rule_again(world: World) -> None:
    document = await world.scan("Mờ", LEAVES[3:], content=tiff(LEAVES[3:], blurred=[1]))
    for action in ("withdraw-rescan", "re-read"):
        await world.post("/acts", {"action": action, "documents": [document]})
        await world.settle()
    names = [event.name for event in await world.told(document)]
    assert names == [
        "document.recognised",
        "document.rescan-requested",
        "document.rescan-withdrawn",
        "document.recognised",
    ]
    again = await world.post("/acts", {"action": "withdraw-rescan", "documents": [document]})
    assert again.json()[0]["reason"] == "no-rescan-asked"


def alto_of(text: str, size: tuple[int, int]) -> bytes:
    """A page as another engine tells it, in tenths of a millimetre at 300 dpi."""
    unit = 254 / 300
    rows = []
    for number, row in enumerate(text.split("\n")):
        strings = "".join(
            f'<String CONTENT="{word}" HPOS="{(200 + 90 * place) * unit:.0f}" VPOS="{(150 + 60 * number) * unit:.0f}"'
            f' WIDTH="{80 * unit:.0f}" HEIGHT="{40 * unit:.0f}" WC="0.99"/>'
            for place, word in enumerate(row.split())
        )
        rows.append(f"<TextLine>{strings}</TextLine>")
    page = f'<Page ID="P1" WIDTH="{size[0] * unit:.0f}" HEIGHT="{size[1] * unit:.0f}">'
    software = "<softwareName>Máy đọc</softwareName><softwareVersion>7</softwareVersion>"
    return (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description><MeasurementUnit>mm10</MeasurementUnit>'
        f"<OCRProcessing><ocrProcessingStep><processingSoftware>{software}</processingSoftware></ocrProcessingStep>"
        f"</OCRProcessing></Description><Layout>{page}<PrintSpace><TextBlock>{''.join(rows)}</TextBlock></PrintSpace>"
        "</Page></Layout></alto>"
    ).encode()


def delivery() -> dict[str, bytes]:
    """A METS with three scans. The ALTO of the first is garbled, that of the second, which a pen has spoiled, is right,
    that of the third is of another page.
    """
    frames, altos = Image.open(io.BytesIO(tiff(LEAVES[:3]))), {}
    told = (LEAVES[0].translate(str.maketrans("aieouă", "%#@§$&")), LEAVES[1], LEAVES[3])
    scans = {}
    for number, text in enumerate(told, 1):
        frames.seek(number - 1)
        target = io.BytesIO()
        frames.save(target, "PNG", dpi=(300, 300))
        scans[f"anh/{number}.png"] = target.getvalue()
        altos[f"alto/{number}.xml"] = escape_ampersands(alto_of(text, frames.size))
    return packing.mets_package(scans, altos=altos)


def escape_ampersands(alto: bytes) -> bytes:
    return alto.replace(b"&", b"&amp;")


async def test_what_a_firm_read_is_kept_beside_ours_and_taken_where_it_is_better(house: House) -> None:
    upload = await door_uploads.uploaded(house.client, packing.zipped(delivery()), "hop-02.zip")
    answer = await house.client.post("/v1/packages", json={"upload": upload})
    assert answer.status_code == 202, answer.text
    document = answer.json()["id"]
    await house.settle()

    pages = await house.ocr.rows("pages", document=document)
    readings = {row["_id"]: row for row in await house.ocr.rows("readings", document=document)}
    assert sorted(readings) == sorted(f"{page['_id']}:1{end}" for page in pages for end in ("", "-alto"))
    chosen = [readings[page["reading"]] for page in pages]
    assert [row["engine"] for row in chosen] == ["tesseract", "Máy đọc", "tesseract"]
    ours, theirs = readings[f"{document}:0002:1"], chosen[1]
    assert theirs["expected_cer"] < ours["expected_cer"]
    assert (theirs["model"], theirs["engine_version"], theirs["image"]) == ("ALTO", "7", ours["image"])
    assert theirs["text"].split() == LEAVES[1].split() != ours["text"].split()
    row = await house.ocr.document(document)
    text = (await house.ocr.runtime.objects.get(row["text"]["key"])).decode()
    assert " ".join(text.split("\f")[1].split()) == " ".join(LEAVES[1].split())
    alto = (await house.ocr.runtime.objects.get(theirs["alto"]["key"])).decode()
    assert f'WIDTH="{ours["width"]}"' in alto


HOSTILE = (
    b"",
    b"<alto>",
    b'<!DOCTYPE a [<!ENTITY b "c">]><alto>&b;</alto>',
    alto_of("một hai", (0, 10)),
    alto_of("một hai", (10, 10)),
    alto_of("một hai", (2480, 1100)).replace(b'HPOS="', b'HPOS="1e999'),
    alto_of("một hai", (2480, 1100)).replace(b'HPOS="', b'HPOS="nan'),
    alto_of("", (2480, 1100)),
    packing.ALTO.encode(),
)


@pytest.mark.parametrize("body", HOSTILE)
def test_alto_that_says_nothing_of_the_page_is_no_reading(body: bytes) -> None:
    own = PageReading.model_construct(width=2480, height=1100, words=(), turn=0)
    assert delivered_reading(body, own) is None


def test_words_that_stand_outside_of_the_page_are_put_on_its_edge() -> None:
    alto = alto_of("một hai", (2480, 1100)).replace(b'HPOS="', b'HPOS="90').replace(b'VPOS="', b'VPOS="-')
    found = delivered_reading(alto, PageReading.model_construct(width=2480, height=1100, words=(), turn=0))
    assert found is not None
    assert {(word.x, word.y, word.width) for word in found.words} == {(2479, 0, 1)}
