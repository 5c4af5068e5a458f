"""Style sheets, scripts and pictures of pages: each at an address that tells what is in it, nothing from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from fastapi.responses import FileResponse

from shared.web.problems import Problem

PALETTE = Path(__file__).with_name("palette.css")
"""The colours that all pages share."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


class Assets:
    """Files that are served below an address, under their names; style sheets apply in the order given."""

    def __init__(self, root: str, files: Iterable[Path]) -> None:
        self._files = {file.name: file for file in files}
        self.addresses = {name: f"{root}/{name}?v={_digest(file)}" for name, file in self._files.items()}

    @property
    def style_sheets(self) -> list[str]:
        """Their addresses."""
        return [address for name, address in self.addresses.items() if name.endswith(".css")]

    def answer(self, name: str) -> FileResponse:
        """The file, which may be kept for ever. Raises Problem 404."""
        if name not in self._files:
            raise Problem(404, "http-404")
        return FileResponse(self._files[name], headers=HEADERS)


def _digest(file: Path) -> str:
    """In the address it lets browsers keep a file for ever and still see a new one at once."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
