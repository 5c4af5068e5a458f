"""Signing in for web pages: a browser cannot send a bearer token, so a cookie carries the person's own token.

The cookie is out of reach of scripts (HttpOnly) and of other sites (SameSite=Strict); it ends with the browser, and the
token in it with its own expiry. Forms carry a second secret derived from it, which no other site can know (CSRF).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from fastapi import Request, Response

from shared.web.auth import Person, verify
from shared.web.problems import Problem

COOKIE = "lienthong_session"
MAX_TOKEN_CHARACTERS = 3500
"""A browser keeps cookies of 4096 bytes at most."""


@dataclass(frozen=True)
class Session:
    """Who is signed in, and the secret that the forms of this session send back."""

    person: Person
    form_key: str


def begin_session(request: Request, response: Response, token: str, path: str) -> Session:
    """Sign the token's person in on the pages below a path. Raises Problem 401, 403 when another site asked."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(403, "form-of-another-site")
    session = _session(request, token)
    # Where TLS ends before this process, whoever ends it says so; nobody gains by lying about their own cookie.
    secure = "https" in {request.url.scheme, request.headers.get("x-forwarded-proto")}
    response.set_cookie(COOKIE, token, path=path, httponly=True, samesite="strict", secure=secure)
    return session


def end_session(response: Response, path: str) -> None:
    response.delete_cookie(COOKIE, path=path, httponly=True, samesite="strict")


def session_or_none(request: Request) -> Session | None:
    """The session of the request; None where nobody is signed in, or no longer."""
    token = request.cookies.get(COOKIE)
    try:
        return _session(request, token) if token else None
    except Problem:
        return None


def check_form(session: Session, form_key: str) -> None:
    """Raise Problem 403 unless the form came from a page of this session."""
    if not hmac.compare_digest(session.form_key.encode(), form_key.encode("utf-8", "replace")):
        raise Problem(403, "form-of-another-site")


def _session(request: Request, token: str) -> Session:
    person = verify(token, request.app.state.public_key)
    return Session(person, hmac.new(token.encode(), b"forms", hashlib.sha256).hexdigest())
