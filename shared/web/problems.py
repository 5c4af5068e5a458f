"""Errors as RFC 9457 problem details, in the reader's language: Vietnamese unless English is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import structlog
import yaml
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from shared.store.mongo import is_outage
from shared.web.languages import Language, choose_language

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    reason: str
    """A stable code for programs."""
    errors: list[dict[str, str]] = []


class Problem(Exception):
    """An answer that is not a success: a status, a reason code of the catalogue, and the facts its text needs."""

    def __init__(self, status: int, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.facts = facts


class Messages:
    """Catalogues of user-facing text: `messages.yaml` beside the code, reason -> {vi, en}."""

    def __init__(self, *packages: str) -> None:
        self._texts: dict[str, Mapping[str, str]] = {}
        for package in packages:
            loaded = yaml.safe_load(files(package).joinpath("messages.yaml").read_text(encoding="utf-8"))
            self._texts.update(loaded)

    def text(self, reason: str, language: str = "vi", **facts: object) -> str:
        """The text for a reason. Raises KeyError when the catalogue lacks it."""
        return self._texts[reason][language].format_map(facts)


def language_of(request: Request) -> Language:
    """The reader's language, of pages and of problems alike."""
    return choose_language(request.headers.get("accept-language"), request.query_params.get("lang"))


def install(app: FastAPI, messages: Messages) -> None:
    """Make every error of the app a problem+json answer."""

    def answer(request: Request, status: int, reason: str, **facts: Any) -> JSONResponse:
        errors = facts.pop("errors", [])
        headers = facts.pop("headers", None)
        language = language_of(request)
        details = ProblemDetails(
            type=f"urn:lienthong:problem:{reason}",
            title=messages.text(f"status-{status}", language),
            status=status,
            detail=messages.text(reason, language, **facts),
            instance=request.url.path,
            reason=reason,
            errors=errors,
        )
        headers = {"content-language": language, **(headers or {})}
        return JSONResponse(details.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=headers)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        return answer(request, problem.status, problem.reason, **problem.facts)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"where": ".".join(str(p) for p in e["loc"]), "what": e["msg"]} for e in error.errors()]
        return answer(request, 422, "invalid-request", errors=errors)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        return answer(request, error.status_code, f"http-{error.status_code}", headers=error.headers)

    @app.exception_handler(Exception)
    async def on_crash(request: Request, error: Exception) -> JSONResponse:
        if is_outage(error):
            return answer(request, 503, "dependency-away", headers={"retry-after": "5"})
        log.error("request_failed", path=request.url.path, exc_info=error)
        return answer(request, 500, "internal-error")
