"""Topic `notices`: what was told to whom, over which channel, and whether it went out."""

from __future__ import annotations

from typing import ClassVar

from shared.events.envelope import EventData
from shared.events.vocabulary import Identifier, ShortText


class _OfNotice(EventData):
    topic: ClassVar[str] = "notices"
    notice: Identifier
    kind: ShortText
    channel: ShortText
    cause: Identifier
    """The id of the event that the notice tells of."""

    def subject(self) -> str:
        return self.notice


class NoticeSent(_OfNotice):
    """The channel accepted the notice."""

    name: ClassVar[str] = "notice.sent"


class NoticeFailed(_OfNotice):
    """The notice was given up."""

    name: ClassVar[str] = "notice.failed"
    reason: ShortText
