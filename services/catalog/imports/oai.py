"""What a provider answers by OAI-PMH 2.0, read. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
NO_RECORDS = "noRecordsMatch"
BAD_TOKEN = "badResumptionToken"  # noqa: S105 (a code of the protocol)
BAD_ARGUMENT = "badArgument"
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_DAY = "%Y-%m-%d"
_CLOSED = re.compile(rb"</(?:[\w.-]{1,40}:)?OAI-PMH\s*>")


class NotOai(Exception):
    """The answer is none of the protocol."""


class OaiError(Exception):
    """The provider refused; `code` is one of the protocol's."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}"[:300])
        self.code = code


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """identifier: "" where it bears none. metadata: None where the record is deleted or says nothing."""

    identifier: str
    datestamp: datetime | None
    deleted: bool
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of ListRecords. responded_at: by the provider's clock; token: None on the last page."""

    responded_at: datetime | None
    records: tuple[OaiRecord, ...]
    token: str | None


def read_page(body: bytes) -> ListPage:
    """Raises OaiError, NotOai."""
    root = _parsed(body)
    error = root.find(_tag("error"))
    if error is not None:
        raise OaiError(error.get("code", ""), (error.text or "").strip())
    listed = root.find(_tag("ListRecords"))
    if listed is None:
        raise NotOai("no ListRecords")
    token = listed.findtext(_tag("resumptionToken"), "").strip()
    return ListPage(moment_of(root.findtext(_tag("responseDate"), "")), tuple(_records(listed)), token or None)


def moment_of(text: str) -> datetime | None:
    """A datestamp of either granularity."""
    for form in (_SECONDS, _DAY):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def datestamp_of(moment: datetime, *, by_day: bool) -> str:
    return moment.astimezone(UTC).strftime(_DAY if by_day else _SECONDS)


def _records(listed: etree._Element) -> Iterator[OaiRecord]:
    for record in listed.iterfind(_tag("record")):
        header = record.find(_tag("header"))
        if header is None:
            yield OaiRecord("", None, deleted=False, metadata=None)
            continue
        described = record.find(f"{_tag('metadata')}/*")
        yield OaiRecord(
            identifier=header.findtext(_tag("identifier"), "").strip(),
            datestamp=moment_of(header.findtext(_tag("datestamp"), "")),
            deleted=header.get("status") == "deleted",
            metadata=None if described is None else etree.tostring(described, encoding="utf-8", with_tail=False),
        )


def _parsed(body: bytes) -> etree._Element:
    """The answer, mended where a provider lets characters through that XML forbids; never one that was cut short."""
    for recover in (False, True):
        if recover and not _CLOSED.search(body):
            raise NotOai("it is broken off")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=recover)
        try:
            root = etree.fromstring(body, parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        if root is not None and root.tag == _tag("OAI-PMH"):
            return root
    raise NotOai("no OAI-PMH element")


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
