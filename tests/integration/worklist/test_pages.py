"""The work list's pages: who gets in, whose forms count, and that nothing sent to them acts or breaks."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.web.session import COOKIE
from tests.integration.worklist.conftest import OTHER_LIBRARY, World

NOBODY = "d-" + "0" * 24


async def sign_in(
    world: World, role: str = "librarian", org: str = "thu-vien-tinh", **claims: object
) -> httpx.Response:
    form = {"token": world.token(role, org, **claims)}
    return await world.client.post("/worklist/sign-in", data=form)


async def form_key(world: World) -> str:
    page = (await world.client.get("/worklist")).text
    return page.split('name="form_key" value="')[1].split('"')[0]


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(world: World, tales: str) -> None:
    wanted = f"/worklist/documents/{tales}?lang=en"
    asked = await world.client.get(wanted)
    assert asked.status_code == 303
    form_page = await world.client.get(asked.headers["location"])
    assert f'name="next" value="{wanted}"' in form_page.text
    answer = await world.client.post("/worklist/sign-in", data={"token": world.token(), "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/worklist"))
    assert (await world.client.get(wanted)).status_code == 200


@pytest.mark.parametrize(("headers", "secure"), [({}, False), ({"x-forwarded-proto": "https"}, True)])
async def test_behind_tls_the_session_travels_by_tls_alone(
    world: World, headers: dict[str, str], *, secure: bool
) -> None:
    answer = await world.client.post("/worklist/sign-in", data={"token": world.token()}, headers=headers)
    assert ("secure" in answer.headers["set-cookie"].lower().split("; ")) is secure


async def test_what_is_sealed_is_listed_without_its_title(world: World, tales: str) -> None:
    stamp = {"concerns": [{"kind": "state-secret", "rule": "stamp-mat", "page": 1}]}
    await world.runtime.database["documents"].update_one({"_id": tales}, {"$set": stamp})
    await sign_in(world)
    body = (await world.client.get("/worklist")).text
    assert tales in body
    assert "Truyện cổ Ba Bể" not in body
    assert (await world.client.get(f"/worklist/documents/{tales}")).status_code == 403


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/worklists", "javascript:alert(1)"])
async def test_signing_in_sends_nobody_to_another_site(world: World, elsewhere: str) -> None:
    answer = await world.client.post("/worklist/sign-in", data={"token": world.token(), "next": elsewhere})
    assert answer.headers["location"] == "/worklist"


async def test_another_site_signs_nobody_in(world: World) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    answer = await world.client.post("/worklist/sign-in", data={"token": world.token()}, headers=headers)
    assert (answer.status_code, COOKIE in answer.cookies) == (403, False)


async def test_an_expired_or_foreign_token_opens_nothing(world: World) -> None:
    expired = await sign_in(world, exp=datetime.now(UTC) - timedelta(seconds=1))
    assert (expired.status_code, COOKIE in expired.cookies) == (401, False)
    world.client.cookies.set(COOKIE, world.token()[:-4] + "AAAA", path="/worklist")
    assert (await world.client.get("/worklist")).status_code == 303


async def test_a_reader_has_no_work_here(world: World) -> None:
    answer = await sign_in(world, "reader")
    assert (answer.status_code, COOKIE in answer.cookies) == (403, False)
    assert "librarian" in answer.text


async def test_a_form_of_another_page_changes_nothing(world: World, tales: str) -> None:
    await sign_in(world)
    forms = {
        "bulk": {"action": "approve", "documents": [tales]},
        f"documents/{tales}/act": {"action": "approve"},
        f"documents/{tales}/split": {"firsts": ["2"]},
        f"documents/{tales}/pages/1": {"reading": f"{tales}:0001:1", "line-1": "x"},
        "merge": {"documents": [tales, NOBODY]},
        "sign-out": {},
    }
    for path, form in forms.items():
        for key in ("0" * 64, "\u1ea1"):
            answer = await world.client.post(f"/worklist/{path}", data={**form, "form_key": key})
            assert answer.status_code == 403, path
        assert (await world.client.post(f"/worklist/{path}", data=form)).status_code in {403, 422}
    assert await world.rows("actions") == []
    assert (await world.client.get("/worklist")).status_code == 200


async def test_the_key_of_one_session_is_of_no_use_in_another(world: World, tales: str) -> None:
    await sign_in(world, sub="an")
    stolen = await form_key(world)
    await sign_in(world, sub="lan")
    form = {"action": "approve", "form_key": stolen}
    assert (await world.client.post(f"/worklist/documents/{tales}/act", data=form)).status_code == 403


async def test_another_librarys_documents_are_neither_listed_nor_shown(world: World, tales: str) -> None:
    await sign_in(world, org=OTHER_LIBRARY)
    assert "Ba Bể" not in (await world.client.get("/worklist")).text
    for path in ("", "/pages/1", "/pages/1/image", "/pages/1/thumbnail"):
        answer = await world.client.get(f"/worklist/documents/{tales}{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    key = await form_key(world)
    for path, form in (
        (f"documents/{tales}/act", {"action": "approve"}),
        (f"documents/{tales}/split", {"firsts": "2"}),
    ):
        assert (await world.client.post(f"/worklist/{path}", data={**form, "form_key": key})).status_code == 403


async def test_what_libraries_wrote_cannot_act(world: World, tales: str) -> None:
    evil = '"><script>alert(1)</script>'
    change = {"$set": {"metadata.title": evil, "batch": evil, "submitted_by": evil}}
    await world.runtime.database["documents"].update_one({"_id": tales}, change)
    await sign_in(world, name=evil)
    for path in ("", f"/documents/{tales}", f"/documents/{tales}/pages/1", "/plan", "?batch=%22%3E%3Cscript%3E"):
        page = await world.client.get(f"/worklist{path}")
        assert page.status_code == 200
        assert "<script>" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert " style=" not in page.text


HOSTILE = ("", "\x00", "\ud800", "$ne", "../../etc/passwd", "9" * 400, "-1", "d-" + "0" * 24, "a" * 5000, "%00%ff")


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_nothing_hostile_breaks_a_page(world: World, tales: str, hostile: str) -> None:
    await sign_in(world)
    key = await form_key(world)
    text = hostile.encode("utf-8", "surrogatepass")
    queries = [{name: text} for name in ("stage", "batch", "mine", "after", "lang", "done", "count", "next")]
    answers = [await world.client.get("/worklist", params=query) for query in queries]
    answers += [await world.client.get(f"/worklist/documents/{tales}", params={"done": "split", "count": text})]
    fields = ("action", "to", "note", "documents", "title", "firsts", "titles", "reading", "line-1", "line-", "token")
    for path in ("bulk", "merge", f"documents/{tales}/act", f"documents/{tales}/split", f"documents/{tales}/pages/1"):
        whole = {"form_key": key, "action": "assign", "documents": NOBODY, "reading": "x"}
        answers += [await world.client.post(f"/worklist/{path}", data={**whole, name: text}) for name in fields]
    answers += [await world.client.post("/worklist/sign-in", data={"token": text, "next": text})]
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    answers += [await world.client.post("/worklist/bulk", content=text, headers=multipart)]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []


async def test_a_page_that_was_not_read_says_so(world: World, craft: str) -> None:
    change = {"$set": {"reading": None, "state": "failed", "reason": "crashed"}}
    await world.runtime.database["pages"].update_one({"_id": f"{craft}:0001"}, change)
    await sign_in(world)
    page = await world.client.get(f"/worklist/documents/{craft}/pages/1")
    assert "chưa có chữ nào được đọc" in page.text
    assert (await world.client.get(f"/worklist/documents/{craft}/pages/1/image")).status_code == 404
    assert (await world.client.get(f"/worklist/documents/{craft}/pages/2")).status_code == 404


async def test_pages_to_scan_again_are_written_as_people_write_them(world: World, tales: str) -> None:
    await sign_in(world)
    form = {"action": "ask-rescan", "note": "Mờ", "form_key": await form_key(world)}
    url = f"/worklist/documents/{tales}"
    for pages, status in (("2, x", 422), ("5", 422), ("2-3; 3", 303)):
        assert (await world.client.post(f"{url}/act", data={**form, "pages": pages})).status_code == status
    body = (await world.client.get(url)).text
    assert 'name="pages" maxlength="1000" autocomplete="off" value="2, 3"' in body
    assert "Cần quét lại" in body
    (asked,) = await world.told(tales)
    assert [page.number for page in asked.pages] == [2, 3]
    new = await world.scan("Truyện cổ, quét lại", replaces=tales)
    body = (await world.client.get(url)).text
    assert f'Bản quét mới: <a href="/worklist/documents/{new}">' in body
    assert f'<dd><a href="{url}">{tales}</a></dd>' in (await world.client.get(f"/worklist/documents/{new}")).text
