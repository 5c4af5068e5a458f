"""The tus protocol's headers, read and written. Source: tus resumable upload protocol 1.0.x, https://tus.io/protocols/resumable-upload."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = ("sha256", "sha1", "md5")
BODY = "application/offset+octet-stream"
LONGEST_HEADER = 4096


class BadHeader(ValueError):
    """A header that the protocol does not know; its name is the text."""


@dataclass(frozen=True)
class Checksum:
    """What a PATCH request's body must amount to."""

    algorithm: str
    digest: bytes

    def agrees(self, found: bytes) -> bool:
        return self.digest == found

    def new_hash(self) -> hashlib._Hash:
        return hashlib.new(self.algorithm, usedforsecurity=False)


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that must be a count of bytes. Raises BadHeader."""
    text = headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise BadHeader(name)
    return int(text)


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """What Upload-Checksum asks for. Raises BadHeader."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, digest = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadHeader("upload-checksum")
    return Checksum(algorithm, _decoded("upload-checksum", digest))


def metadata_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Upload-Metadata: pairs of a key and its base64 value. Raises BadHeader."""
    text = headers.get("upload-metadata", "")
    if len(text) > LONGEST_HEADER:
        raise BadHeader("upload-metadata")
    pairs = [pair.strip().partition(" ") for pair in text.split(",") if pair.strip()]
    return {key: _decoded("upload-metadata", value).decode("utf-8", "replace") for key, _, value in pairs}


def metadata_header(filename: str) -> str:
    return f"filename {base64.b64encode(filename.encode()).decode()}"


def expires_header(moment: datetime) -> dict[str, str]:
    return {"upload-expires": format_datetime(moment.astimezone(UTC), usegmt=True)}


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadHeader(name) from error
