"""Text as XML 1.0 may carry it."""

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

MEDIA_TYPE = "text/xml; charset=utf-8"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_ATTRIBUTE = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def text(value: str) -> str:
    """As element content; what XML cannot carry becomes U+FFFD."""
    return escape(_ILLEGAL.sub("\ufffd", value))


def attribute(value: str) -> str:
    """As the value of an attribute, with its quotation marks."""
    return '"' + escape(_ILLEGAL.sub("\ufffd", value), _IN_ATTRIBUTE) + '"'


def moment(when: datetime) -> str:
    """As UTC to the second: the granularity of all that is exchanged."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
