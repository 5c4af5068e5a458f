"""A librarian's walk in a real browser: a spreadsheet tried and imported, doubtful pairs judged by single keys, and a
record split off its cluster and put back.
"""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from services.catalog.app import build_app
from services.catalog.imports.importing import take_next_upload
from services.catalog.settings import CatalogSettings
from services.catalog.union.store import LABELS, PINS
from tests.e2e.browsing import LAPTOP, PHONE, browser, check_page, needs_chromium, picture, served, sign_in, visit
from tests.integration.catalog.conftest import World, world

__all__ = ["browser", "world"]

pytestmark = needs_chromium
HEADINGS = ("Mã biểu ghi", "Nhan đề", "Tác giả", "Nơi xuất bản", "Nhà xuất bản", "Năm", "Số trang", "ISBN")
PROVINCE = (
    ("T1", "Truyện cổ Bến Gỗ", "Trần Thị Hương", "Hà Nội", "Trẻ", "2010", "160", ""),
    ("T2", "Nghề đan lát ven sông", "Lê Văn Bình", "Hà Nội", "Văn hóa dân tộc", "2005", "212", ""),
    ("T3", "Lịch sử làng Hạ Lôi", "Nguyễn Quang Sơn", "Hà Nội", "Thế giới", "1998", "340", ""),
)
COMMUNE = (
    ("X1", "Truyền cổ Bến Gỗ", "Trần Thị Hương", "H.", "Nxb Trẻ", "2010", "", ""),
    ("X2", "Nghề đan lát ven sông", "Lê Văn Bình", "H.", "Văn hóa dân tộc", "2006", "212", ""),
    ("X3", "Lịch sử làng Hạ Lôi", "Nguyễn Quang Sơn", "H.", "Nxb Thế giới", "1998", "340", ""),
    ("X4", "", "Phạm Thu Lan", "H.", "Trẻ", "2012", "90", ""),
    ("X5", "Món ăn ngày Tết", "Phạm Thu Lan", "H.", "Trẻ", "2012", "90", "9786041234568"),
)


def table(rows: tuple[tuple[str, ...], ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    return text.getvalue().encode()


@pytest.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the librarians' pages."""
    async with served(build_app(world.runtime, world.catalog, CatalogSettings(), feeding=None)) as address:
        yield f"{address}/librarians"


async def import_of(world: World, source: str, library: str, rows: tuple[tuple[str, ...], ...]) -> None:
    who = world.token("librarian", "thu-vien-tinh")
    await world.client.put(f"/v1/sources/{source}", json={"library": library}, headers=who)
    params = {"source": source, "name": f"{source}.csv"}
    sent = await world.client.post("/v1/imports", params=params, content=table(rows), headers=who)
    assert sent.status_code == 202, sent.text
    assert await take_next_upload(world.runtime)


def token(world: World) -> str:
    return world.token("librarian", sub="lan")["authorization"].removeprefix("Bearer ")


async def choose_the_file(page: Page, folder: Path) -> None:
    file = folder / "Sách thư viện xã.csv"
    file.write_bytes(table(COMMUNE))
    await page.get_by_label("Tệp biểu ghi").set_input_files(file)
    await page.get_by_label("Nguồn", exact=True).select_option(label="Nguồn mới (đặt tên bên dưới)")
    await page.get_by_text("Tạo nguồn mới").click()
    await page.get_by_label("Tên nguồn mới").fill("thu-vien-xa-2026")
    await page.get_by_label("Thư viện có các biểu ghi này").select_option(label="Thư viện xã")
    await check_page(page)
    await picture(page, "import-form")
    await page.get_by_role("button", name="Gửi tệp").click()


async def read_the_report(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Biểu ghi thứ 5: Món ăn ngày Tết")).to_be_visible()
    await expect(page.get_by_text("“9786041234568” không phải là ISBN hợp lệ.")).to_be_visible()
    await check_page(page)
    await picture(page, "import-report")
    report = await downloaded(page, "Tải báo cáo (CSV)")
    assert [row[0] for row in report] == ["Biểu ghi thứ", "4", "5"]
    assert await downloaded(page, "Tải các biểu ghi có lỗi để sửa") == [HEADINGS, *COMMUNE[3:]]


async def downloaded(page: Page, link: str) -> list[tuple[str, ...]]:
    async with page.expect_download() as download:
        await page.get_by_role("link", name=link).click()
    return rows_in(await (await download.value).path())


def rows_in(file: Path) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline=""))]


