"""Files of authority records come in with a report and go out as others read them; readers see headings on pages."""

import asyncio
import re
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pymarc
from lxml import etree
from pymarc import Field, Indicators, Subfield

from services.catalog.authorities.ready import put_ready, ready
from services.catalog.formats import Format
from services.catalog.imports import store
from services.catalog.imports.importing import Importing, take_next_upload
from services.catalog.imports.run import Content, Run
from tests.integration.catalog.authorities.conftest import Files, work

NONE = Indicators(" ", " ")
XSD = Path(__file__).parents[3] / "resources" / "xsd" / "MARC21slim.xsd"


def heading(number: str | None, tag: str, name: str, *variants: str, **more: str) -> pymarc.Record:
    """An authority record as another system writes it."""
    record = pymarc.Record(leader="00000nz  a2200000n  4500", force_utf8=True)
    record.fields = [
        *([Field("001", data=number), Field("003", data="VN-NLV")] if number else []),
        Field("046", NONE, [Subfield("f", "1917")]),
        Field(tag, Indicators("0", " "), [Subfield("a", name), *(Subfield(code, text) for code, text in more.items())]),
        *(Field(f"4{tag[1:]}", Indicators("0", " "), [Subfield("a", one)]) for one in variants),
    ]
    return record


def file_of(*records: pymarc.Record) -> bytes:
    return b"".join(record.as_marc() for record in records)


async def take(files: Files, body: bytes, **given: Any) -> Run:
    world, database = files.world, files.world.runtime.database
    made = await world.client.put("/v1/sources/nlv", headers=world.librarian, json={"library": "thu-vien-tinh"})
    assert made.status_code == 200, made.text
    source = await store.get_source(world.catalog.committed, "nlv")
    fields = {"name": "tiêu đề.mrc", "form": Format.MARC21, "by": "thu-thu", "content": Content.AUTHORITIES, **given}
    run = await store.begin_run(database, source, fields)
    return await Importing(world.runtime.works).take(run, source, BytesIO(body))


async def report(files: Files, run: Run) -> dict[int, list[str]]:
    rows = await store.list_report(files.world.runtime.database, run.id, None, 0, 100)
    return {row.number: [fault.code for fault in row.faults] for row in rows}


async def test_a_file_comes_in_with_a_word_on_every_record(files: Files) -> None:
    cao = heading("1", "100", "Nam Cao,", "Trần Hữu Tri", d="1917-1951")
    title = heading("2", "130", "Kinh thánh")
    divided = heading(None, "150", "Việt Nam", "An Nam", x="Lịch sử")
    body = file_of(cao, title) + b"no record at all\x1d" + file_of(divided, cao)
    run = await take(files, body)
    assert (run.counts.read, run.counts.new, run.counts.refused) == (5, 2, 2)
    assert await report(files, run) == {2: ["no-heading"], 3: ["not-a-record"], 4: ["no-id"], 5: ["exact-copy"]}
    assert await files.names(kind="person") == [("Nam Cao, 1917-1951", None), ("Trần Hữu Tri", "Nam Cao, 1917-1951")]
    assert ("Việt Nam -- Lịch sử", None) in await files.names(kind="subject")


async def test_a_file_that_comes_again_changes_only_what_changed_and_nothing_that_people_changed(files: Files) -> None:
    one, two, three = (heading(str(number), "150", f"Đề tài {number}") for number in (1, 2, 3))
    await take(files, file_of(one, two, three))
    again = await take(files, file_of(one, two, three))
    assert (again.counts.new, again.counts.updated, again.counts.unchanged) == (0, 0, 3)
    names = (await files.world.get("/v1/authorities")).json()["names"]
    body = {"kind": "subject", "heading": {"name": "Đề tài của ta"}}
    changed = f"/v1/authorities/{names[0]['authority']}"
    assert (await files.world.client.put(changed, headers=files.world.librarian, json=body)).status_code == 200
    newer = [heading(str(number), "150", f"Đề tài mới {number}") for number in (1, 2)]
    third = await take(files, file_of(*newer, three))
    assert (third.counts.updated, third.counts.unchanged) == (1, 2)
    assert await report(files, third) == {1: ["changed-here"]}
    assert {text for text, _ in await files.names()} == {"Đề tài của ta", "Đề tài mới 2", "Đề tài 3"}


