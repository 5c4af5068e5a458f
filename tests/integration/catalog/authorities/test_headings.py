"""Names lead to headings, headings to works; a person merges, and takes it back."""

import pytest

from services.catalog.authorities import renewing
from services.catalog.authorities.renewing import renew_next
from tests.integration.catalog.authorities.conftest import Files, work


async def test_a_variant_finds_works_that_were_there_before_the_heading(files: Files) -> None:
    await files.shelve([work(1, "Chí Phèo", "Nam Cao"), work(2, "Tắt đèn", "Ngô Tất Tố")])
    assert await files.found("Trần Hữu Tri") == set()
    await files.establish("person", "Nam Cao", "Trần Hữu Tri", dates="1917-1951")
    await files.settle()
    assert await files.found("Trần Hữu Tri") == {"Chí Phèo"}
    assert await files.found("tran huu tri") == {"Chí Phèo"}
    assert await files.found('tacgia:"Trần Hữu Tri" nhande:Phèo') == {"Chí Phèo"}


async def test_a_variant_finds_works_that_come_after_the_heading(files: Files) -> None:
    await files.establish("person", "Nam Cao", "Trần Hữu Tri")
    await files.establish("subject", "Y học cổ truyền", "Đông y")
    await files.shelve([work(1, "Sống mòn", "Nam Cao"), work(2, "Cây thuốc", "Đỗ Tất Lợi", about=["Y học cổ truyền"])])
    assert await files.found("Trần Hữu Tri") == {"Sống mòn"}
    assert await files.found("chude:đông chude:y") == {"Cây thuốc"}


async def test_a_work_that_bears_a_variant_is_found_by_the_heading(files: Files) -> None:
    heading = await files.establish("body", "Ủy ban nhân dân tỉnh Bắc Ninh")
    await files.shelve(
        [work(1, "Báo cáo tổng kết", "UBND tỉnh Bắc Ninh"), work(2, "Quy hoạch", "Uỷ ban nhân dân tỉnh Bắc Ninh")]
    )
    assert await files.found(f"by:{heading}") == {"Báo cáo tổng kết", "Quy hoạch"}
    assert await files.found('tacgia:"Ủy ban nhân dân"') == {"Báo cáo tổng kết", "Quy hoạch"}


async def test_one_name_of_two_people_leads_to_neither_unless_years_tell(files: Files) -> None:
    elder = await files.establish("person", "Nguyễn Văn Ngọc", dates="1890-1942")
    younger = await files.establish("person", "Nguyễn Văn Ngọc", dates="1954-")
    await files.shelve(
        [
            work(1, "Tục ngữ phong dao", "Nguyễn Văn Ngọc", dates="1890-1942"),
            work(2, "Cơ học đất", "Nguyễn Văn Ngọc", dates="1954-"),
            work(3, "Hồi ký", "Nguyễn Văn Ngọc"),
        ]
    )
    assert await files.found(f"by:{elder}") == {"Tục ngữ phong dao"}
    assert await files.found(f"by:{younger}") == {"Cơ học đất"}
    assert await files.asked() == []


async def test_a_heading_stands_once(files: Files) -> None:
    heading = await files.establish("person", "Trần Hòa")
    again = await files.world.post(
        "/v1/authorities", files.world.librarian, {"kind": "person", "heading": {"name": "Trần Hoà"}}
    )
    assert (again.status_code, again.json()["reason"]) == (409, "authority-exists")
    assert heading in again.json()["detail"]


async def test_a_merge_joins_names_and_works_and_is_taken_back(files: Files) -> None:
    world = files.world
    kept = await files.establish("person", "Tô Hoài", "Nguyễn Sen", dates="1920-2014")
    ended = await files.establish("person", "Mai Trang")
    await files.shelve([work(1, "Dế mèn phiêu lưu ký", "Tô Hoài"), work(2, "Truyện ngắn", "Mai Trang")])
    merged = await files.merge(kept, ended)
    assert merged.status_code == 201, merged.text
    await files.settle()
    assert await files.found(f"by:{kept}") == {"Dế mèn phiêu lưu ký", "Truyện ngắn"}
    assert await files.found("Nguyễn Sen") == {"Dế mèn phiêu lưu ký", "Truyện ngắn"}
    moved = await world.get(f"/v1/authorities/{ended}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/authorities/{kept}")
    page = await world.get(f"/tac-gia/{ended}")
    assert (page.status_code, page.headers["location"]) == (301, f"/tac-gia/{kept}")
    undone = await world.post(f"/v1/authority-merges/{merged.json()['merge']}/undo", world.librarian, {})
    assert undone.status_code == 200, undone.text
    await files.settle()
    assert await files.found(f"by:{ended}") == {"Truyện ngắn"}
    assert await files.found("Nguyễn Sen") == {"Dế mèn phiêu lưu ký"}
    shown = (await world.get(f"/v1/authorities/{kept}")).json()
    assert [one["name"] for one in shown["variants"]] == ["Nguyễn Sen"]
    history = (await world.get(f"/v1/authorities/{ended}/history", world.librarian)).json()
    assert [one["action"] for one in history["versions"]] == ["parted", "merged", "established"]
    assert [one["version"] for one in history["versions"]] == [3, 2, 1]
    assert await files.asked() == []


