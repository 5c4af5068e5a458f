"""What web pages say, in the reader's language: Vietnamese unless English is asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

MAX_HEADER_CHARACTERS = 512
VIETNAM_TIME = timezone(timedelta(hours=7))


class Language(StrEnum):
    """The languages of the pages; the first is what a reader gets who asks for neither."""

    VIETNAMESE = "vi"
    ENGLISH = "en"

    @property
    def other(self) -> "Language":
        return Language.ENGLISH if self is Language.VIETNAMESE else Language.VIETNAMESE


def choose_language(accept_language: str | None = None, lang: str | None = None) -> Language:
    """Return the language asked for by `?lang=`, else the one that Accept-Language (RFC 9110) likes best."""
    if lang in set(Language):
        return Language(lang)
    offers = [_offer(part) for part in (accept_language or "")[:MAX_HEADER_CHARACTERS].split(",")]
    liked = [(weight, -place, tag) for place, (tag, weight) in enumerate(offers) if tag in set(Language) and weight > 0]
    return Language(max(liked)[2]) if liked else Language.VIETNAMESE


def _offer(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    try:
        weight = float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        weight = 0.0
    return tag.strip().split("-")[0].lower(), weight


@dataclass(frozen=True)
class PageMessages:
    """The messages of one language by key, and how that language writes numbers and dates."""

    language: Language
    texts: dict[str, str]

    def text(self, key: str, **values: object) -> str:
        return self.texts[key].format(**values)

    def counted(self, key: str, count: int) -> str:
        """Return the message for a count: `key.one` for one where the language has it, else `key`."""
        singular = f"{key}.one"
        return self.text(singular if count == 1 and singular in self.texts else key, count=self.number(count))

    def label(self, kind: str, code: str) -> str:
        """Return the name of a coded value, such as a collection class; an unknown code stands for itself."""
        return self.texts.get(f"{kind}.{code}", code)

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self.texts["number.thousands"])

    def date(self, moment: datetime) -> str:
        return self.text("date", date=moment.astimezone(VIETNAM_TIME))


@cache
def page_messages(language: Language, *folders: Path) -> PageMessages:
    """The messages of the pages that live in these folders: `messages.vi.yaml`, `messages.en.yaml` in each."""
    paths = [folder / f"messages.{language}.yaml" for folder in folders]
    texts: dict[str, str] = {}
    for path in paths:
        texts |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return PageMessages(language, texts)
