"""Mail through one SMTP server (RFC 5321)."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from services.notify.addresses.recipient import Contact, LibraryEntry
from services.notify.notices.notice import Notice
from services.notify.sender.channel import ChannelAway, NotTaken, OutcomeUnknown, RefusedForGood, RefusedForNow
from services.notify.sender.composition import Composer

COMMAND_SECONDS = 30.0
_PORTS = {"smtp": 25, "smtps": 465}
_ENHANCED = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463


class MailChannel:
    """Keeps one connection open from mail to mail."""

    def __init__(self, client: SMTP, composer: Composer, sender: str) -> None:
        self._client = client
        self._composer = composer
        self._sender = sender

    @classmethod
    def of(cls, url: str, sender: str) -> Self:
        """By URL: see `NotifySettings.smtp_url`. Raises ValueError for another scheme."""
        return cls(client_of(url), Composer(sender), sender)

    async def send(self, notice: Notice, contact: Contact, library: LibraryEntry | None) -> None:
        body = self._compose(notice, contact, library)
        try:
            await self._begin()
            await self._address(contact.address)
            await self._hand_over(body)
        except NotTaken:
            await self._rewind()
            raise
        except BaseException:
            self._client.close()
            raise

    async def close(self) -> None:
        if self._client.is_connected:
            with suppress(SMTPException, OSError):
                await self._client.quit()
        self._client.close()

    def _compose(self, notice: Notice, contact: Contact, library: LibraryEntry | None) -> bytes:
        try:
            return self._composer.compose(notice, contact, library).as_bytes()
        except Exception as error:
            raise RefusedForNow(f"not-composed-{type(error).__name__}") from error

    async def _begin(self) -> None:
        """A refusal here says nothing about the notice, whatever its code: a wrong password must not fail them all."""
        try:
            await self._connect()
            await self._client.mail(self._sender)
        except SMTPResponseException as error:
            raise ChannelAway(_code(error)) from error
        except (SMTPException, OSError) as error:
            raise ChannelAway("no-connection") from error

    async def _connect(self) -> None:
        if self._client.is_connected:
            with suppress(SMTPException, OSError):
                await self._client.noop()
                return
        self._client.close()
        await self._client.connect()

    async def _address(self, address: str) -> None:
        try:
            await self._client.rcpt(address)
        except SMTPRecipientRefused as error:
            raise _refusal(error) from error
        except (SMTPException, OSError) as error:
            raise ChannelAway("connection-lost") from error

    async def _hand_over(self, body: bytes) -> None:
        try:
            await self._client.data(body)
        except SMTPResponseException as error:
            raise _refusal(error) from error
        except (SMTPException, OSError) as error:
            # RFC 1047: the server may have taken the mail and only its answer was lost.
            raise OutcomeUnknown("connection-lost-after-data") from error

    async def _rewind(self) -> None:
        """Make the connection fit for the next mail, or give it up."""
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            self._client.close()


def client_of(url: str) -> SMTP:
    """A client, not yet connected. TLS whenever the server offers it; a password is never sent without.

    Raises ValueError for a scheme other than smtp and smtps.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError("SMTP_URL must begin with smtp:// or smtps://")
    encrypted = parts.scheme == "smtps"
    must_upgrade = True if parts.username and not encrypted else None
    return SMTP(
        hostname=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=encrypted,
        start_tls=False if encrypted else must_upgrade,
        timeout=COMMAND_SECONDS,
    )


def _refusal(error: SMTPResponseException) -> NotTaken:
    """RFC 5321 section 4.2.1: 5yz is for good, everything else may pass."""
    return RefusedForGood(_code(error)) if error.code >= 500 else RefusedForNow(_code(error))


def _code(error: SMTPResponseException) -> str:
    """The reply code and, if sent, the enhanced one. The server's words are dropped: they may name a person."""
    enhanced = _ENHANCED.match(error.message)
    return f"smtp {error.code} {enhanced[0]}" if enhanced else f"smtp {error.code}"
