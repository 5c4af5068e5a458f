"""Where the pages are, and what every one of them needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Form, Request
from pydantic import StringConstraints

from shared.web.auth import Role
from shared.web.problems import Messages, language_of
from shared.web.session import Session
from shared.web.staff import StaffPages

site = StaffPages("/librarians", Path(__file__).parent, {Role.LIBRARIAN, Role.OPERATOR})
SignedIn = Annotated[Session, Depends(site.signed_in)]
ShortText = Annotated[str, Form(max_length=1000), StringConstraints(strip_whitespace=True)]

MOST_COUNTED = 1000
"""Questions; of more than these a page says that there are more."""


class Texts:
    """The service's own messages in the language of one request."""

    def __init__(self, request: Request) -> None:
        self._messages: Messages = request.app.state.messages
        self.language = language_of(request)

    def __call__(self, code: str, **facts: object) -> str:
        return self._messages.text(code, self.language, **facts)