async def test_a_spreadsheet_is_tried_read_about_and_imported(
    world: World, door: str, browser: Browser, tmp_path: Path
) -> None:
    await import_of(world, "thu-vien-tinh", "thu-vien-tinh", PROVINCE)
    async with visit(browser, LAPTOP) as page:
        await sign_in(page, door, token(world))
        await choose_the_file(page, tmp_path)
        await expect(page.get_by_role("heading", name="Đang chờ đến lượt")).to_be_visible()
        await check_page(page)
        assert await take_next_upload(world.runtime)
        await expect(page.get_by_role("heading", name="Đã xong")).to_be_visible()
        await read_the_report(page)
        assert await world.runtime.database["contributions"].count_documents({}) == len(PROVINCE)
        await page.get_by_role("button", name="Nhập thật tệp này").click()
        await expect(page.get_by_role("heading", name="Đang chờ đến lượt")).to_be_visible()
        assert await take_next_upload(world.runtime)
        await expect(page.get_by_role("heading", name="Đã xong")).to_be_visible()
        await page.get_by_role("link", name="Nhập biểu ghi").first.click()
        await expect(page.get_by_role("link", name="2 cặp biểu ghi chờ bạn xem")).to_be_visible()
        await page.get_by_role("link", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await check_page(page)
    assert await world.runtime.database["contributions"].count_documents({}) == len(PROVINCE) + len(COMMUNE)


async def press(page: Page, key: str) -> None:
    """As soon as the page listens."""
    await expect(page.get_by_label("Trả lời bằng phím")).to_be_visible()
    await page.keyboard.press(key)


async def skip(page: Page) -> None:
    """Pass over the pair that is shown, and wait for the other one."""
    answers = page.locator("#answers")
    shown = await answers.get_attribute("action")
    await press(page, "3")
    await expect(answers).not_to_have_attribute("action", str(shown))
    await expect(page.get_by_role("status")).to_contain_text("Đã bỏ qua")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
async def test_pairs_are_judged_by_single_keys(world: World, door: str, browser: Browser, size: dict[str, int]) -> None:
    await import_of(world, "thu-vien-tinh", "thu-vien-tinh", PROVINCE)
    await import_of(world, "thu-vien-xa-2026", "thu-vien-xa", COMMUNE)
    database = world.runtime.database
    async with visit(browser, size) as page:
        await sign_in(page, f"{door}/review", token(world))
        await expect(page.get_by_text("Còn 2 cặp")).to_be_visible()
        await skip(page)
        await press(page, "0")
        await page.wait_for_url("**/review/*-*")
        await check_page(page)
        await page.goto(f"{door}/review")
        first = await page.locator("mark.marks").all_text_contents()
        await press(page, "2" if first else "1")
        await expect(page.get_by_text("Còn 1 cặp")).to_be_visible()
        await press(page, "0")
        await expect(page.get_by_text("Còn 2 cặp")).to_be_visible()
        assert await database[PINS].count_documents({}) == 0
        await judge_the_marks_apart(page)
        await judge_the_years_one(page)
        await expect(page.get_by_text("Không còn cặp nào chờ bạn.")).to_be_visible()
    labels = {row["left"]["title"]: row["same"] async for row in database[LABELS].find()}
    assert sorted(labels.values()) == [False, True]
    assert labels["Nghề đan lát ven sông"] is True


async def judge_the_marks_apart(page: Page) -> None:
    """Truyện, Truyền: the letters are the same."""
    while not await page.locator("mark.marks").filter(has_text="Truy").count():
        await skip(page)
    await expect(page.get_by_text("cùng chữ nhưng khác dấu").first).to_be_visible()
    assert set(await page.locator("tbody mark.marks b").all_text_contents()) == {"ệ", "ề"}
    await check_page(page)
    await picture(page, f"review-{page.viewport_size['width']}")  # type: ignore[index]
    await press(page, "2")
    await expect(page.get_by_role("status")).to_contain_text("khác ấn bản")


async def judge_the_years_one(page: Page) -> None:
    """Without single keys."""
    await page.get_by_label("Trả lời bằng phím").uncheck()
    await page.locator("h1").click()
    await page.keyboard.press("2")
    await expect(page.get_by_text("Năm xuất bản cách nhau một năm.")).to_be_visible()
    await page.get_by_role("button", name="Cùng ấn bản").press("Enter")


async def test_a_record_is_split_off_and_put_back_without_scripts(world: World, door: str, browser: Browser) -> None:
    await import_of(world, "thu-vien-tinh", "thu-vien-tinh", PROVINCE)
    await import_of(world, "thu-vien-xa-2026", "thu-vien-xa", COMMUNE)
    both = await world.runtime.database["clusters"].find_one({"members.1": {"$exists": True}, "deleted": False})
    assert both is not None
    async with visit(browser, LAPTOP, scripts=False) as page:
        await sign_in(page, f"{door}/clusters/{both['_id']}", token(world))
        await expect(page.get_by_text("2 biểu ghi")).to_be_visible()
        await picture(page, "cluster")
        await page.get_by_label("Chọn “Lịch sử làng Hạ Lôi” của Thư viện xã").check()
        await page.get_by_label("Vì sao biểu ghi đã chọn").fill("Bản in khác")
        await page.get_by_role("button", name="Tách biểu ghi đã chọn").click()
        await expect(page.get_by_role("status")).to_contain_text("Đã tách")
        await expect(page.get_by_text("1 biểu ghi")).to_be_visible()
        await page.get_by_role("button", name="Rút lại").click()
        await expect(page.get_by_text("2 biểu ghi")).to_be_visible()
    assert await world.runtime.database[PINS].count_documents({}) == 0
