"""A notice as a mail: Vietnamese first, English below, as plain text and as simple HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined

from services.notify.addresses.recipient import Contact, LibraryEntry
from services.notify.notices.notice import Notice
from services.notify.sender.folding import WholeTextPolicy
from shared.telemetry.tracing import correlation_of

LANGUAGES = ("vi", "en")
LONGEST_FACT = 300
LONGEST_SUBJECT = 150
_FOLDER = files("services.notify.templates")
# Seven bits: no server on the way has to convert, which would break signatures over the body.
_POLICY = WholeTextPolicy(linesep="\r\n", cte_type="7bit")


class Composer:
    """Makes mails; the texts come from `templates/texts.yaml`, the looks from the two layouts beside it."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._texts = yaml.safe_load(_read("texts.yaml"))
        self._template = cache(_environment(autoescape=False).from_string)
        self._plain = _environment(autoescape=False).get_template("mail.txt.j2")
        self._html = _environment(autoescape=True).get_template("mail.html.j2")

    def compose(self, notice: Notice, contact: Contact, library: LibraryEntry | None) -> EmailMessage:
        """The mail of a notice: the same Message-ID and date each time."""
        texts = self._texts["kinds"][notice.kind]
        facts = _facts(notice, contact, library)
        sides = [self._side(texts, language, facts) for language in LANGUAGES]
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(self._texts["sender"], addr_spec=self._sender)
        mail["To"] = Address(facts["name"] or "", addr_spec=contact.address)
        mail["Subject"] = " | ".join(side["subject"] for side in sides)
        mail["Date"] = notice.created_at
        mail["Message-ID"] = message_id(notice.id, self._domain)
        if library and library.contact:
            mail["Reply-To"] = Address(one_line(library.title), addr_spec=library.contact)
        mail["List-Id"] = f"<{notice.kind.replace('.', '-')}.notices.{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Correlation-ID"] = correlation_of(notice.traceparent)
        mail.set_content(self._plain.render(sides=sides))
        mail.add_alternative(self._html.render(sides=sides), subtype="html")
        mail["Content-Language"] = ", ".join(LANGUAGES)  # last: setting the content drops such headers
        return mail

    def _side(self, texts: Mapping[str, Any], language: str, facts: Mapping[str, str | None]) -> dict[str, Any]:
        frame = self._texts["frame"]
        greeting = frame["greeting" if facts["name"] else "greeting_without_name"][language]
        return {
            "language": language,
            "subject": _shortened(self._line(texts["subject"][language], facts), LONGEST_SUBJECT),
            "greeting": self._line(greeting, facts),
            "paragraphs": [line for text in texts["body"][language] if (line := self._line(text, facts))],
            "closing": self._line(frame["closing"][language], facts),
        }

    def _line(self, text: str, facts: Mapping[str, str | None]) -> str:
        return one_line(self._template(text).render(facts))


def message_id(notice: str, domain: str) -> str:
    """RFC 5322 section 3.6.4: unique for ever, and the same for each attempt at a notice."""
    return f"<{notice}@{domain}>"


def one_line(text: str) -> str:
    """The text without line breaks, control or invisible characters, so that it can stand in a header; NFC."""
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return unicodedata.normalize("NFC", re.sub(r" +", " ", visible).strip())


def _facts(notice: Notice, contact: Contact, library: LibraryEntry | None) -> dict[str, str | None]:
    about = {"library": library.title if library else notice.library, "name": contact.name}
    return {name: _cleaned(value) for name, value in (notice.facts | about).items()}


def _cleaned(value: str | None) -> str | None:
    return _shortened(one_line(value), LONGEST_FACT) or None if value else None


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _day(value: str) -> str:
    return date.fromisoformat(value).strftime("%d/%m/%Y")


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=autoescape,  # noqa: S701 - plain text is not escaped, the HTML layout is
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["day"] = _day
    return environment


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")
