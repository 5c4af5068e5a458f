"""What carries notices to people. Mail is one; SMS, Telegram or a webhook would be others."""

from __future__ import annotations

from typing import ClassVar, Protocol

from services.notify.addresses.recipient import Contact, LibraryEntry
from services.notify.notices.notice import Notice


class Channel(Protocol):
    """Composes a notice for its medium and hands it over."""

    async def send(self, notice: Notice, contact: Contact, library: LibraryEntry | None) -> None:
        """Return when the channel has taken responsibility for the notice.

        Raises a NotTaken; anything else counts as OutcomeUnknown.
        """

    async def close(self) -> None:
        """Give back connections; the next send opens new ones."""


class NotTaken(Exception):
    """The channel did not confirm the notice; `reason` is a code without personal data."""

    again: ClassVar[bool] = True
    """Whether another attempt may succeed."""
    in_doubt: ClassVar[bool] = False
    """Whether the notice may have been taken all the same."""
    channel_away: ClassVar[bool] = False
    """Whether the next notice would fare no better."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefusedForGood(NotTaken):
    """This notice will never be taken."""

    again = False


class RefusedForNow(NotTaken):
    """This notice was not taken; another attempt may succeed."""


class ChannelAway(NotTaken):
    """The channel takes nothing at present: not this notice's fault."""

    channel_away = True


class OutcomeUnknown(NotTaken):
    """Something broke while the notice was handed over: it may have been taken."""

    in_doubt = True
