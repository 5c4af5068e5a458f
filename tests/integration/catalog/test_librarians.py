"""The librarians' pages: who gets in, whose files and pairs are shown, and that nothing sent to them breaks."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from services.catalog.imports.importing import take_next_upload
from services.catalog.imports.store import RUNS, list_sources
from services.catalog.librarians.site import MOST_COUNTED
from services.catalog.union.store import CLUSTERS, DECISIONS, PINS
from tests.integration.catalog.conftest import World, world
from tests.integration.catalog.union.shelves import books, catalogue, iso2709

__all__ = ["world"]

FILE = iso2709(catalogue(books(2))) + b"no record\x1d"
SCHOOL, PROVINCE = "truong-le-loi", "thu-vien-tinh"


async def sign_in(world: World, org: str = PROVINCE, role: str = "librarian") -> str:
    """The key of this session's forms."""
    world.client.cookies.clear()
    token = world.token(role, org)["authorization"].removeprefix("Bearer ")
    answer = await world.client.post("/librarians/sign-in", data={"token": token})
    assert answer.status_code == 303, answer.text
    page = (await world.client.get("/librarians")).text
    return page.split('name="form_key" value="')[1].split('"')[0]


async def send(world: World, key: str, **fields: str) -> httpx.Response:
    form = {"form_key": key, "new_source": "so-2026", "library": PROVINCE, **fields}
    return await world.client.post("/librarians/imports", data=form, files={"file": ("sổ.mrc", FILE)})


async def put_source(world: World, source: str, library: str) -> None:
    body, who = {"library": library}, world.token("librarian", library)
    assert (await world.client.put(f"/v1/sources/{source}", json=body, headers=who)).status_code == 200


async def put_in(world: World, source: str, library: str, body: bytes) -> None:
    who = world.token("librarian", library)
    await put_source(world, source, library)
    params = {"source": source, "name": "sổ.mrc"}
    sent = await world.client.post("/v1/imports", params=params, content=body, headers=who)
    assert sent.status_code == 202, sent.text
    assert await take_next_upload(world.runtime)


async def ask_about_a_thin_record(world: World) -> str:
    """A question about a record of each library."""
    thin = list(catalogue(books(1), manner=1, start=50))
    thin[0].remove_fields("020", "300", "260")
    thin[0]["008"].data = "200101s        vm            000 0 vie d"
    await put_in(world, "tinh", PROVINCE, iso2709(catalogue(books(1))))
    await put_in(world, "truong", SCHOOL, iso2709(iter(thin)))
    row = await world.runtime.database[DECISIONS].find_one({"open": True})
    assert row is not None
    return str(row["_id"])


async def test_who_is_not_signed_in_is_asked_to(world: World) -> None:
    for path in ("", "/review", "/template.xlsx", "/imports/i-" + "0" * 24, "/clusters/c-" + "0" * 24):
        answer = await world.client.get(f"/librarians{path}")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/librarians/sign-in")
    token = world.token("reader")["authorization"].removeprefix("Bearer ")
    assert (await world.client.post("/librarians/sign-in", data={"token": token})).status_code == 403


async def test_a_file_is_tried_then_imported_once(world: World) -> None:
    key = await sign_in(world)
    tried = (await send(world, key)).headers["location"]
    assert await take_next_upload(world.runtime)
    page = (await world.client.get(tried)).text
    assert "Nhập thật tệp này" in page
    twice = (world.client.post(f"{tried}/for-good", data={"form_key": key}) for _ in range(2))
    first, again = [answer.headers["location"] for answer in await asyncio.gather(*twice)]
    assert first == again != tried
    assert await take_next_upload(world.runtime)
    assert not await take_next_upload(world.runtime)
    listed = (await world.get("/v1/imports", world.librarian)).json()["imports"]
    assert [(run["dry"], run["counts"]["new"], run["counts"]["refused"]) for run in listed] == [
        (False, 2, 1),
        (True, 0, 1),
    ]
    faulty = await world.client.get(f"{first}/faulty?severity=lost")
    assert faulty.content == b"no record\x1d"
    report = (await world.client.get(f"{first}/report.csv?lang=en")).content.decode("utf-8-sig").splitlines()
    assert (len(report), report[0].split(",")[0]) == (2, "Record")
    assert (await world.client.post(f"{first}/for-good", data={"form_key": key})).status_code == 409


