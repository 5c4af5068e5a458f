"""Access levels hold everywhere: record, page image, text, search, pages, public log."""

import pytest

from tests.integration.catalog.conftest import PAGES, PDF, World

DOORS = ("", "/pages/1/image", "/pages/1/text", "/text", "/pdf")


async def statuses(world: World, record: str, who: dict[str, str] | None) -> list[int]:
    return [(await world.get(f"/v1/records/{record}{door}", who)).status_code for door in DOORS]


async def test_before_publication_only_those_who_work_on_it_read(world: World) -> None:
    record = await world.recognise("sách")
    assert await statuses(world, record, None) == [404] * 5
    assert await statuses(world, record, world.token("reader", "thu-vien-xa")) == [404] * 5
    assert await statuses(world, record, world.token("librarian", "truong-le-loi")) == [404] * 5
    assert await statuses(world, record, world.librarian) == [200] * 5
    assert await statuses(world, record, world.appraiser) == [200] * 5
    assert (await world.get(f"/records/{record}", world.librarian)).status_code == 404


LET_IN = [200] * 5
KNOWS = [200, 403, 403, 403, 403]
NEEDS_TOKEN = [200, 401, 401, 401, 401]
SECRET = [404] * 5


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("public", {"anyone": LET_IN, "reader": LET_IN, "reader there": LET_IN, "staff elsewhere": LET_IN}),
        ("registered", {"anyone": NEEDS_TOKEN, "reader": LET_IN, "reader there": LET_IN, "staff elsewhere": LET_IN}),
        ("on-site", {"anyone": NEEDS_TOKEN, "reader": KNOWS, "reader there": LET_IN, "staff elsewhere": KNOWS}),
        ("closed", {"anyone": SECRET, "reader": SECRET, "reader there": SECRET, "staff elsewhere": SECRET}),
    ],
)
async def test_after_publication_the_access_level_decides(
    world: World, level: str, expected: dict[str, list[int]]
) -> None:
    record = await world.published("sách", access_level=level)
    people = {
        "anyone": None,
        "reader": world.token("reader", "so-vhttdl"),
        "reader there": world.token("reader", "thu-vien-xa"),
        "staff elsewhere": world.token("librarian", "truong-le-loi"),
        "staff there": world.token("librarian", "thu-vien-xa"),
    }
    seen = {name: await statuses(world, record, who) for name, who in people.items()}
    assert seen == {**expected, "staff there": LET_IN}


async def test_pages_are_what_was_stored_and_cannot_act(world: World) -> None:
    record = await world.published("sách")
    image = await world.get(f"/v1/records/{record}/pages/2/image")
    text = await world.get(f"/v1/records/{record}/pages/2/text")
    whole = await world.get(f"/v1/records/{record}/text")
    assert (image.content, image.headers["content-type"]) == (b"\xff\xd8 page", "image/jpeg")
    assert (text.text, whole.text) == (PAGES[1], "\f".join(PAGES))
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in image.headers["content-security-policy"]
    assert (await world.get(f"/v1/records/{record}/pages/3/image")).json()["reason"] == "page-missing"


async def test_what_is_not_for_all_is_not_kept_by_caches(world: World) -> None:
    record = await world.published("sách", access_level="registered")
    image = await world.get(f"/v1/records/{record}/pages/1/image", world.token("reader"))
    assert image.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("query", ["cho phien ben go", "CHỢ PHIÊN", '"bến gỗ"', "cho\u031b\u0323 phie\u0302n"])
async def test_the_full_text_is_found_however_it_is_typed(world: World, query: str) -> None:
    record = await world.published("sách")
    await world.published("khác", access_level="closed")
    answer = (await world.client.get("/v1/search", params={"q": query})).json()
    assert answer["total"] == 1
    hit = answer["hits"][0]
    copy = hit["digitised"][0]
    assert (copy["record"], copy["url"], copy["library_name"]) == (record, f"/records/{record}", "Thư viện xã")
    assert (await world.get(copy["thumbnail"])).content == b"\xff\xd8 page"
    start, end = hit["highlights"][0]
    assert hit["snippet"][start:end].casefold().startswith("chợ") or hit["snippet"][start:end] == "Bến Gỗ"
    assert hit["year"] == 1802
    assert [held["library"] for held in hit["libraries"]] == ["thu-vien-xa"]


