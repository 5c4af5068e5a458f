"""What a mail address may look like, and how it is shown to people who need not know it."""

from __future__ import annotations

import re

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_LONGEST_LOCAL, _LONGEST = 64, 254


class NotAMailbox(ValueError):
    """Mail cannot be sent to this; the text does not repeat it."""


def mailbox(text: str) -> str:
    """The address, its domain in ASCII. Raises NotAMailbox.

    RFC 5321 section 4.1.2 with a dot-string as local part (no quoted strings, no address literals); lengths of 4.5.3.1.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise NotAMailbox("the domain is not a domain name") from error
    match = _MAILBOX.fullmatch(address)
    if not match or len(match["local"]) > _LONGEST_LOCAL or len(address) > _LONGEST:
        raise NotAMailbox("not a mail address")
    return address


def masked(address: str) -> str:
    """The address with all but its first letter and its domain hidden."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
