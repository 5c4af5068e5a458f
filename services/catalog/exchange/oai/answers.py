"""How OAI-PMH answers are written, as bytes: a page of records is joined from what the formats write."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import structlog

from services.catalog.exchange.oai.errors import ErrorCode, Refused
from services.catalog.exchange.oai.token import Token
from services.catalog.exchange.published import Published
from services.catalog.exchange.schemas import SCHEMAS, Schema
from services.catalog.exchange.sets import most_specific, name_of
from services.catalog.exchange.xml import DECLARATION, attribute, moment, text
from services.catalog.metrics import UNWRITABLE

log = structlog.get_logger(__name__)

_HEAD = (
    f"{DECLARATION}"
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">\n'
)
_NAMESPACE = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+")
"""What the guidelines for oai-identifier take for the name of a repository."""
_TAIL = b"</OAI-PMH>\n"
_NO_ATTRIBUTES = {ErrorCode.BAD_VERB, ErrorCode.BAD_ARGUMENT}

Describe = Callable[[Published, Schema], bytes]
"""A cluster in a metadata format, as one XML element."""


class Answers:
    """Writes the answers of one provider. `base_url`: its address; `host`: what its identifiers are named by."""

    def __init__(self, base_url: str, host: str) -> None:
        self._base_url = base_url
        self._host = host

    def identifier(self, cluster: str) -> str:
        return f"oai:{self._host}:{cluster}"

    def cluster_of(self, identifier: str) -> str:
        """Raises Refused where the identifier is not one of ours."""
        scheme, _, rest = identifier.partition(":")
        host, _, cluster = rest.partition(":")
        if (scheme, host) != ("oai", self._host) or not cluster:
            raise Refused(ErrorCode.ID_DOES_NOT_EXIST, "identifiers here begin with " + self.identifier(""))
        return cluster

    def whole(self, arguments: Mapping[str, str], body: Iterable[bytes], responded: datetime) -> bytes:
        """The answer around what a verb gave."""
        return b"".join((self._opening(arguments, responded), *body, _TAIL))

    def error(self, arguments: Mapping[str, str], refused: Refused, responded: datetime) -> bytes:
        echoed = {} if refused.code in _NO_ATTRIBUTES else arguments
        body = f'<error code="{refused.code}">{text(refused.text)}</error>\n'.encode()
        return b"".join((self._opening(echoed, responded), body, _TAIL))

    def identify(self, name: str, email: str, earliest: datetime) -> Iterator[bytes]:
        yield (
            f"<Identify>\n<repositoryName>{text(name)}</repositoryName>\n<baseURL>{text(self._base_url)}</baseURL>\n"
            f"<protocolVersion>2.0</protocolVersion>\n<adminEmail>{text(email)}</adminEmail>\n"
            f"<earliestDatestamp>{moment(earliest)}</earliestDatestamp>\n<deletedRecord>persistent</deletedRecord>\n"
            "<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>\n"
        ).encode()
        if _NAMESPACE.fullmatch(self._host):
            yield self._identifier_scheme()
        yield b"</Identify>\n"

    def formats(self, schemas: Iterable[Schema]) -> Iterator[bytes]:
        yield b"<ListMetadataFormats>\n"
        for schema in schemas:
            yield (
                f"<metadataFormat><metadataPrefix>{schema.prefix}</metadataPrefix><schema>{schema.location}</schema>"
                f"<metadataNamespace>{schema.namespace}</metadataNamespace></metadataFormat>\n"
            ).encode()
        yield b"</ListMetadataFormats>\n"

    def sets(self, specs: Iterable[str], titles: Mapping[str, str]) -> Iterator[bytes]:
        yield b"<ListSets>\n"
        for spec in specs:
            name = text(name_of(spec, titles))
            yield f"<set><setSpec>{text(spec)}</setSpec><setName>{name}</setName></set>\n".encode()
        yield b"</ListSets>\n"

    def record(self, found: Published, schema: Schema, describe: Describe) -> Iterator[bytes]:
        yield b"<GetRecord>\n"
        yield self._record(found, schema, describe)
        yield b"</GetRecord>\n"

    def records(self, page: Iterable[Published], schema: Schema, describe: Describe, rest: bytes) -> Iterator[bytes]:
        """A page of a list of records; `rest` is what `resumption` gave for it."""
        yield b"<ListRecords>\n"
        for found in page:
            yield self._record(found, schema, describe)
        yield rest
        yield b"</ListRecords>\n"

    def headers(self, page: Iterable[Published], rest: bytes) -> Iterator[bytes]:
        yield b"<ListIdentifiers>\n"
        for found in page:
            yield self._header(found)
        yield rest
        yield b"</ListIdentifiers>\n"

    def resumption(self, following: Token | None, seen: int, total: int) -> bytes:
        """The token of the next page; an empty one after the last of several pages, none after an only one."""
        if following is None and seen == 0:
            return b""
        token = following.encode() if following else ""
        size = f'completeListSize="{total}" cursor="{seen}"'
        return f"<resumptionToken {size}>{token}</resumptionToken>\n".encode()

    def _opening(self, arguments: Mapping[str, str], responded: datetime) -> bytes:
        echoed = "".join(f" {name}={attribute(value)}" for name, value in arguments.items())
        request = f"<request{echoed}>{text(self._base_url)}</request>\n"
        return f"{_HEAD}<responseDate>{moment(responded)}</responseDate>\n{request}".encode()

    def _record(self, found: Published, schema: Schema, describe: Describe) -> bytes:
        if found.gone:
            return b"<record>" + self._header(found) + b"</record>\n"
        return b"".join((b"<record>", self._header(found), _metadata(found, schema, describe), b"</record>\n"))

    def _header(self, found: Published) -> bytes:
        specs = "".join(f"<setSpec>{spec}</setSpec>" for spec in most_specific(found.sets))
        status = ' status="deleted"' if found.gone else ""
        return (
            f"<header{status}><identifier>{self.identifier(found.id)}</identifier>"
            f"<datestamp>{moment(found.changed_at)}</datestamp>{specs}</header>"
        ).encode()

    def _identifier_scheme(self) -> bytes:
        return (
            '<description><oai-identifier xmlns="http://www.openarchives.org/OAI/2.0/oai-identifier" '
            'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai-identifier '
            'http://www.openarchives.org/OAI/2.0/oai-identifier.xsd"><scheme>oai</scheme>'
            f"<repositoryIdentifier>{self._host}</repositoryIdentifier><delimiter>:</delimiter>"
            f"<sampleIdentifier>{self.identifier('c-0')}</sampleIdentifier></oai-identifier></description>\n"
        ).encode()


def _metadata(found: Published, schema: Schema, describe: Describe) -> bytes:
    """Nothing where a record cannot be written: one record must not keep a harvester from all behind it."""
    try:
        return b"".join((b"<metadata>", describe(found, schema), b"</metadata>"))
    except Exception as error:
        UNWRITABLE.labels(schema.prefix).inc()
        log.warning(
            "cluster_not_written", cluster=found.id, schema=schema.prefix, error=f"{type(error).__name__}: {error}"
        )
        return b""


def schema_of(prefix: str) -> Schema:
    """Raises Refused."""
    if prefix not in SCHEMAS:
        raise Refused(ErrorCode.CANNOT_DISSEMINATE_FORMAT, f"formats: {', '.join(SCHEMAS)}")
    return SCHEMAS[prefix]
