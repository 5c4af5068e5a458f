"""The parameters of an SRU request, in the terms of each version of the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.catalog.exchange.schemas import SCHEMAS, Schema
from services.catalog.exchange.sru.diagnostics import Code, Diagnostic

DEFAULT_RECORDS = 10
MAX_RECORDS = 100
DEFAULT_TERMS = 20
MAX_TERMS = 100
MAX_POSITION = 10_000_000


class Operation(StrEnum):
    EXPLAIN = "explain"
    SEARCH = "searchRetrieve"
    SCAN = "scan"


class Version(StrEnum):
    V1_1 = "1.1"
    V1_2 = "1.2"
    V2_0 = "2.0"


@dataclass(frozen=True, slots=True)
class Search:
    """What searchRetrieve asks for. `start` counts from 1; `as_string`: records as escaped text."""

    query: str
    start: int
    count: int
    schema: Schema
    as_string: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """What scan asks for; `position`: at which place of the answer, from 1, the clause's own term is to be."""

    clause: str
    count: int
    position: int


_OF_ALL = {"operation", "version", "stylesheet", "extraRequestData", "httpAccept", "responseType", "renderedBy"}
_OF_SEARCH = {
    *("query", "queryType", "startRecord", "maximumRecords", "recordPacking", "recordXMLEscaping", "recordSchema"),
    *("recordXPath", "resultSetTTL", "sortKeys", "facetLimit"),
}
_KNOWN = {
    Operation.EXPLAIN: _OF_ALL | {"recordPacking", "recordXMLEscaping"},
    Operation.SEARCH: _OF_ALL | _OF_SEARCH,
    Operation.SCAN: _OF_ALL | {"scanClause", "responsePosition", "maximumTerms"},
}
_SCHEMAS = {
    **{name: schema for schema in SCHEMAS.values() for name in (schema.prefix, schema.identifier, schema.namespace)},
    "dc": SCHEMAS["oai_dc"],
    "info:srw/schema/1/marcxml-v1.0": SCHEMAS["marcxml"],
    "info:srw/schema/1/mods-v3.0": SCHEMAS["mods"],
}


def version_of(given: Mapping[str, str]) -> Version:
    """The version that is spoken: the one asked for, else 2.0 where only 2.0 lets the operation be guessed."""
    if asked := given.get("version"):
        return Version(asked) if asked in set(Version) else Version.V1_2
    guessed = "operation" not in given and given.keys() & {"query", "scanClause"}
    return Version.V2_0 if guessed else Version.V1_2


def operation_of(given: Mapping[str, str]) -> Operation:
    """What is to be done. Raises Diagnostic 4."""
    if asked := given.get("operation"):
        if asked not in set(Operation):
            raise Diagnostic(Code.UNSUPPORTED_OPERATION, asked)
        return Operation(asked)
    if "query" in given:
        return Operation.SEARCH
    return Operation.SCAN if "scanClause" in given else Operation.EXPLAIN


def check(given: Mapping[str, str], operation: Operation) -> None:
    """Raise Diagnostic for a version, a parameter or a stylesheet that is not supported."""
    if given.get("version", Version.V1_2) not in set(Version):
        raise Diagnostic(Code.UNSUPPORTED_VERSION, Version.V2_0)
    if given.get("stylesheet"):
        raise Diagnostic(Code.STYLESHEETS_NOT_SUPPORTED)
    if given.get("sortKeys"):
        raise Diagnostic(Code.SORT_NOT_SUPPORTED, "use sortby in the query")
    unknown = sorted(name for name in given.keys() - _KNOWN[operation] if not name.startswith("x-"))
    if unknown:
        raise Diagnostic(Code.UNSUPPORTED_PARAMETER, unknown[0])


def search_of(given: Mapping[str, str], version: Version) -> Search:
    """Raises Diagnostic."""
    if given.get("queryType", "cql") not in {"cql", "searchTerms"}:
        raise Diagnostic(Code.UNSUPPORTED_PARAMETER_VALUE, "queryType")
    return Search(
        _required(given, "query"),
        _number(given, "startRecord", 1, least=1),
        min(_number(given, "maximumRecords", DEFAULT_RECORDS, least=0), MAX_RECORDS),
        _schema(given.get("recordSchema") or "marcxml"),
        as_string=_as_string(given, version),
    )


def scan_of(given: Mapping[str, str]) -> Scan:
    """Raises Diagnostic."""
    count = _number(given, "maximumTerms", DEFAULT_TERMS, least=1)
    if count > MAX_TERMS:
        raise Diagnostic(Code.TOO_MANY_TERMS_REQUESTED, str(MAX_TERMS))
    position = _number(given, "responsePosition", 1, least=0)
    if position > count + 1:
        raise Diagnostic(Code.RESPONSE_POSITION_OUT_OF_RANGE, str(position))
    return Scan(_required(given, "scanClause"), count, position)


def _required(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise Diagnostic(Code.MANDATORY_PARAMETER_NOT_SUPPLIED, name)
    return given[name]


def _number(given: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    written = given.get(name) or str(default)
    if not (written.isascii() and written.isdecimal() and len(written) < 12 and int(written) >= least):
        raise Diagnostic(Code.UNSUPPORTED_PARAMETER_VALUE, name)
    return min(int(written), MAX_POSITION)


def _schema(name: str) -> Schema:
    if name not in _SCHEMAS:
        raise Diagnostic(Code.UNKNOWN_SCHEMA, name)
    return _SCHEMAS[name]


def _as_string(given: Mapping[str, str], version: Version) -> bool:
    """Version 2.0 calls the escaping of records what the others call their packing."""
    asked = given.get("recordXMLEscaping" if version is Version.V2_0 else "recordPacking") or "xml"
    if asked not in {"xml", "string"}:
        raise Diagnostic(Code.UNSUPPORTED_RECORD_PACKING, asked)
    return asked == "string"
