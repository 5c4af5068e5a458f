"""Who is asking: a signed token (JWT, EdDSA) names the person, the organisation and the roles."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ValidationError

from shared.events.vocabulary import Identifier, LibraryId, ShortText
from shared.web.problems import Problem

ALGORITHM = "EdDSA"
_bearer = HTTPBearer(auto_error=False, description="A signed token that names person, organisation and roles.")


class Role(StrEnum):
    LIBRARIAN = "librarian"
    APPRAISER = "appraiser"
    OPERATOR = "operator"
    LIBRARY_SYSTEM = "library-system"
    READER = "reader"
    AUTHORITY = "authority"


class Person(BaseModel):
    """Who acts, for which organisation, in which roles."""

    sub: Identifier
    name: ShortText
    org: LibraryId
    roles: frozenset[Role]

    @property
    def signature(self) -> str:
        """How this person is named in events and histories."""
        return f"{self.org}/{self.sub}"


def verify(token: str, public_key: str) -> Person:
    """The person a token names. Raises Problem 401."""
    try:
        claims = jwt.decode(token, public_key, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
        return Person.model_validate(claims)
    except jwt.ExpiredSignatureError as error:
        raise _unauthorised("token-expired") from error
    except (jwt.InvalidTokenError, ValidationError, ValueError) as error:
        raise _unauthorised("not-signed-in") from error


def person_or_none(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Person | None:
    """The person asking, or None when no token was sent."""
    if credentials is None:
        return None
    return verify(credentials.credentials, request.app.state.public_key)


MaybePerson = Annotated[Person | None, Depends(person_or_none)]


def needs(*roles: Role) -> Callable[[MaybePerson], Person]:
    """A dependency that lets in people with one of the roles, and nobody else."""

    def check(person: MaybePerson) -> Person:
        if person is None:
            raise _unauthorised("not-signed-in")
        check_role(person, *roles)
        return person

    return check


def check_role(person: Person, *roles: Role) -> None:
    """Raise Problem 403 unless the person has one of the roles."""
    if not person.roles.intersection(roles):
        raise Problem(403, "role-missing", roles=", ".join(roles))


def _unauthorised(reason: str) -> Problem:
    return Problem(401, reason, headers={"www-authenticate": "Bearer"})