async def test_a_file_is_imported_as_it_was_tried_and_again_where_that_failed(world: World) -> None:
    who, runs = world.librarian, world.runtime.database[RUNS]
    mapping = {"headings": {"Cột một": "title", "Cột hai": "author"}}
    source = {"library": PROVINCE, "form": "csv", "mapping": mapping}
    assert (await world.client.put("/v1/sources/so-2026", json=source, headers=who)).status_code == 200
    asked = {"source": "so-2026", "name": "sổ.csv", "dry": "true"}
    body = "Cột một;Cột hai\nTruyện Kiều;Nguyễn Du\n".encode()
    tried = (await world.client.post("/v1/imports", params=asked, content=body, headers=who)).json()["run"]
    assert await take_next_upload(world.runtime)
    plain = {"library": PROVINCE, "form": "csv"}
    assert (await world.client.put("/v1/sources/so-2026", json=plain, headers=who)).json()["mapping"] is None
    for_good = f"/v1/imports/{tried}/for-good"
    failed = (await world.client.post(for_good, headers=who)).json()["run"]
    await runs.update_one({"_id": failed}, {"$set": {"state": "failed"}})
    begun = (await world.client.post(for_good, headers=who)).json()["run"]
    assert begun not in {tried, failed}
    assert (await world.client.post(for_good, headers=who)).json()["run"] == begun
    assert await take_next_upload(world.runtime)
    done = (await world.get(f"/v1/imports/{begun}", who)).json()
    assert (done["state"], done["counts"]["new"], done["counts"]["refused"]) == ("done", 1, 0)


async def test_a_form_without_file_source_or_key_imports_nothing(world: World) -> None:
    key = await sign_in(world)
    nowhere = await send(world, key, new_source="")
    assert (nowhere.status_code, "chỉ một trong hai" in nowhere.text) == (422, True)
    assert (await send(world, key, new_source="có dấu")).status_code == 422
    assert (await send(world, "x")).status_code == 403
    assert (await send(world, key, library=SCHOOL)).status_code == 403
    assert (await send(world, key, library="không-có")).status_code == 404
    without = await world.client.post("/librarians/imports", data={"form_key": key, "new_source": "so-2026"})
    assert (without.status_code, "Hãy chọn tệp" in without.text) == (422, True)
    assert (await world.get("/v1/imports", world.librarian)).json()["imports"] == []


async def test_a_form_changes_no_source_and_never_guesses_which_is_meant(world: World) -> None:
    made = {"library": PROVINCE, "form": "csv", "mapping": {"headings": {"Tên sách": "title"}}}
    assert (await world.client.put("/v1/sources/co-san", json=made, headers=world.librarian)).status_code == 200
    before = (await world.get("/v1/sources/co-san", world.librarian)).json()
    key = await sign_in(world)
    page = (await world.client.get("/librarians")).text
    assert page.split('<select id="source"')[1].split('value="')[1].split('"')[0] == ""
    again = await send(world, key, new_source="co-san")
    assert (again.status_code, "Đã có nguồn co-san" in again.text) == (409, True)
    both = await send(world, key, source="co-san")
    assert (both.status_code, "chỉ một trong hai" in both.text) == (422, True)
    assert (await world.get("/v1/sources/co-san", world.librarian)).json() == before
    assert (await world.get("/v1/imports", world.librarian)).json()["imports"] == []
    assert (await send(world, key, source="co-san", new_source="")).status_code == 303