async def test_what_was_changed_since_a_merge_outlives_its_undoing(files: Files) -> None:
    world = files.world
    kept, ended = await files.establish("person", "Vũ Bằng"), await files.establish("person", "Tiêu Liêu")
    merge = (await files.merge(kept, ended)).json()["merge"]
    shown = (await world.get(f"/v1/authorities/{kept}")).json()
    body = {name: shown[name] for name in ("kind", "heading", "variants")} | {"note": "Nhà văn, nhà báo"}
    headers = {**world.librarian, "if-match": f'"{shown["version"]}"'}
    changed = await world.client.put(f"/v1/authorities/{kept}", headers=headers, json=body)
    assert changed.status_code == 200, changed.text
    stale = await world.client.put(f"/v1/authorities/{kept}", headers=headers, json=body)
    assert stale.status_code == 412
    await world.post(f"/v1/authority-merges/{merge}/undo", world.librarian, {})
    after = (await world.get(f"/v1/authorities/{kept}")).json()
    assert (after["note"], after["variants"]) == ("Nhà văn, nhà báo", [])


async def test_merges_are_undone_last_first(files: Files) -> None:
    world = files.world
    one, two, three = [
        await files.establish("subject", name) for name in ("Đông y", "Y học dân tộc", "Y học cổ truyền")
    ]
    inner = (await files.merge(two, one)).json()["merge"]
    outer = (await files.merge(three, two)).json()["merge"]
    assert (await world.get(f"/v1/authorities/{one}")).headers["location"] == f"/v1/authorities/{three}"
    early = await world.post(f"/v1/authority-merges/{inner}/undo", world.librarian, {})
    assert (early.status_code, early.json()["reason"]) == (409, "authority-ended")
    await world.post(f"/v1/authority-merges/{outer}/undo", world.librarian, {})
    assert (await world.get(f"/v1/authorities/{one}")).headers["location"] == f"/v1/authorities/{two}"
    await world.post(f"/v1/authority-merges/{inner}/undo", world.librarian, {})
    assert [(await world.get(f"/v1/authorities/{each}")).status_code for each in (one, two, three)] == [200, 200, 200]


async def test_headings_that_look_the_same_are_asked_about_and_nothing_else_happens(files: Files) -> None:
    world = files.world
    marked = await files.establish("person", "Đặng Thùy Trâm")
    bare = await files.establish("person", "Dang Thuy Tram")
    await files.establish("person", "Nguyễn Văn Hùng")
    await files.establish("person", "Nguyễn Văn Hưng")
    (asked,) = await files.asked()
    assert ({asked["left"]["authority"], asked["right"]["authority"]}, asked["signs"]) == (
        {marked, bare},
        ["same-letters"],
    )
    which = await world.post(f"/v1/authority-likenesses/{asked['id']}/answer", world.librarian, {"same": True})
    assert which.json()["reason"] == "authority-keep-which"
    answer = {"same": True, "keep": marked}
    judged = await world.post(f"/v1/authority-likenesses/{asked['id']}/answer", world.librarian, answer)
    assert judged.json()["merge"]["ended"] == bare
    assert await files.asked() == []


async def test_headings_found_to_be_two_are_not_asked_about_again(files: Files) -> None:
    world = files.world
    one = await files.establish("person", "Thanh Hai")
    await files.establish("person", "Thanh Hải")
    (asked,) = await files.asked()
    await world.post(f"/v1/authority-likenesses/{asked['id']}/answer", world.librarian, {"same": False})
    body = {"kind": "person", "heading": {"name": "Thanh Hai"}, "note": "Người khác"}
    await world.client.put(f"/v1/authorities/{one}", headers=world.librarian, json=body)
    assert await files.asked() == []


