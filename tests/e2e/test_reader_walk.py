"""A reader's walk through the union in a real browser: from a few letters to the pages of a digitised book."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from services.catalog.app import build_app
from services.catalog.settings import CatalogSettings
from tests.engines import free_port
from tests.integration.catalog.conftest import World, world

__all__ = ["world"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here: install Debian's chromium")
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the pages, served to browsers."""
    port = free_port()
    app = build_app(world.runtime, world.catalog, CatalogSettings(), feeding=None)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the server did not start"
        await asyncio.sleep(0)
    yield f"http://127.0.0.1:{port}"
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
async def visit(browser: Browser, size: dict[str, int], *, scripts: bool = True) -> AsyncIterator[Page]:
    """A page on which nothing fails unseen: no error of a script, none of the content security policy."""
    context = await browser.new_context(viewport=size, locale="vi-VN", java_script_enabled=scripts)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    await context.close()
    assert [said for said in complaints if "Failed to load resource" not in said] == []


async def check_page(page: Page) -> None:
    """By the rules of WCAG that a machine can check; and nothing is wider than the screen."""
    found = await Axe().run(page, options=STANDARD)
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0


async def two_books(world: World) -> None:
    await world.published("làng Hạ Lôi", library="thu-vien-xa")
    await world.published("chợ Bến Gỗ", library="thu-vien-xa", access_level="registered")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
async def test_from_a_few_letters_to_a_page(world: World, door: str, browser: Browser, size: dict[str, int]) -> None:
    await two_books(world)
    async with visit(browser, size) as page:
        await page.goto(door)
        await check_page(page)
        await page.get_by_role("combobox").press_sequentially("lich su l")
        await expect(page.locator("#suggestions option").first).to_have_attribute("value", "Lịch sử làng Hạ Lôi")
        await page.get_by_role("combobox").fill("lichj suwr")
        await page.get_by_role("button", name="Tìm").click()
        await expect(page.get_by_text("đang xem kết quả cho")).to_contain_text("lịch sử")
        await expect(page.locator(".hit")).to_have_count(2)
        await check_page(page)
        await page.locator(".facets").get_by_role("link", name="Mở cho mọi người").click()
        await expect(page.locator(".hit")).to_have_count(1)
        await check_page(page)
        await page.get_by_role("link", name="Lịch sử làng Hạ Lôi").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Lịch sử làng Hạ Lôi")
        await expect(page.get_by_role("heading", name="Có tại 1 thư viện")).to_be_visible()
        await expect(page.get_by_role("link", name="MARCXML")).to_be_visible()
        await check_page(page)
        await page.get_by_role("link", name="Đọc bản số hóa").click()
        await expect(page.locator(".page")).to_have_count(2)


async def test_without_scripts_the_same_is_found(world: World, door: str, browser: Browser) -> None:
    await two_books(world)
    async with visit(browser, PHONE, scripts=False) as page:
        await page.goto(door)
        await page.get_by_role("searchbox").fill("ben go")
        await page.get_by_role("button", name="Tìm").click()
        await expect(page.locator(".hit")).to_have_count(2)
        await page.get_by_role("link", name="nhan đề").click()
        titles = await page.locator(".hit h3").all_text_contents()
        assert titles == ["Lịch sử chợ Bến Gỗ", "Lịch sử làng Hạ Lôi"]