async def test_a_library_finds_its_sources_however_many_others_have(world: World) -> None:
    for number in range(3):
        await put_source(world, f"a-{number}", SCHOOL)
    await put_source(world, "nguon-cua-tinh", PROVINCE)
    database = world.runtime.database
    assert [one.id for one in await list_sources(database, None, 2, [PROVINCE])] == ["nguon-cua-tinh"]
    await sign_in(world)
    page = (await world.client.get("/librarians")).text
    assert ("nguon-cua-tinh" in page, "a-0" in page) == (True, False)


async def test_what_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    await sign_in(world)
    headers = {"content-length": "5000000000", "content-type": "multipart/form-data; boundary=x"}
    assert (await world.client.post("/librarians/imports", headers=headers)).status_code == 413

    async def endless():
        yield b"--x"

    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert (await world.client.post("/librarians/imports", headers=headers, content=endless())).status_code == 411


async def test_no_more_files_are_received_at_once_than_there_is_room_for(world: World) -> None:
    key, params = await sign_in(world), {"source": "tinh", "name": "sổ.mrc"}
    await put_in(world, "tinh", PROVINCE, FILE)
    async with world.catalog.uploads.one(), world.catalog.uploads.one():
        crowded = await world.client.post("/v1/imports", params=params, content=FILE, headers=world.librarian)
        assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "30")
        assert (await send(world, key)).status_code == 503
    assert (await send(world, key)).status_code == 303


async def test_a_page_that_is_open_looks_only_at_how_far_an_import_is(world: World) -> None:
    address = (await send(world, await sign_in(world))).headers["location"]
    waiting = (await world.client.get(f"{address}/progress?lang=en")).text
    assert f'data-running="{address}/progress?lang=en"' in waiting
    assert "<body" not in waiting
    assert await take_next_upload(world.runtime)
    done = (await world.client.get(f"{address}/progress")).text
    assert ("Đã xong" in done, "data-running" in done) == (True, False)


async def test_more_questions_than_are_counted_are_said_to_be_more(world: World) -> None:
    decisions = world.runtime.database[DECISIONS]
    rows = [{"_id": f"{number:049}", "open": True, "libraries": [PROVINCE]} for number in range(MOST_COUNTED + 1)]
    await decisions.insert_many(rows[:-1])
    await sign_in(world)
    page = (await world.client.get("/librarians")).text
    assert ("1.000 cặp biểu ghi" in page, "Hơn 1.000" in page) == (True, False)
    await decisions.insert_one(rows[-1])
    assert "Hơn 1.000 cặp" in (await world.client.get("/librarians")).text


async def test_another_librarys_imports_are_not_shown(world: World) -> None:
    run = (await send(world, await sign_in(world))).headers["location"]
    key = await sign_in(world, SCHOOL)
    assert "sổ.mrc" not in (await world.client.get("/librarians")).text
    for path in ("", "/progress", "/report.csv", "/faulty"):
        assert (await world.client.get(run + path)).status_code == 403
    assert (await world.client.post(f"{run}/for-good", data={"form_key": key})).status_code == 403
    theirs, own = world.token("librarian", SCHOOL), world.token("librarian", PROVINCE)
    system = world.token("library-system", SCHOOL)
    api = run.replace("/librarians/", "/v1/")
    for path in ("", "/report", "/report.csv", "/faulty"):
        assert (await world.get(api + path, theirs)).status_code == 403
        assert (await world.get(api + path, system)).status_code == 403
        assert (await world.get(api + path, own)).status_code == 200
    for who, listed in ((theirs, 0), (system, 0), (own, 1), (world.token("operator", "so-vhttdl"), 1)):
        assert len((await world.get("/v1/imports", who)).json()["imports"]) == listed


async def test_a_pair_is_shown_to_those_whose_records_it_is_about(world: World) -> None:
    question = await ask_about_a_thin_record(world)
    for org, shown in ((PROVINCE, True), (SCHOOL, True), ("so-vhttdl", False)):
        await sign_in(world, org)
        assert (question in (await world.client.get("/librarians/review")).text) is shown
    await sign_in(world, "so-vhttdl", "operator")
    assert question in (await world.client.get("/librarians/review")).text


