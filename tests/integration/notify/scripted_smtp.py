"""A real SMTP server whose answers a test writes beforehand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
READY_SECONDS = 60
ACCEPTED = "250 2.0.0 nhận rồi"


class ScriptedServer:
    """Accepts everything, unless `to_recipient` or `to_data` hold other replies; these are used up one by one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.to_sender: deque[str] = deque()
        self.to_recipient: deque[str] = deque()
        self.to_data: deque[str] = deque()
        self.after_data: Callable[[SMTP], None] | None = None
        """Done once, between taking a mail and answering."""
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def message_ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.accepted]

    def start(self) -> None:
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port, ready_timeout=READY_SECONDS)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_sender:
            return self.to_sender.popleft()
        envelope.mail_from = address
        return ACCEPTED

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient.popleft()
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.to_data:
            return self.to_data.popleft()
        content: Any = envelope.content
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.accepted.append(mail)
        self.recipients.extend(envelope.rcpt_tos)
        after, self.after_data = self.after_data, None
        if after:
            after(server)
        return ACCEPTED
