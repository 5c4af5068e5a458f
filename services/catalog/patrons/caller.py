"""Who speaks for a library's patrons: its librarians, or its own system with a key of the registry."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.catalog.dependencies import TheCatalog
from services.catalog.registry.keys import PREFIX, key_id_of, opens
from services.catalog.registry.library import Library, is_librarian_of
from services.catalog.registry.store import find_by_key
from shared.web.auth import Person, verify
from shared.web.problems import Problem

_bearer = HTTPBearer(auto_error=False, description="A person's token, or the key of a library's own system.")


@dataclass(frozen=True)
class Caller:
    """A person, or a library's system."""

    person: Person | None = None
    system_of: str | None = None

    def check_speaks_for(self, library: Library) -> None:
        """Raise Problem 403 unless this library's patrons are the caller's. Operators are not: they need no names."""
        by_librarian = self.person is not None and is_librarian_of(self.person, library)
        if not by_librarian and self.system_of != library.id:
            raise Problem(403, "not-your-library", library=library.id)


async def caller_of(
    request: Request, catalog: TheCatalog, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """The caller. Raises Problem 401."""
    token = credentials.credentials if credentials else ""
    if not token.startswith(PREFIX):
        return Caller(person=verify(token, request.app.state.public_key))
    library = await find_by_key(catalog.committed, key_id_of(token))
    if library is None or not opens(library, token):
        raise Problem(401, "not-signed-in", headers={"www-authenticate": "Bearer"})
    return Caller(system_of=library.id)


TheCaller = Annotated[Caller, Depends(caller_of)]
