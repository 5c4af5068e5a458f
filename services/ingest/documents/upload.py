"""An upload: multipart/form-data parsed as it streams in, its files straight to disk, hashed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.ingest.bodies import BodyLimits, chunks
from services.ingest.documents.document import ReceivedFile, display_name
from services.ingest.documents.refusal import Refused
from services.ingest.documents.spool import Writing

MAX_METADATA_BYTES = 65_536


@dataclass(frozen=True)
class UploadLimits:
    body: BodyLimits
    max_file_bytes: int
    max_files: int


@dataclass(frozen=True)
class Upload:
    """What an upload holds: its metadata as sent, its files in their order."""

    metadata: bytes
    files: tuple[ReceivedFile, ...]


async def receive_upload(request: Request, folder: Path, limits: UploadLimits) -> Upload:
    """Receive an upload into a folder. Raises Problem, Refused, OSError; memory stays flat whatever is sent."""
    parts = _Parts(folder, limits)
    try:
        parser = parts.parser(_boundary(request))
        async for chunk in chunks(request, limits.body):
            parser.write(chunk)
    except FormParserError as error:
        raise Refused("multipart-broken", status=400) from error
    finally:
        parts.close()
    return parts.upload()


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Refused("multipart-needed", status=415)
    return options[b"boundary"]


class _Parts:
    """Takes the parser's callbacks; knows the part being read."""

    def __init__(self, folder: Path, limits: UploadLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._writing: Writing | None = None
        self._metadata: bytearray | None = None
        self._files: list[ReceivedFile] = []
        self._ended = False

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._open,
                "on_part_data": self._write,
                "on_part_end": self._finish,
                "on_end": self._end,
            },
        )

    def close(self) -> None:
        if self._writing:
            self._writing.__exit__(None, None, None)

    def upload(self) -> Upload:
        if not self._ended:
            raise Refused("multipart-broken", status=400)
        if self._metadata is None:
            raise Refused("metadata-missing")
        if not self._files:
            raise Refused("no-files")
        return Upload(bytes(self._metadata), tuple(self._files))

    def _begin(self) -> None:
        self._disposition = self._header = self._value = b""

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        match options.get(b"name"):
            case b"metadata" if self._metadata is None:
                self._metadata = bytearray()
            case b"files":
                self._open_file(options.get(b"filename", b"").decode("utf-8", "replace"))
            case name:
                raise Refused("unexpected-field", name=display_name((name or b"").decode("utf-8", "replace"), 1))

    def _open_file(self, given: str) -> None:
        place = len(self._files) + 1
        if place > self._limits.max_files:
            raise Refused("too-many-files", status=413, allowed=self._limits.max_files)
        self._writing = Writing(self._folder / f"{place:04d}", display_name(given, place), self._limits.max_file_bytes)

    def _write(self, data: bytes, start: int, end: int) -> None:
        if self._writing:
            self._writing.write(data[start:end])
        elif self._metadata is not None:
            self._metadata += data[start:end]
            if len(self._metadata) > MAX_METADATA_BYTES:
                raise Refused("metadata-too-large", status=413, kilobytes=MAX_METADATA_BYTES // 1024)

    def _finish(self) -> None:
        if self._writing:
            self._files.append(self._writing.finish())
            self._writing = None

    def _end(self) -> None:
        self._ended = True
