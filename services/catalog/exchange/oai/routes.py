"""OAI-PMH over HTTP: GET and POST at one address. What the protocol calls an error is an answer with status 200."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from fastapi import APIRouter, Request, Response
from pymongo.asynchronous.database import AsyncDatabase

from services.catalog.dependencies import Catalog, TheCatalog
from services.catalog.exchange.forms import XML_ANSWER, TooMany, as_form, as_query, body_of, documented, pairs_of
from services.catalog.exchange.oai.answers import Answers, schema_of
from services.catalog.exchange.oai.arguments import TOKEN, VERBS, checked, span_of
from services.catalog.exchange.oai.errors import ErrorCode, Refused
from services.catalog.exchange.oai.token import Token, milliseconds, moment_of
from services.catalog.exchange.published import Published, Selection
from services.catalog.exchange.records import described
from services.catalog.exchange.schemas import SCHEMAS
from services.catalog.exchange.sets import LIBRARY
from services.catalog.exchange.store import (
    all_sets,
    count_changes,
    earliest_change,
    find_cluster,
    library_titles,
    page_of_changes,
)
from services.catalog.exchange.xml import MEDIA_TYPE
from services.catalog.scopes.store import all_scopes
from shared.store.mongo import Document

router = APIRouter(tags=["exchange"])
PAGE = 500
SETTLE = timedelta(seconds=60)
"""A change becomes visible this long after its datestamp at the latest: MongoDB ends transactions then. Lists give
their date so much earlier, that a harvester that goes on from it misses nothing that was being written."""

PARAMETERS = documented(("verb", "identifier", "metadataPrefix", "from", "until", "set", TOKEN), verb=tuple(VERBS))


@router.get("/oai", response_class=Response, responses=XML_ANSWER, openapi_extra=as_query(PARAMETERS, ["verb"]))
async def harvest(request: Request, catalog: TheCatalog) -> Response:
    """Identify, list or get what changed in the union, as OAI-PMH 2.0 says."""
    return await _answer(catalog, request.scope["query_string"])


@router.post("/oai", response_class=Response, responses=XML_ANSWER, openapi_extra=as_form(PARAMETERS, ["verb"]))
async def harvest_by_form(request: Request, catalog: TheCatalog) -> Response:
    """The same, for arguments too long for an address."""
    return await _answer(catalog, await body_of(request))


async def _answer(catalog: Catalog, encoded: bytes) -> Response:
    answers = Answers(f"{catalog.provider.public_url}/oai", catalog.provider.host)
    responded, arguments = datetime.now(UTC), dict[str, str]()
    try:
        arguments = checked(_pairs(encoded))
        if arguments["verb"] in {"ListRecords", "ListIdentifiers"}:
            body: Iterable[bytes] = await _list(catalog, answers, arguments, responded)
            responded -= SETTLE
        else:
            body = await _SINGLE[arguments["verb"]](catalog, answers, arguments)
        written = await asyncio.to_thread(answers.whole, arguments, body, responded)
    except Refused as refused:
        written = answers.error(arguments, refused, responded)
    return Response(written, media_type=MEDIA_TYPE)


async def _list(catalog: Catalog, answers: Answers, arguments: Mapping[str, str], now: datetime) -> Iterable[bytes]:
    whole = arguments["verb"] == "ListRecords"
    token = Token.decode(arguments[TOKEN], arguments["verb"]) if TOKEN in arguments else None
    schema = schema_of(token.prefix if token else arguments["metadataPrefix"])
    selection = token.selection if token else _selection(arguments, now)
    after, seen = (token.position, token.seen) if token else (None, 0)
    database = catalog.works.database
    found = await page_of_changes(database, selection, after, PAGE + 1, with_marc=whole)
    if not found and token is None:
        raise Refused(ErrorCode.NO_RECORDS_MATCH, "nothing changed then and there")
    page, following, total = found[:PAGE], None, token.total if token else 0
    if len(found) > PAGE:
        total = total or await count_changes(database, selection)
        following = _following(arguments["verb"], schema.prefix, selection, page[-1], seen=seen + PAGE, total=total)
    rest = answers.resumption(following, seen, total)
    describe = partial(described, provider=catalog.provider)
    return answers.records(page, schema, describe, rest) if whole else answers.headers(page, rest)


def _selection(arguments: Mapping[str, str], now: datetime) -> Selection:
    span = span_of(arguments)
    upper = moment_of(milliseconds(now) + 1)
    return Selection(span.start, min(span.end or upper, upper), arguments.get("set"))


def _following(verb: str, prefix: str, selection: Selection, last: Published, *, seen: int, total: int) -> Token:
    return Token(
        verb=verb,
        prefix=prefix,
        spec=selection.spec,
        start=None if selection.start is None else milliseconds(selection.start),
        end=milliseconds(selection.end),
        changed_at=milliseconds(last.changed_at),
        cluster=last.id,
        seen=seen,
        total=total,
    )


async def _identify(catalog: Catalog, answers: Answers, _: Mapping[str, str]) -> Iterable[bytes]:
    earliest = await earliest_change(catalog.works.database)
    return answers.identify(catalog.provider.name, catalog.provider.email, earliest)


async def _formats(catalog: Catalog, answers: Answers, arguments: Mapping[str, str]) -> Iterable[bytes]:
    if "identifier" in arguments:
        found = await _known(catalog, answers, arguments["identifier"])
        if found.gone:
            raise Refused(ErrorCode.NO_METADATA_FORMATS, "this record was deleted")
    return answers.formats(SCHEMAS.values())


async def _sets(catalog: Catalog, answers: Answers, arguments: Mapping[str, str]) -> Iterable[bytes]:
    if TOKEN in arguments:
        raise Refused(ErrorCode.BAD_RESUMPTION_TOKEN, "the list of sets is one page")
    database = catalog.works.database
    return answers.sets(await all_sets(database), await _titles(database))


async def _titles(database: AsyncDatabase[Document]) -> Mapping[str, str]:
    """What libraries and sector catalogues are called, by their sets."""
    libraries = {f"{LIBRARY}:{one}": title for one, title in (await library_titles(database)).items()}
    return libraries | {scope.spec: f"{scope.title} / {scope.title_en}" for scope in await all_scopes(database)}


async def _record(catalog: Catalog, answers: Answers, arguments: Mapping[str, str]) -> Iterable[bytes]:
    schema = schema_of(arguments["metadataPrefix"])
    found = await _known(catalog, answers, arguments["identifier"])
    return answers.record(found, schema, partial(described, provider=catalog.provider))


async def _known(catalog: Catalog, answers: Answers, identifier: str) -> Published:
    found = await find_cluster(catalog.works.database, answers.cluster_of(identifier))
    if found is None:
        raise Refused(ErrorCode.ID_DOES_NOT_EXIST, "there is no such record")
    return found


_SINGLE = {"Identify": _identify, "ListMetadataFormats": _formats, "ListSets": _sets, "GetRecord": _record}


def _pairs(encoded: bytes) -> Iterable[tuple[str, str]]:
    try:
        return pairs_of(encoded)
    except TooMany as error:
        raise Refused(ErrorCode.BAD_ARGUMENT, str(error)) from error