async def test_two_headings_under_one_number_stay_two_when_the_file_comes_again(files: Files) -> None:
    one, two = heading("1", "150", "Chợ phiên"), heading("1", "150", "Đình làng")
    first = await take(files, file_of(one, two, one))
    assert (first.counts.new, first.counts.copy_) == (2, 1)
    again = await take(files, file_of(one, two, one))
    assert (again.counts.unchanged, again.counts.copy_, again.counts.updated) == (2, 1, 0)
    assert {text for text, _ in await files.names()} == {"Chợ phiên", "Đình làng"}


async def test_headings_of_one_file_that_look_the_same_are_asked_about_once(files: Files) -> None:
    names = ("Đặng Thùy Trâm", "Dang Thuy Tram", "Nguyễn Văn Hùng")
    await take(files, file_of(*(heading(str(number), "100", name) for number, name in enumerate(names))))
    (asked,) = await files.asked()
    assert {asked[side]["heading"]["name"] for side in ("left", "right")} == set(names[:2])


async def test_headings_come_in_beside_single_changes(files: Files) -> None:
    """Whoever changes the union while a batch goes in makes it go in by fewer at a time."""
    coming = [heading(str(number), "150", f"Đề tài {number}") for number in range(60)]
    importing = asyncio.create_task(take(files, file_of(*coming)))
    changes = 0
    while not importing.done() and changes < 10:
        await files.establish("subject", f"Việc {changes}")
        changes += 1
    run = await importing
    assert (run.counts.read, run.counts.new) == (60, 60)
    assert len(await files.world.runtime.database["authorities"].distinct("_id")) == 60 + changes


async def test_a_file_is_sent_over_the_api(files: Files) -> None:
    world = files.world
    await world.client.put("/v1/sources/nlv", headers=world.librarian, json={"library": "thu-vien-tinh"})
    asked = {"source": "nlv", "name": "a.mrc", "content": "authorities"}
    body = file_of(heading("1", "110", "Thư viện Hà Nội"))
    sent = await world.client.post("/v1/imports", params=asked, headers=world.librarian, content=body)
    assert sent.status_code == 202, sent.text
    assert await take_next_upload(world.runtime)
    done = (await world.get(f"/v1/imports/{sent.json()['run']}", world.librarian)).json()
    assert (done["state"], done["content"], done["counts"]["new"]) == ("done", "authorities", 1)
    system = world.token("library-system", "thu-vien-tinh")
    refused = await world.client.post("/v1/imports", params=asked, headers=system, content=body)
    assert (refused.status_code, refused.json()["reason"]) == (403, "role-missing")
    table = await world.client.post(
        "/v1/imports", params={**asked, "name": "a.csv"}, headers=world.librarian, content=b"nhan de\nx\n"
    )
    assert (table.status_code, table.json()["reason"]) == (415, "import-unknown-form")
    asked |= {"whole": "true"}
    whole = await world.client.post("/v1/imports", params=asked, headers=world.librarian, content=body)
    assert (whole.status_code, whole.json()["reason"]) == (422, "import-whole-authorities")


async def test_no_file_comes_from_where_headings_come_without_one(files: Files) -> None:
    for name in ("works", "ready", "lienthong"):
        made = await files.world.client.put(
            f"/v1/sources/{name}", headers=files.world.librarian, json={"library": "thu-vien-tinh"}
        )
        assert (made.status_code, made.json()["reason"]) == (409, "source-of-another-library")


async def test_what_goes_out_is_what_came_in_with_what_nobody_asked_for(files: Files, tmp_path: Path) -> None:
    await take(files, file_of(heading("7", "100", "Nam Cao,", "Trần Hữu Tri", d="1917-1951")))
    await files.establish("subject", "Y học cổ truyền", "Đông y", classes=["615.88"])
    marc = await files.world.client.get("/v1/authorities/export")
    read = [record for record in pymarc.MARCReader(marc.content) if record]
    assert len(read) == 2
    (cao,) = [record for record in read if record.get("100")]
    assert (cao["046"]["f"], cao["035"]["a"], cao["003"].data) == ("1917", "(VN-NLV)7", "VN-LT")
    assert len(cao["008"].data) == 40
    xml = await files.world.client.get("/v1/authorities/export", params={"format": "marcxml"})
    etree.XMLSchema(etree.parse(XSD)).assertValid(etree.fromstring(xml.content))
    file = tmp_path / "out.mrc"
    file.write_bytes(marc.content)
    dumped = await asyncio.to_thread(
        subprocess.run, ["yaz-marcdump", str(file)], capture_output=True, text=True, check=True
    )
    assert dumped.stderr == ""
    assert dumped.stdout.count("\n001 ") == 2
    again = await take(files, marc.content)
    assert (again.counts.new, again.counts.lost, again.counts.repaired) == (2, 0, 0)


