"""What surrounds every page. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from shared.web.languages import Language, PageMessages
from shared.web.session import Session


@dataclass(frozen=True)
class Frame:
    """The page's language, who is signed in, and the page's own address for the switch of languages.

    `root`: the path above all of these pages.
    """

    root: str
    say: PageMessages
    language_chosen: bool = False
    session: Session | None = None
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        return self.say.language

    def link(self, *parts: object, **params: object) -> str:
        """An address below the root; keeps the language where it was chosen, leaves out what is None."""
        given = {name: str(value) for name, value in params.items() if value is not None}
        if self.language_chosen:
            given["lang"] = self.language
        path = "/".join([self.root, *(str(part) for part in parts)])
        return f"{path}?{urlencode(given, errors='replace')}" if given else path

    @property
    def other_language_url(self) -> str:
        return f"{self.path}?{urlencode({**self.query, 'lang': self.language.other}, errors='replace')}"
