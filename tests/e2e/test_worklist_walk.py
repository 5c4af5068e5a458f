"""A librarian's walk through the work list in a real browser: in at the door, along the list, to a corrected, approved
and split document. With `WORKLIST_SCREENSHOTS=<folder>` it leaves the pictures of docs/ there.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.engines import free_port
from tests.integration.worklist.conftest import World, craft, kept, tales, world

__all__ = ["craft", "kept", "tales", "world"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here: install Debian's chromium")
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
NOT_A_TOKEN = "không phải mã"
SPOILED_LINE = "Trước khi đi, bà cho gói tro và hai mảnh vỏ trấu, dặn rắc quanh"
"""What the second page says where the pen went over it."""


@pytest.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the work list, served to browsers."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(world.app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the server did not start"
        await asyncio.sleep(0)
    yield f"http://127.0.0.1:{port}/worklist"
    server.should_exit = True
    await serving


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Chromium has no sandbox where it runs as root, as it does in containers of continuous integration.
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        await started.close()


@asynccontextmanager
async def visit(browser: Browser, size: dict[str, int]) -> AsyncIterator[Page]:
    """A page on which nothing fails unseen: no error of a script, none of the content security policy."""
    page = await browser.new_page(viewport=size, locale="vi-VN")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    await page.close()
    assert [one for one in complaints if "401" not in one] == []


async def sign_in(page: Page, door: str, token: str) -> None:
    await page.goto(door)
    await page.get_by_label("Mã truy cập của bạn").fill(token)
    await page.get_by_role("button", name="Đăng nhập").click()


async def check_access(page: Page) -> None:
    """Nothing that the rules of WCAG 2.2 AA which a machine can check would find."""
    found = await Axe().run(page, options=STANDARD)
    assert found.violations_count == 0, found.generate_report()


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("WORKLIST_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def correct_the_doubtful_line(page: Page) -> None:
    await page.get_by_role("link", name="Mở trang 2").click()
    await expect(page.get_by_text("từ đáng ngờ trên trang này")).to_be_visible()
    await check_access(page)
    await page.keyboard.press("Alt+ArrowDown")
    line = page.locator("input:focus")
    number = await line.get_attribute("data-line")
    assert await page.locator(f'rect.here[data-line="{number}"]').count() == 1
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
        await check_access(page)
        await sign_in(page, door, world.token(sub="lan"))
        await expect(page.get_by_text("2 tài liệu đang chờ thủ thư")).to_be_visible()
        await check_access(page)
        await picture(page, "worklist-list")
        await page.get_by_role("link", name="Truyện cổ Ba Bể").click()
        await check_access(page)
        await correct_the_doubtful_line(page)
        await world.settle()
        await split_off_the_last_page(page)
        await world.settle()
        await approve_the_tale(page)
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", name="Who did what")).to_be_visible()
        await check_access(page)
        await page.get_by_role("link", name="Plan").click()
        await check_access(page)
        await page.get_by_role("button", name="Sign out").click()
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
        await check_access(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
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
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await check_access(page)
    assert [(await world.document(one))["ruling"] for one in (tales, craft)] == ["to-rescan"] * 2
