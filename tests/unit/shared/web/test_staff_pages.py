"""Whatever goes wrong on a page of staff is said on a page, in one language."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from pymongo import AsyncMongoClient

from shared.web.auth import Role
from shared.web.problems import Messages, Problem, install
from shared.web.staff.pages import StaffPages

NOBODY_THERE = "mongodb://127.0.0.1:1"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    for name, text in (("assets", None), ("templates", None), ("templates/ways.html", "")):
        (tmp_path / name).mkdir() if text is None else (tmp_path / name).write_text(text)
    for language in ("vi", "en"):
        (tmp_path / f"messages.{language}.yaml").write_text("site.tagline: x\nerror.back: x\n")
    pages = StaffPages("/staff", tmp_path, {Role.OPERATOR})
    section = pages.section()
    away: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(NOBODY_THERE, serverSelectionTimeoutMS=50)

    @section.get("/away")
    async def ask_mongo() -> None:
        await away.any.any.find_one()

    @section.post("/form")
    async def read_form(request: Request) -> None:
        await request.form()

    @section.get("/nowhere")
    async def fail() -> None:
        raise Problem(404, "http-404")

    app = FastAPI()
    app.state.messages = Messages("shared.web")
    install(app, app.state.messages)
    app.include_router(section)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened:
        yield opened
    await away.close()


async def test_a_database_that_is_away_is_said_on_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/staff/away")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "đang khởi động lại" in answer.text


async def test_a_form_that_is_none_is_refused_on_a_page(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/staff/form", headers=headers, content=b"--x\r\nnothing of a form")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "Yêu cầu không đọc được." in answer.text


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        ("en;q=0.3, vi;q=0.9", "vi", "Địa chỉ này không có."),
        ("vi;q=0.3, en;q=0.9", "en", "There is nothing at this address."),
        ("fr, en;q=0", "vi", "Địa chỉ này không có."),
    ],
)
async def test_a_page_speaks_one_language(client: httpx.AsyncClient, asked: str, language: str, said: str) -> None:
    page = (await client.get("/staff/nowhere", headers={"accept-language": asked})).text
    assert (f'<html lang="{language}">' in page, said in page) == (True, True)