@pytest.mark.parametrize("level", ["registered", "on-site"])
async def test_a_limited_text_is_not_searched_but_its_description_is(world: World, level: str) -> None:
    record = await world.published("vùng cao", access_level=level)
    by_text = (await world.client.get("/v1/search", params={"q": "bến gỗ"})).json()
    by_title = (await world.client.get("/v1/search", params={"q": "vung cao"})).json()
    copies = [copy for hit in by_title["hits"] for copy in hit["digitised"]]
    assert by_text["total"] == 0
    assert [(copy["record"], copy["thumbnail"], copy["access_level"]) for copy in copies] == [(record, None, level)]
    public = (await world.told("records-public", record))[-1].data
    assert public.public.text is None


async def test_the_closed_is_nowhere(world: World) -> None:
    record = await world.published("bí mật", access_level="closed")
    assert (await world.client.get("/v1/search", params={"q": "bi mat"})).json()["total"] == 0
    assert "Lịch sử" not in (await world.client.get("/", params={"q": "bí mật"})).text
    assert (await world.get(f"/records/{record}")).status_code == 404
    assert await world.told("records-public", record) == []
    assert len(await world.told("records", record)) == 4  # and is still counted


async def test_search_forgets_at_once_what_was_closed_while_the_index_is_behind(world: World) -> None:
    record = await world.published("sách")
    await world.post(f"/v1/records/{record}/restrict", world.librarian, {"access_level": "registered", "note": "x"})
    behind = (await world.client.get("/v1/search", params={"q": "bến gỗ"})).json()
    assert (behind["hits"][0]["snippet"], behind["hits"][0]["digitised"][0]["thumbnail"]) == ("", None)
    await world.post(f"/v1/records/{record}/withdraw", world.librarian, {"note": "x"})
    assert (await world.client.get("/v1/search", params={"q": "bến gỗ"})).json()["hits"] == []
    await world.index()
    assert (await world.client.get("/v1/search", params={"q": "bến gỗ"})).json()["total"] == 0


async def test_the_pages_show_records_and_answer_in_the_readers_language(world: World) -> None:
    record = await world.published("sách <script>alert(1)</script>")
    found = await world.client.get("/", params={"q": "ben go"})
    shown = await world.client.get(f"/records/{record}", params={"q": "ben go", "lang": "en"})
    missing = await world.client.get("/records/r-nope")
    assert f"/records/{record}" in found.text
    assert "<mark>Bến Gỗ</mark>" in shown.text
    assert f"https://thuvien.example/records/{record}" in shown.text
    assert f"/v1/records/{record}/pages/1/image" in shown.text
    assert "<script>" not in found.text + shown.text
    assert 'lang="en"' in shown.text
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
    for page in (found, shown, missing):
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "same-origin"
    assert (await world.client.get("/", params={"q": "x", "cursor": "nonsense"})).status_code == 422


async def test_uses_are_counted_together_without_a_trace_of_who(world: World) -> None:
    record = await world.published("sách")
    for _ in range(3):
        await world.get(f"/records/{record}")
    await world.get(f"/v1/records/{record}/text")
    await world.catalog.uses.announce()
    await world.catalog.uses.announce()
    told = await world.told("circulation", "thu-vien-xa")
    assert [(e.data.kind, e.data.count, e.aggregate_version) for e in told] == [("view", 3, 1), ("download", 1, 2)]


async def test_the_pdf_is_streamed_whole_and_named_after_its_record(world: World) -> None:
    record = await world.published("làng Hạ Lôi")
    answer = await world.get(f"/v1/records/{record}/pdf")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(PDF))
    assert record in answer.headers["content-disposition"]


async def test_a_pdf_that_is_not_there_is_said_to_be_missing(world: World) -> None:
    never_made = await world.recognise("sách", pdf=None)
    lost = await world.recognise("truyện")
    for name in await world.runtime.objects.list(f"documents/d-{lost[2:]}"):
        await world.runtime.objects.delete(name)
    for record in (never_made, lost):
        answer = await world.get(f"/v1/records/{record}/pdf", world.librarian)
        assert (answer.status_code, answer.json()["reason"]) == (404, "pdf-missing")