@pytest.mark.parametrize(("said", "open_after"), [("same", 0), ("different", 0), ("skip", 1)])
async def test_an_answer_is_kept_and_undone(world: World, said: str, open_after: int) -> None:
    question = await ask_about_a_thin_record(world)
    key = await sign_in(world)
    page = (await world.client.get(f"/librarians/review/{question}")).text
    sides = {side: page.split(f'name="{side}" value="')[1].split('"')[0] for side in ("left", "right")}
    form = {"form_key": key, "said": said, **sides}
    following = await world.client.post(f"/librarians/review/{question}", data=form)
    decisions, pins = world.runtime.database[DECISIONS], world.runtime.database[PINS]
    assert await decisions.count_documents({"open": True}) == open_after
    row = await pins.find_one({})
    assert (row is None) is (said == "skip")
    if row is None:
        undone = await world.client.post(f"/librarians/review/{question}/unskip", data={"form_key": key})
    else:
        again = await world.client.post(f"/librarians/review/{question}", data=form)
        assert again.headers["location"].endswith("done=gone")
        assert row["deed"] in (await world.client.get(following.headers["location"])).text
        undone = await world.client.post("/librarians/review/deeds/undo", data={"form_key": key, "deed": row["deed"]})
    assert question in undone.headers["location"]
    assert await decisions.count_documents({"open": True, "skips": 0}) == 1
    assert await pins.count_documents({}) == 0


async def test_the_open_data_are_shown_to_readers_and_described_to_programs(world: World) -> None:
    page = await world.client.get("/open-data", headers={"accept": "text/html"})
    assert "creativecommons.org" in page.text
    for headers, address in (({"accept": "*/*"}, "/open-data"), ({"accept": "text/html"}, "/open-data?format=dcat")):
        described = await world.client.get(address, headers=headers)
        assert described.json()["@type"] == "dcat:Catalog"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nnothing of a form"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="form_key"\r\n\r\n\xff\xfe\r\n',
        ),
        ("application/x-www-form-urlencoded", b"form_key=%ff%00&file=x"),
        ("application/json", b"{"),
    ],
)
async def test_no_form_breaks_the_page(world: World, kind: str, body: bytes) -> None:
    await sign_in(world)
    for path in ("/imports", "/imports/i-" + "0" * 24 + "/for-good", "/review/deeds/undo", "/review/" + "0" * 49):
        answer = await world.client.post(f"/librarians{path}", headers={"content-type": kind}, content=body)
        assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("name", ["\x00.mrc", "../../etc/passwd", "a" * 2000, "=1+1\r\nx.mrc", "\ud800.mrc"])
async def test_a_file_may_be_called_anything(world: World, name: str) -> None:
    key = await sign_in(world)
    form = {"form_key": key, "new_source": "so-2026", "library": PROVINCE}
    files = {"file": (name.encode("utf-8", "surrogatepass").decode("latin-1"), FILE)}
    sent = await world.client.post("/librarians/imports", data=form, files=files)
    assert sent.status_code == 303, sent.text
    assert await take_next_upload(world.runtime)
    for path in ("", "/report.csv", "/faulty"):
        assert (await world.client.get(sent.headers["location"] + path)).status_code == 200


