"""Where a reader stands in an answer, as an opaque string that any replica understands."""

import base64
import hashlib
import struct
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Self

from services.catalog.search.engine import BadCursor, Sort
from services.catalog.search.query import Query

_LAYOUT = struct.Struct(">8sIQ")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit seen, by its tie-break key, and how many were seen in all, should that hit be gone."""

    seen: int
    last_key: int

    def encode(self, query: Query, sort: Sort) -> str:
        packed = _LAYOUT.pack(_fingerprint(query, sort), self.seen, self.last_key)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, query: Query, sort: Sort) -> Self:
        """Raise BadCursor unless `text` was encoded for an equal query in the same order."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            fingerprint, seen, last_key = _LAYOUT.unpack(packed)
        except (NotBase64, ValueError, struct.error) as error:
            raise BadCursor("the cursor is not readable") from error
        if fingerprint != _fingerprint(query, sort):
            raise BadCursor("the cursor belongs to another query")
        return cls(seen, last_key)


def _fingerprint(query: Query, sort: Sort) -> bytes:
    return hashlib.blake2b(repr((query.root, sort.value)).encode("utf-8", "replace"), digest_size=8).digest()
