"""A real SMTP server on loopback that files every mail in a Maildir instead of sending it on."""

import argparse
import signal
import smtplib
import sys
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from deploy.local.engines.engine import LOOPBACK, Program, wait_until


@dataclass(frozen=True)
class MailServer:
    """The mails are in `directory`/new, one file each, with the envelope as X-MailFrom and X-RcptTo."""

    directory: Path
    port: int

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def programs(self) -> tuple[Program, ...]:
        command = (sys.executable, "-m", "deploy.local.engines.mail", str(self.port), str(self.directory))
        return (Program("mail", command),)

    def prepare(self) -> None:
        self.directory.parent.mkdir(parents=True, exist_ok=True)

    def wait_ready(self, seconds: float) -> None:
        wait_until(self._answers, seconds, f"SMTP on port {self.port}")

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP(LOOPBACK, self.port, timeout=2) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False


def serve(port: int, directory: Path) -> None:
    """Receive mail until told to stop (SIGTERM or SIGINT)."""
    stop_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)  # before the server's thread exists, so that it inherits it
    controller = Controller(Mailbox(directory), hostname=LOOPBACK, port=port)
    controller.start()
    signal.sigwait(stop_signals)
    controller.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("directory", type=Path)
    arguments = parser.parse_args()
    serve(arguments.port, arguments.directory)
