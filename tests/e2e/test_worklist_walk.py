"""A librarian's walk through the work list in a real browser: in at the door, along the list, to a corrected, approved
and split document.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browsing import LAPTOP, PHONE, browser, check_page, needs_chromium, picture, served, sign_in, visit
from tests.integration.worklist.conftest import World, craft, kept, tales, world

__all__ = ["browser", "craft", "kept", "tales", "world"]

pytestmark = needs_chromium
NOT_A_TOKEN = "không phải mã"
SPOILED_LINE = "Trước khi đi, bà cho gói tro và hai mảnh vỏ trấu, dặn rắc quanh"
"""What the second page says where the pen went over it."""


@pytest.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the work list."""
    async with served(world.app) as address:
        yield f"{address}/worklist"


async def correct_the_doubtful_line(page: Page) -> None:
    await page.get_by_role("link", name="Mở trang 2").click()
    await expect(page.get_by_text("từ đáng ngờ trên trang này")).to_be_visible()
    await check_page(page)
    await page.keyboard.press("Alt+ArrowDown")
    line = page.locator("input:focus")
    number = await line.get_attribute("data-line")
    await expect(page.locator(f'rect.here[data-line="{number}"]')).to_have_count(1)
    await picture(page, "worklist-page")
    await line.fill(SPOILED_LINE)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Đã lưu 1 dòng sửa")
    await expect(page.locator(f"#line-{number}")).to_have_value(SPOILED_LINE)
    await expect(page.get_by_text("Người sửa: thu-vien-tinh/lan")).to_be_visible()


async def split_off_the_last_page(page: Page) -> None:
    await page.get_by_role("link", name="Về tài liệu").click()
    await page.get_by_label("Tài liệu mới bắt đầu từ trang 4").check()
    await page.get_by_label("Nhan đề từng phần").fill("Sự tích hồ Ba Bể\nNghề đan lát")
    await picture(page, "worklist-document")
    await page.get_by_role("button", name="Tách").click()
    await expect(page.get_by_role("status")).to_contain_text("Đã tách thành 2 tài liệu")


async def approve_the_tale(page: Page) -> None:
    await page.get_by_role("link", name="Danh sách việc", exact=True).click()
    await page.get_by_role("link", name="Sự tích hồ Ba Bể").click()
    await page.get_by_label("Việc", exact=True).select_option(label="Duyệt văn bản")
    await page.get_by_role("button", name="Thực hiện").click()
    await expect(page.get_by_role("status")).to_contain_text("Đã duyệt 1 tài liệu")
    await expect(page.locator(".steps .current")).to_contain_text("Mô tả, thẩm định, công bố")
    await picture(page, "worklist-approved")


async def test_a_librarian_walks_from_the_door_to_a_split_document(
    world: World, door: str, browser: Browser, tales: str
) -> None:
    async with visit(browser, LAPTOP) as page:
        await sign_in(page, door, NOT_A_TOKEN)
        await expect(page.get_by_role("alert")).to_contain_text("không đúng hoặc đã hết hạn")
        await check_page(page)
        await sign_in(page, door, world.token(sub="lan"))
        await expect(page.get_by_text("2 tài liệu đang chờ thủ thư")).to_be_visible()
        await check_page(page)
        await picture(page, "worklist-list")
        await page.get_by_role("link", name="Truyện cổ Ba Bể").click()
        await expect(page.get_by_role("link", name="Mở trang 2")).to_be_visible()
        await check_page(page)
        await correct_the_doubtful_line(page)
        await world.settle()
        await split_off_the_last_page(page)
        await world.settle()
        await approve_the_tale(page)
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", name="Who did what")).to_be_visible()
        await check_page(page)
        await page.get_by_role("link", name="Plan").click()
        await page.wait_for_url("**/plan*")
        await check_page(page)
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/sign-in*")
        await page.goto(f"{door}/documents/{tales}")
        await expect(page.get_by_label("Mã truy cập của bạn")).to_be_visible()
    (first, _) = (await world.document(tales))["into"]
    row = await world.document(first)
    assert (row["ruling"], row["approved_by"]) == ("approved", "thu-vien-tinh/lan")
    assert SPOILED_LINE in (await world.runtime.objects.get(row["text"]["key"])).decode()


async def test_many_are_done_at_once_by_keyboard_on_a_phone(
    world: World, door: str, browser: Browser, tales: str, craft: str
) -> None:
    async with visit(browser, PHONE) as page:
        await sign_in(page, door, world.token(sub="lan"))
        await check_page(page)
        for title in ("Truyện cổ Ba Bể", "Nghề cũ ven sông"):
            box = page.get_by_label(f"Chọn “{title}”")
            await box.focus()
            await page.keyboard.press("Space")
        await page.get_by_label("Việc", exact=True).select_option(label="Yêu cầu quét lại")
        await page.get_by_label("Ghi chú").fill("Quét lại 400 dpi")
        await page.get_by_role("button", name="Thực hiện").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Đã yêu cầu quét lại 2 tài liệu")
        await picture(page, "worklist-phone")
        await page.goto(f"{door}/documents/{tales}/pages/1")
        await check_page(page)
    assert [(await world.document(one))["ruling"] for one in (tales, craft)] == ["to-rescan"] * 2
