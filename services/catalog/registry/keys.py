"""Keys of library systems: `ltk_<key id>_<secret>`; the registry keeps the SHA-256 of the whole."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from services.catalog.registry.library import Library
from shared.events.libraries import LibraryKey
from shared.events.topics import topics

PREFIX = "ltk_"
SAYABLE = tuple(sorted(name for name, said_by in topics()["circulation"].types.items() if "ingest" in said_by))
"""What a library's system may publish at ingest's door."""


def make_key(may_say: Iterable[str]) -> tuple[LibraryKey, str]:
    """A new key, and the token that is shown once."""
    key_id = secrets.token_hex(6)
    token = f"{PREFIX}{key_id}_{secrets.token_hex(32)}"
    return LibraryKey(id=key_id, sha256=_digest(token), may_say=tuple(sorted(set(may_say)))), token


def key_id_of(token: str) -> str:
    """Which key a token claims to be."""
    return token.removeprefix(PREFIX).split("_", 1)[0]


def opens(library: Library, token: str) -> bool:
    """Whether a token is one of the library's keys."""
    digest = _digest(token)
    return any(hmac.compare_digest(key.sha256, digest) for key in library.keys)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