async def test_headings_that_look_the_same_are_judged_on_a_page_and_a_merge_is_undone(world: World) -> None:
    for name in ("Đặng Thùy Trâm", "Dang Thuy Tram"):
        body = {"kind": "person", "heading": {"name": name}}
        assert (await world.post("/v1/authorities", world.librarian, body)).status_code == 201
    key = await sign_in(world)
    page = (await world.client.get("/librarians/headings")).text
    assert "Là một, giữ “Đặng Thùy Trâm”" in page
    action = "/librarians/headings/a-" + page.split('action="/librarians/headings/a-')[1].split('"')[0]
    said = await world.client.post(action, data={"form_key": key, "kept": "left"})
    assert said.headers["location"] == "/librarians/headings?done=heading-joined"
    again = await world.client.post(action, data={"form_key": key, "kept": "both"})
    assert again.headers["location"] == "/librarians/headings?done=heading-gone"
    page = (await world.client.get("/librarians/headings")).text
    merge = page.split('name="merge" value="')[1].split('"')[0]
    undone = await world.client.post("/librarians/headings/undo", data={"form_key": key, "merge": merge})
    assert undone.headers["location"] == "/librarians/headings?done=heading-parted"
    assert "Không có tiêu đề nào cần xem" in (await world.client.get("/librarians/headings")).text
    assert len((await world.get("/v1/authorities")).json()["names"]) == 2


async def test_every_record_of_a_large_cluster_is_seen_and_every_decision_undone(world: World) -> None:
    most, count = 100, 103
    await put_in(world, "tinh", PROVINCE, iso2709(catalogue(books(1) * count)))
    row = await world.runtime.database[CLUSTERS].find_one({"deleted": False})
    assert row is not None
    address, key = f"/librarians/clusters/{row['_id']}", await sign_in(world)
    page = (await world.client.get(address)).text
    assert (page.count('type="radio"'), f"{address}?start={most}" in page) == (most, True)
    rest = (await world.client.get(f"{address}?start={most}")).text
    assert (rest.count('type="radio"'), f"Biểu ghi {most + 1}–{count} trong {count}" in rest) == (count - most, True)
    for contribution, reason in ((row["members"][-1], "bản in khác"), (row["members"][-2], "bản dịch khác")):
        form = {"form_key": key, "contribution": contribution, "reason": reason}
        split = await world.client.post(f"{address}/split-off", data=form)
        assert split.status_code == 303
    page = (await world.client.get(address)).text
    assert ("“bản in khác”" in page, "“bản dịch khác”" in page) == (True, True)
    assert page.count("Khác ấn bản (101 cặp)") == page.count('name="deed"')


@pytest.mark.parametrize("reason", ["", " ", "\t\u3000"])
async def test_nothing_is_split_off_without_a_reason(world: World, reason: str) -> None:
    await put_in(world, "tinh", PROVINCE, iso2709(catalogue(books(1) * 2)))
    row = await world.runtime.database[CLUSTERS].find_one({"deleted": False})
    assert row is not None
    form = {"form_key": await sign_in(world), "contribution": row["members"][1], "reason": reason}
    refused = await world.client.post(f"/librarians/clusters/{row['_id']}/split-off", data=form)
    assert refused.status_code == 422
    asked = f"/v1/contributions/{row['members'][1]}/split-off"
    assert (await world.post(asked, world.librarian, {"reason": reason})).status_code == 422
    assert await world.runtime.database[PINS].count_documents({}) == 0


async def test_headings_that_nobody_can_tell_block_no_others(world: World) -> None:
    shown = 20
    for number in range(shown + 1):
        for name in (f"Đặng Thùy {chr(65 + number)}", f"Dang Thuy {chr(65 + number)}"):
            body = {"kind": "person", "heading": {"name": name}}
            assert (await world.post("/v1/authorities", world.librarian, body)).status_code == 201
    key = await sign_in(world)
    page = (await world.client.get("/librarians/headings")).text
    following = page.split('rel="next" href="')[1].split('"')[0]
    last = (await world.client.get(following)).text
    assert (page.count('class="sheet"'), last.count('class="sheet"')) == (shown, 1)
    action = "/librarians/headings/a-" + last.split('action="/librarians/headings/a-')[1].split('"')[0]
    after = last.split('name="after" value="')[1].split('"')[0]
    said = await world.client.post(action, data={"form_key": key, "kept": "left", "after": after})
    assert said.headers["location"] == f"/librarians/headings?{urlencode({'done': 'heading-joined', 'after': after})}"
