"""Where the pages are, and what every one of them needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Form, Request
from pydantic import StringConstraints

from services.catalog.dependencies import Catalog
from services.catalog.registry.store import libraries_of
from shared.web.auth import Person, Role
from shared.web.problems import Messages, language_of
from shared.web.session import Session
from shared.web.staff import StaffPages

site = StaffPages("/librarians", Path(__file__).parent, {Role.LIBRARIAN, Role.OPERATOR})
SignedIn = Annotated[Session, Depends(site.signed_in)]
ShortText = Annotated[str, Form(max_length=1000), StringConstraints(strip_whitespace=True)]


async def scope_of(catalog: Catalog, person: Person) -> list[str] | None:
    """The libraries whose records the person decides about; None: all."""
    if Role.OPERATOR in person.roles:
        return None
    return [library.id for library in await libraries_of(catalog.works.database, person)]


class Texts:
    """The service's own messages in the language of one request."""

    def __init__(self, request: Request) -> None:
        self._messages: Messages = request.app.state.messages
        self.language = language_of(request)

    def __call__(self, code: str, **facts: object) -> str:
        return self._messages.text(code, self.language, **facts)