async def test_what_is_too_long_with_our_number_stays_out_and_the_rest_goes_out(files: Files) -> None:
    long = heading("7", "150", "Chợ phiên")
    long.fields += [Field("667", NONE, [Subfield("a", "x" * 9_000)]) for _ in range(10)]
    long.fields.append(Field("667", NONE, [Subfield("a", "x" * (99_980 - len(long.as_marc())))]))
    run = await take(files, file_of(long, heading("8", "150", "Đình làng")))
    assert run.counts.new == 2
    for form in ("marc21", "marcxml"):
        whole = await files.world.client.get("/v1/authorities/export", params={"format": form})
        assert (whole.status_code, "Đình làng" in whole.text, "Chợ phiên" in whole.text) == (
            200,
            True,
            form != "marc21",
        )
    names = (await files.world.get("/v1/authorities")).json()["names"]
    first = names[0]["authority"]
    assert (await files.world.get(f"/v1/authorities/{first}/marc")).status_code == 406


async def test_the_ready_file_goes_in_once(files: Files) -> None:
    coming = list(ready())
    assert len(coming) > 120
    assert await put_ready(files.world.runtime.works) == len(coming)
    assert await put_ready(files.world.runtime.works) == 0
    assert await files.asked() == []
    await files.shelve([work(1, "Truyện Kiều", "Nguyễn, Du, 1766-1820"), work(2, "Lão Hạc", "Nam Cao")])
    assert await files.found("Tố Như") == {"Truyện Kiều"}
    assert await files.found("Tran Huu Tri") == {"Lão Hạc"}


async def test_a_heading_has_a_page_with_its_names_and_works(files: Files) -> None:
    world = files.world
    cao = await files.establish("person", "Nam Cao", "Trần Hữu Tri", dates="1917-1951", note="Nhà văn hiện thực")
    topic = await files.establish("subject", "Nông dân")
    by, about = work(1, "Chí Phèo", "Nam Cao", about=["Nông dân"]), work(2, "Bàn về Nam Cao", "X Y", about=["Nam Cao"])
    await files.shelve([by, about])
    page = (await world.client.get(f"/tac-gia/{cao}")).text
    assert re.search(r"<h1>Nam Cao</h1>", page)
    said = (
        "1917-1951",
        "Trần Hữu Tri",
        "Nhà văn hiện thực",
        "1 tài liệu của tác giả này",
        "Chí Phèo",
        "Bàn về Nam Cao",
    )
    assert all(one in page for one in said)
    assert "1 work by this author" in (await world.client.get(f"/tac-gia/{cao}?lang=en")).text
    assert (await world.client.get(f"/chu-de/{cao}")).headers["location"] == f"/tac-gia/{cao}"
    assert "Chí Phèo" in (await world.client.get(f"/chu-de/{topic}")).text
    assert (await world.client.get("/tac-gia/a-nothing")).status_code == 404
    listed = (await world.client.get("/tac-gia")).text
    assert re.search(rf'Trần Hữu Tri <span>xem</span> <a href="/tac-gia/{cao}">Nam Cao, 1917-1951</a>', listed)
    hit = (await world.client.get("/v1/search", params={"q": "Chí Phèo"})).json()["hits"][0]
    edition = (await world.client.get(hit["url"], headers={"accept": "text/html"})).text
    assert f'href="/tac-gia/{cao}"' in edition
    assert f'href="/chu-de/{topic}"' in edition


async def test_a_heading_leads_to_those_to_look_under_as_well(files: Files) -> None:
    village = await files.establish("subject", "Làng")
    await files.establish("person", "Phố")
    related = [{"kind": "subject", "name": name} for name in ("Làng", "Phố")]
    country = await files.establish("subject", "Nông thôn", related=related)
    page = (await files.world.client.get(f"/chu-de/{country}")).text
    assert re.search(rf'<a href="/chu-de/{village}">Làng</a>', page)
    assert "Phố" in page
    assert not re.search(r"<a [^>]*>Phố</a>", page)


async def test_a_broken_cursor_is_told(files: Files) -> None:
    for cursor in ("x", "eA==", "8J+YgA==", "a" * 1999):
        for path in ("/v1/authorities", "/tac-gia", "/chu-de"):
            answer = await files.world.client.get(path, params={"cursor": cursor})
            assert answer.status_code in {200, 422}, cursor
