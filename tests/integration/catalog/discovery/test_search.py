"""The search API and the pages of editions over a union of digitised records and imported ones."""

import pytest

from tests.integration.catalog.conftest import World, world

__all__ = ["world"]
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def ask(world: World, **params: str) -> dict:
    answer = await world.client.get("/v1/search", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_answer_is_counted_and_narrowed_down(world: World) -> None:
    await world.published("làng Hạ Lôi")
    await world.published("chợ Bến Gỗ", access_level="registered", library="thu-vien-tinh")
    found = await ask(world, q="lich su", facets="true")
    counted = {name: {one["value"]: one["count"] for one in buckets} for name, buckets in found["facets"].items()}
    assert counted["library"] == {"thu-vien-xa": 1, "thu-vien-tinh": 1}
    assert counted["access"] == {"public": 1, "registered": 1}
    assert counted["year"] == {"1800..1809": 2}
    for narrowed in ({"library": "thu-vien-xa"}, {"access": "public"}):
        assert [hit["title"] for hit in (await ask(world, q="lich su", **narrowed))["hits"]] == ["Lịch sử làng Hạ Lôi"]
    assert (await ask(world, library="thu-vien-tinh"))["total"] == 1
    assert (await ask(world, year="1800..1809", language="vi"))["total"] == 2
    assert (await ask(world, q="lich su", year="xưa"))["total"] == 0
    by_title = await ask(world, q="lich su", sort="title")
    assert [hit["title"] for hit in by_title["hits"]] == ["Lịch sử chợ Bến Gỗ", "Lịch sử làng Hạ Lôi"]


async def test_slips_of_the_keyboard_find_what_was_meant(world: World) -> None:
    await world.published("làng Hạ Lôi")
    found = await ask(world, q="lichj suwr langf")
    assert (found["total"], found["searched_for"]) == (1, "lịch sử làng")
    assert (await ask(world, q="lichj suwr langf", verbatim="true"))["total"] == 0
    assert (await ask(world, q="lich su"))["searched_for"] is None


async def test_suggestions_are_given_while_typing(world: World) -> None:
    await world.published("làng Hạ Lôi")
    answer = (await world.client.get("/v1/search/suggestions", params={"q": "lich su la"})).json()
    assert answer == {"suggestions": [{"text": "Lịch sử làng Hạ Lôi", "kind": "title", "count": 1}]}


async def test_an_edition_has_a_page_for_readers_and_formats_for_programs(world: World) -> None:
    record = await world.published("làng Hạ Lôi <b>")
    hit = (await ask(world, q="ha loi"))["hits"][0]
    page = await world.client.get(hit["url"], headers=HTML)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "accept" in page.headers["vary"]
    for shown in ("Lịch sử làng Hạ Lôi &lt;b&gt;", f"/records/{record}", "Thư viện xã", f"{hit['url']}?format=marcxml"):
        assert shown in page.text
    assert "<b>" not in page.text
    for address, headers in ((hit["url"], {"accept": "application/xml"}), (f"{hit['url']}?format=marcxml", HTML)):
        answer = await world.client.get(address, headers=headers)
        assert answer.status_code == 200
        assert b"<record" in answer.content, address


async def test_an_edition_that_is_gone_is_not_found(world: World) -> None:
    record = await world.published("làng Hạ Lôi")
    hit = (await ask(world, q="ha loi"))["hits"][0]
    await world.post(f"/v1/records/{record}/withdraw", world.librarian, {"note": "x"})
    await world.index()
    assert (await world.client.get(hit["url"], headers=HTML)).status_code == 404
    assert (await world.client.get("/clusters/c-nope", headers=HTML)).status_code == 404
    assert (await ask(world, q="ha loi"))["total"] == 0


@pytest.mark.parametrize(
    "params",
    [
        {"q": '((((( AND NOT OR "', "facets": "true"},
        {"q": "x", "year": "abc"},
        {"class": "999999999999", "q": "year:99999999999999999999..1"},
        {"q": "*", "topic": "\u0301"},
        {"q": "isbn:978", "library": "../.."},
    ],
)
async def test_whatever_is_asked_is_answered(world: World, params: dict[str, str]) -> None:
    await world.published("làng Hạ Lôi")
    assert (await world.client.get("/v1/search", params=params)).status_code == 200
    assert (await world.client.get("/", params=params)).status_code == 200


async def test_only_operators_have_an_index_built_anew(world: World) -> None:
    assert (await world.post("/v1/search/rebuild", world.librarian)).status_code == 403
    assert (await world.post("/v1/search/rebuild", world.operator)).json() == {"begun": False}
