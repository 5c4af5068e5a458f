"""How SRU answers are written, as bytes, in each version of the protocol."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.catalog.exchange.provider import Provider
from services.catalog.exchange.schemas import SCHEMAS
from services.catalog.exchange.sru.diagnostics import Diagnostic
from services.catalog.exchange.sru.indexes import CONTEXT_SETS, Index, indexes
from services.catalog.exchange.sru.request import DEFAULT_RECORDS, MAX_RECORDS, Operation, Search, Version
from services.catalog.exchange.xml import DECLARATION, attribute, text
from services.catalog.search.engine import ScannedTerm
from services.catalog.search.query import NUMBERS

EXPLAIN_SCHEMA = "http://explain.z3950.org/dtd/2.0/"
DIAGNOSTIC_SCHEMA = "info:srw/schema/1/diagnostics-v1.1"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record of an answer: its id, and one XML element of it, or why there is none."""

    id: str
    body: bytes | Diagnostic


class Answers:
    """Writes the answers of one version."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._is_2 = version is Version.V2_0
        self._packing = b"recordXMLEscaping" if self._is_2 else b"recordPacking"

    def found(self, asked: Search, total: int, records: Sequence[Delivered]) -> bytes:
        """An answer of searchRetrieve."""
        body = [b"<numberOfRecords>%d</numberOfRecords>" % total]
        if records:
            places = enumerate(records, asked.start)
            body += [b"<records>", *(self._record(one, place, asked) for place, one in places), b"</records>"]
        following = asked.start + len(records)
        if records and following <= total:
            body.append(b"<nextRecordPosition>%d</nextRecordPosition>" % following)
        if self._is_2:
            precision = b"info:srw/vocabulary/resultCountPrecision/1/exact"
            body.append(b"<resultCountPrecision>%s</resultCountPrecision>" % precision)
        return self._answer(Operation.SEARCH, body)

    def scanned(self, terms: Iterable[ScannedTerm]) -> bytes:
        written = [
            f"<term><value>{text(term.value)}</value><numberOfRecords>{term.count}</numberOfRecords>"
            f"<displayTerm>{text(term.display)}</displayTerm></term>".encode()
            for term in terms
        ]
        return self._answer(Operation.SCAN, [b"<terms>", *written, b"</terms>"] if written else [])

    def explained(self, provider: Provider) -> bytes:
        record = self._wrapped(EXPLAIN_SCHEMA, explanation(provider).encode(), as_string=False)
        return self._answer(Operation.EXPLAIN, [b"<record>", *record, b"</record>"])

    def refused(self, operation: Operation, diagnostic: Diagnostic) -> bytes:
        """An answer that says why there is none."""
        zero = [b"<numberOfRecords>0</numberOfRecords>"] if operation is Operation.SEARCH else []
        return self._answer(operation, [*zero, b"<diagnostics>", self._diagnostic(diagnostic), b"</diagnostics>"])

    def _answer(self, operation: Operation, body: Iterable[bytes]) -> bytes:
        name = f"{operation}Response".encode()
        opening = f'<{operation}Response xmlns="{self._namespace(operation)}">'.encode()
        version = f"<version>{self._version}</version>".encode()
        return b"".join((DECLARATION.encode(), opening, version, *body, b"</", name, b">\n"))

    def _namespace(self, operation: Operation) -> str:
        if not self._is_2:
            return "http://www.loc.gov/zing/srw/"
        return "http://docs.oasis-open.org/ns/search-ws/" + ("scan" if operation is Operation.SCAN else "sruResponse")

    def _record(self, record: Delivered, place: int, asked: Search) -> bytes:
        if isinstance(record.body, Diagnostic):
            pieces = self._wrapped(DIAGNOSTIC_SCHEMA, self._diagnostic(record.body), as_string=asked.as_string)
        else:
            pieces = self._wrapped(asked.schema.identifier, record.body, as_string=asked.as_string)
        # Version 1.1 has no identifier of a record.
        number = (
            b"" if self._version is Version.V1_1 else f"<recordIdentifier>{text(record.id)}</recordIdentifier>".encode()
        )
        return b"".join((b"<record>", *pieces, number, b"<recordPosition>%d</recordPosition></record>" % place))

    def _wrapped(self, schema: str, element: bytes, *, as_string: bool) -> list[bytes]:
        packing = b"string" if as_string else b"xml"
        data = text(element.decode()).encode() if as_string else element
        return [
            f"<recordSchema>{schema}</recordSchema>".encode(),
            b"<%s>%s</%s>" % (self._packing, packing, self._packing),
            b"<recordData>%s</recordData>" % data,
        ]

    def _diagnostic(self, diagnostic: Diagnostic) -> bytes:
        oasis, zing = "http://docs.oasis-open.org/ns/search-ws/diagnostic", "http://www.loc.gov/zing/srw/diagnostic/"
        details = f"<details>{text(diagnostic.details)}</details>" if diagnostic.details else ""
        return (
            f'<diagnostic xmlns="{oasis if self._is_2 else zing}"><uri>{diagnostic.code.uri}</uri>{details}'
            f"<message>{diagnostic.code.message}</message></diagnostic>"
        ).encode()


def explanation(provider: Provider) -> str:
    """The ZeeRex record: what may be asked, and in which forms records come."""
    address = urlsplit(provider.public_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    sets = "".join(f'<set name="{name}" identifier="{uri}"/>' for name, uri in CONTEXT_SETS.items())
    schemas = "".join(
        f'<schema name="{_short(prefix)}" identifier="{one.identifier}" location="{one.location}" sort="false" '
        f'retrieve="true"><title>{one.title}</title></schema>'
        for prefix, one in SCHEMAS.items()
    )
    return (
        f'<explain xmlns="{EXPLAIN_SCHEMA}">'
        f'<serverInfo protocol="SRU" version="2.0" transport="{address.scheme}" method="GET POST">'
        f"<host>{text(provider.host)}</host><port>{port}</port><database>{text(address.path.strip('/') + '/sru')}"
        f'</database></serverInfo><databaseInfo><title lang="vi" primary="true">{text(provider.name)}</title>'
        f"<contact>{text(provider.email)}</contact></databaseInfo>"
        f"<indexInfo>{sets}{''.join(map(_index, indexes()))}</indexInfo><schemaInfo>{schemas}</schemaInfo>"
        f'<configInfo><default type="numberOfRecords">{DEFAULT_RECORDS}</default>'
        f'<default type="contextSet">cql</default><default type="index">cql.serverChoice</default>'
        f'<default type="relation">=</default><default type="retrieveSchema">marcxml</default>'
        f'<setting type="maximumRecords">{MAX_RECORDS}</setting><supports type="relation">=</supports>'
        f'<supports type="relation">==</supports><supports type="relation">any</supports>'
        f'<supports type="relation">all</supports><supports type="scan"/><supports type="maskingCharacter">*</supports>'
        f"</configInfo></explain>"
    )


def _index(index: Index) -> str:
    titles = "".join(
        f"<title lang={attribute(language)}>{text(title)}</title>" for language, title in index.title.items()
    )
    names = "".join(
        f'<map{primary}><name set="{name.partition(".")[0]}">{name.partition(".")[2]}</name></map>'
        for name, primary in zip(index.names, [' primary="true"'] + [""] * len(index.names), strict=False)
    )
    scan, sort = index.field not in NUMBERS, index.sort is not None
    able = f'search="true" scan="{_boolean(scan)}" sort="{_boolean(sort)}"'
    return f"<index {able}>{titles}{names}</index>"


def _boolean(value: bool) -> str:  # noqa: FBT001  # it is the value that is written
    return "true" if value else "false"


def _short(prefix: str) -> str:
    return "dc" if prefix == "oai_dc" else prefix
