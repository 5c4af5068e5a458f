"""Turn what a page shows into HTML: pure, everything escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.web.languages import Language, PageMessages, page_messages
from shared.web.session import Session

HERE = Path(__file__).parent
ROOT = "/worklist"
ASSETS = {name: HERE / "assets" / name for name in ("worklist.css", "worklist.js")}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# The digest in the address lets browsers keep a file for ever and still see a new one at once.
_ASSET_URLS = {
    name: f"{ROOT}/assets/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
    for name, file in ASSETS.items()
}
_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Frame:
    """What surrounds every page: its language, who is signed in, and its own address for the switch of languages."""

    language: Language = Language.VIETNAMESE
    language_chosen: bool = False
    session: Session | None = None
    path: str = ROOT
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def say(self) -> PageMessages:
        return page_messages(HERE, self.language)

    def link(self, *parts: object, **params: object) -> str:
        """An address below the work list; keeps the language where it was chosen, leaves out what is None."""
        given = {name: str(value) for name, value in params.items() if value is not None}
        if self.language_chosen:
            given["lang"] = self.language
        path = "/".join([ROOT, *(str(part) for part in parts)])
        return f"{path}?{urlencode(given, errors='replace')}" if given else path

    @property
    def other_language_url(self) -> str:
        return f"{self.path}?{urlencode({**self.query, 'lang': self.language.other}, errors='replace')}"


def render(template: str, frame: Frame, **values: object) -> str:
    """The page of a template. `values` are what the template shows."""
    return _templates.get_template(template).render(
        frame=frame,
        say=frame.say,
        link=frame.link,
        other_language=page_messages(HERE, frame.language.other),
        asset=_ASSET_URLS,
        **values,
    )
