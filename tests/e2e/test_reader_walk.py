"""A reader's walk through the union in a real browser: from a few letters to the pages of a digitised book."""

import re
from collections.abc import AsyncIterator
from functools import partial

import pytest
from playwright.async_api import Browser, expect
from pymarc import Field, Subfield

from services.catalog.app import build_app
from services.catalog.holdings.handlers import mark_out
from services.catalog.settings import CatalogSettings
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Origin, contribution_of
from shared.events import Event
from shared.events.circulation import LoanMade
from tests.e2e.browsing import LAPTOP, PHONE, browser, check_page, needs_chromium, served, visit
from tests.integration.catalog.conftest import World, world
from tests.integration.catalog.union.shelves import NONE, books, catalogue

__all__ = ["browser", "world"]

pytestmark = needs_chromium


@pytest.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the pages."""
    async with served(build_app(world.runtime, world.catalog, CatalogSettings(), feeding=None)) as address:
        yield address


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


async def test_from_a_sector_catalogue_to_a_shelf(world: World, door: str, browser: Browser) -> None:
    school = Origin("bang", "truong-le-loi")
    record = next(catalogue(books(1)))
    for field in ("082  $a346.597", "852  $bKho mượn tầng hai$h346.597 L504$pTK.000123", "852  $bKho đọc$pTK.000124"):
        parts = [Subfield(part[0], part[1:]) for part in field[5:].split("$") if part]
        record.add_field(Field(field[:3], NONE, parts))
    book = contribution_of(school, "1", record)
    await world.runtime.works.transact(lambda work: contribute(work, Batch([book])))
    lent = LoanMade(library="truong-le-loi", item="TK.000123", loan="m1", patron="p-" + "0" * 32, due="2026-03-15")
    await world.runtime.works.transact(partial(mark_out, Event(data=lent, source="x", aggregate_version=1)))
    await world.index()
    async with visit(browser, PHONE) as page:
        await page.goto(door)
        await page.get_by_role("link", name="Pháp luật").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Pháp luật")
        await check_page(page)
        await page.get_by_role("combobox").fill(book.description.title)
        await page.get_by_role("button", name="Tìm").click()
        await expect(page.locator(".chosen")).to_contain_text("Mục lục chuyên ngành: Pháp luật")
        await check_page(page)
        await page.locator(".hit a").first.click()
        rows = page.get_by_role("table", name="Các bản tại Trường Lê Lợi").get_by_role("row")
        await expect(rows).to_have_text(
            [re.compile("Số đăng ký"), re.compile("hạn trả 15/3/2026"), re.compile("Có sẵn")]
        )
        await check_page(page)


async def test_without_scripts_the_same_is_found(world: World, door: str, browser: Browser) -> None:
    await two_books(world)
    async with visit(browser, PHONE, scripts=False) as page:
        await page.goto(door)
        await page.get_by_role("searchbox").fill("ben go")
        await page.get_by_role("button", name="Tìm").click()
        await expect(page.locator(".hit")).to_have_count(2)
        await page.get_by_role("link", name="nhan đề").click()
        await expect(page.locator(".hit h3")).to_have_text(["Lịch sử chợ Bến Gỗ", "Lịch sử làng Hạ Lôi"])
