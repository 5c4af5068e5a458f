"""A real browser, and an app served to it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.engines import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no browser here: install Debian's chromium")
PATIENCE_MILLISECONDS = 60_000
"""For anything that a page is to show or do: what is shown sooner is seen sooner."""
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of the app, served to browsers."""
    port = free_port()
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
        started = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MILLISECONDS
        )
        yield started
        await started.close()


@asynccontextmanager
async def visit(browser: Browser, size: dict[str, int], *, scripts: bool = True) -> AsyncIterator[Page]:
    """A page on which nothing fails unseen: no error of a script, none of the content security policy."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    context = await browser.new_context(viewport=size, locale="vi-VN", java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    await context.close()
    assert [said for said in complaints if "Failed to load resource" not in said] == []


async def check_page(page: Page) -> None:
    """By the rules of WCAG 2.2 AA that a machine can check; and nothing is wider than the screen."""
    await page.wait_for_load_state()
    found = await Axe().run(page, options=STANDARD)
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0


async def sign_in(page: Page, address: str, token: str) -> None:
    """Through the door of the pages for staff."""
    await page.goto(address)
    await page.get_by_label("Mã truy cập của bạn").fill(token)
    await page.get_by_role("button", name="Đăng nhập").click()


async def picture(page: Page, name: str) -> None:
    """For docs/, where `WALK_SCREENSHOTS` names a folder."""
    if folder := os.environ.get("WALK_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")
