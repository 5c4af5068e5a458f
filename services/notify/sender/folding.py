"""Headers with Vietnamese text, as encoded words (RFC 2047) that every program joins to the same text again."""

from __future__ import annotations

from email.header import Header
from email.policy import EmailPolicy


class WholeTextPolicy(EmailPolicy):
    """The SMTP policy, but a header's text is encoded as a whole.

    The standard library (3.11, 3.12) encodes word by word, and loses the blank before a word that begins a new line.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header, folded; address headers hold one address each."""
        if str(value).isascii():
            return super().fold_binary(name, value)
        addresses = getattr(value, "addresses", ())
        text = addresses[0].display_name if addresses else str(value)
        lines = [Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)]
        lines += [f"<{address.addr_spec}>" for address in addresses]
        return f"{name}: {f'{self.linesep} '.join(lines)}{self.linesep}".encode("ascii")
