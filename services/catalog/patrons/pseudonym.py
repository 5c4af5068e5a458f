"""The name under which a patron appears in every event."""

import hashlib
import hmac

_PURPOSE = b"lienthong patron pseudonym"


def pseudonym_of(key: bytes, library: str, local_id: str) -> str:
    """`p-` and 32 hex digits: the same for the same reader of the same library, telling nothing without the key."""
    purpose_key = hmac.digest(key, _PURPOSE, hashlib.sha256)
    return "p-" + hmac.new(purpose_key, f"{library}\0{local_id}".encode(), hashlib.sha256).hexdigest()[:32]
