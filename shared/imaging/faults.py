"""Why a file or a page cannot be taken: one class per cause, each with the stable `reason` that events carry."""

from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml

Language = Literal["vi", "en"]


class DocumentFault(Exception):
    """The document is at fault, not the service: trying again with the same bytes ends the same way.

    `facts` fill the message of the catalogue (`messages.yaml`), e.g. `TooManyPages(found=5000, allowed=2000)`.
    """

    reason: ClassVar[str]

    def __init__(self, **facts: int | str) -> None:
        super().__init__(f"{self.reason}: {facts}")
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        # Faults cross process borders, and pickle would otherwise lose the keywords.
        return partial(type(self), **self.facts), ()

    def explain(self, language: Language = "vi") -> str:
        """The sentence for people, from the catalogue of messages."""
        return catalogue()[self.reason][language].format_map(self.facts)


class EmptyFile(DocumentFault):
    reason = "empty"


class UnsupportedType(DocumentFault):
    """Facts: `found`, the media type the content looks like, or "?"."""

    reason = "unsupported-type"


class TruncatedFile(DocumentFault):
    reason = "truncated"


class BrokenPdf(DocumentFault):
    reason = "broken-pdf"


class EncryptedPdf(DocumentFault):
    reason = "encrypted"


class TooManyPages(DocumentFault):
    """Facts: `allowed`."""

    reason = "too-many-pages"


class TooManyPixels(DocumentFault):
    """Facts: `page`, `width`, `height`, `allowed` (pixels)."""

    reason = "too-many-pixels"


class PageTooLarge(DocumentFault):
    """Facts: `page`, `width`, `height` (inches)."""

    reason = "page-too-large"


class UnreadableImage(DocumentFault):
    """Facts: `page`."""

    reason = "unreadable-image"


class NoSuchPage(DocumentFault):
    """Facts: `page`."""

    reason = "no-such-page"


class TookTooLong(DocumentFault):
    """Facts: `seconds` allowed."""

    reason = "took-too-long"


class TooMuchMemory(DocumentFault):
    reason = "too-much-memory"


class Crashed(DocumentFault):
    """Facts: `exit_code` of the process that died (negative: the signal's number)."""

    reason = "crashed"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Messages by reason and language."""
    messages: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("messages.yaml").read_text("utf-8"))
    return messages
