"""SRU over HTTP: GET and POST at one address. What the protocol calls a diagnostic is an answer with status 200."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from fastapi import APIRouter, Request, Response

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.exchange.forms import XML_ANSWER, TooMany, as_form, as_query, body_of, documented, pairs_of
from services.catalog.exchange.published import Published
from services.catalog.exchange.records import described_for_search
from services.catalog.exchange.schemas import Schema
from services.catalog.exchange.sru.answers import Answers, Delivered
from services.catalog.exchange.sru.cql import read, read_scan_clause
from services.catalog.exchange.sru.diagnostics import Code, Diagnostic
from services.catalog.exchange.sru.request import (
    Operation,
    Scan,
    Search,
    Version,
    check,
    operation_of,
    scan_of,
    search_of,
    version_of,
)
from services.catalog.exchange.store import find_clusters
from services.catalog.exchange.xml import MEDIA_TYPE
from services.catalog.metrics import UNWRITABLE
from services.catalog.search.engine import ScannedTerm, SearchRequest
from services.catalog.search.query import NUMBERS

log = structlog.get_logger(__name__)

router = APIRouter(tags=["exchange"])
PARAMETERS = documented(
    (
        *("operation", "version", "query", "queryType", "startRecord", "maximumRecords", "recordSchema"),
        *("recordPacking", "recordXMLEscaping", "scanClause", "responsePosition", "maximumTerms"),
    ),
    operation=tuple(Operation),
    version=tuple(Version),
)


@router.get("/sru", response_class=Response, responses=XML_ANSWER, openapi_extra=as_query(PARAMETERS))
async def search_by_protocol(request: Request, catalog: TheCatalog) -> Response:
    """Search, scan or explain the union, as SRU 1.1, 1.2 and 2.0 say."""
    return await _answer(catalog, request.scope["query_string"])


@router.post("/sru", response_class=Response, responses=XML_ANSWER, openapi_extra=as_form(PARAMETERS))
async def search_by_protocol_and_form(request: Request, catalog: TheCatalog) -> Response:
    """The same, for queries too long for an address."""
    return await _answer(catalog, await body_of(request))


async def _answer(catalog: Catalog, encoded: bytes) -> Response:
    try:
        given = dict(pairs_of(encoded))
    except TooMany:
        given = {"operation": ""}
    answers = Answers(version_of(given))
    operation = Operation.EXPLAIN
    try:
        operation = operation_of(given)
        check(given, operation)
        written = await _served(catalog, answers, operation, given)
    except Diagnostic as diagnostic:
        written = answers.refused(operation, diagnostic)
    return Response(written, media_type=MEDIA_TYPE)


async def _served(catalog: Catalog, answers: Answers, operation: Operation, given: Mapping[str, str]) -> bytes:
    match operation:
        case Operation.SEARCH:
            asked = search_of(given, version_of(given))
            total, records = await _search(catalog, asked)
            return answers.found(asked, total, records)
        case Operation.SCAN:
            return answers.scanned(await _scan(catalog, scan_of(given)))
        case Operation.EXPLAIN:
            return answers.explained(catalog.provider)


async def _search(catalog: Catalog, asked: Search) -> tuple[int, Sequence[Delivered]]:
    wanted = read(asked.query)
    request = SearchRequest(query=wanted.query, limit=max(asked.count, 1), start=asked.start - 1, sort=wanted.sort)
    page = await asyncio.to_thread(catalog.search.search, request)
    if asked.start > max(page.total, 1):
        raise Diagnostic(Code.FIRST_RECORD_POSITION_OUT_OF_RANGE, str(asked.start))
    ids = [hit.id for hit in page.hits][: asked.count]
    present = await find_clusters(catalog.works.database, ids)
    records = await asyncio.to_thread(lambda: [_delivered(one, present.get(one), asked.schema) for one in ids])
    return page.total, records


async def _scan(catalog: Catalog, asked: Scan) -> Sequence[ScannedTerm]:
    field, start = read_scan_clause(asked.clause)
    if field in NUMBERS:
        raise Diagnostic(Code.UNSUPPORTED_INDEX, field)
    if asked.position > 1:
        raise Diagnostic(Code.RESPONSE_POSITION_OUT_OF_RANGE, str(asked.position))
    return await asyncio.to_thread(catalog.search.scan, field, start, asked.count)


def _delivered(cluster: str, found: Published | None, schema: Schema) -> Delivered:
    """The record as it is now: the index is a moment behind."""
    if found is None or found.gone:
        return Delivered(cluster, Diagnostic(Code.RECORD_NOT_AVAILABLE, cluster))
    try:
        return Delivered(cluster, described_for_search(found, schema))
    except Exception as error:
        UNWRITABLE.labels(schema.prefix).inc()
        log.warning(
            "cluster_not_written", cluster=cluster, schema=schema.prefix, error=f"{type(error).__name__}: {error}"
        )
        return Delivered(cluster, Diagnostic(Code.RECORD_NOT_AVAILABLE_IN_SCHEMA, schema.identifier))