async def test_the_list_has_the_order_of_the_alphabet_and_leads_from_variants(files: Files) -> None:
    await files.establish("person", "Đào Duy Anh", "Vệ Thạch")
    await files.establish("person", "Dương Quảng Hàm")
    await files.establish("person", "Ân Nam")
    await files.establish("person", "An Khê")
    whole = [
        ("An Khê", None),
        ("Ân Nam", None),
        ("Dương Quảng Hàm", None),
        ("Đào Duy Anh", None),
        ("Vệ Thạch", "Đào Duy Anh"),
    ]
    assert await files.names(kind="person") == whole
    assert await files.names(kind="person", start="Đ") == whole[3:]
    assert await files.names(kind="subject") == []
    first = (await files.world.get("/v1/authorities?kind=person&limit=2")).json()
    rest = await files.names(kind="person", cursor=first["next_cursor"])
    assert rest == whole[2:]


async def test_only_librarians_keep_the_files(files: Files) -> None:
    world = files.world
    body = {"kind": "person", "heading": {"name": "Nam Cao"}}
    assert (await world.post("/v1/authorities", None, body)).status_code == 401
    assert (await world.post("/v1/authorities", world.token("reader"), body)).status_code == 403
    assert (await world.get("/v1/authority-likenesses")).status_code == 401


async def test_headings_of_few_works_or_none_are_settled_together(files: Files) -> None:
    await files.shelve([work(1, "Chí Phèo", "Nam Cao"), work(2, "Tắt đèn", "Ngô Tất Tố")])
    for number in range(20):
        await files.establish("subject", f"Đề tài {number}")
    await files.establish("person", "Nam Cao", "Trần Hữu Tri")
    await files.establish("person", "Ngô Tất Tố", "Thục Điểu")
    works = files.world.runtime.works
    assert [await renew_next(works), await renew_next(works)] == [True, False]
    await files.world.index()
    assert (await files.found("Trần Hữu Tri"), await files.found("Thục Điểu")) == ({"Chí Phèo"}, {"Tắt đèn"})


async def test_headings_of_many_works_are_settled_one_after_the_other(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "AT_ONCE", 2)
    people = ("Nam Cao", "Ngô Tất Tố")
    await files.shelve([work(number, f"Tập {number}", people[number % 2]) for number in range(6)])
    for person, variant in zip(people, ("Trần Hữu Tri", "Thục Điểu"), strict=True):
        await files.establish("person", person, variant)
    await files.settle()
    assert await files.found("Trần Hữu Tri") == {"Tập 0", "Tập 2", "Tập 4"}
    assert await files.found("Thục Điểu") == {"Tập 1", "Tập 3", "Tập 5"}


async def test_names_of_several_works_become_provisional_headings(files: Files) -> None:
    await files.shelve(
        [
            work(1, "Làng nghề Bát Tràng", "Bùi Văn Vượng", about=["Làng nghề"]),
            work(2, "Làng nghề Hà Tây", "Bùi Văn Vượng", about=["Làng nghề"], dates="1938-"),
            work(3, "Đúc đồng", "Trần Lâm"),
        ]
    )
    await files.settle_works()
    assert await files.names() == [("Bùi Văn Vượng, 1938-", None), ("Làng nghề", None)]
    first = (await files.world.get("/v1/authorities?kind=person")).json()["names"][0]["authority"]
    shown = (await files.world.get(f"/v1/authorities/{first}")).json()
    assert (shown["level"], shown["sources"]) == (
        "provisional",
        ["Làng nghề Bát Tràng, 1990", "Làng nghề Hà Tây, 1990"],
    )
    assert await files.found(f"by:{first}") == {"Làng nghề Bát Tràng", "Làng nghề Hà Tây"}
    await files.settle_works()
    assert len(await files.names()) == 2


async def test_titles_that_say_nothing_or_cannot_be_printed_stop_no_heading(files: Files) -> None:
    titles = ("Làng\u200b nghề Bát\u00ad Tràng", "???")
    await files.shelve([work(number, title, "Bùi Văn Vượng", year=0) for number, title in enumerate(titles)])
    await files.settle_works()
    (listed,) = (await files.world.get("/v1/authorities")).json()["names"]
    shown = (await files.world.get(f"/v1/authorities/{listed['authority']}")).json()
    assert (shown["heading"]["name"], shown["sources"]) == ("Bùi Văn Vượng", ["Làng nghề Bát Tràng"])
