"""The formats in which a cluster is given, and which of them a client likes best (RFC 9110, section 12.5.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import pymarc

from services.catalog.exchange.export.csl import as_csl
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.records import described, record_of
from services.catalog.exchange.schemas import SCHEMAS, Schema
from services.catalog.exchange.xml import DECLARATION
from services.catalog.formats import Style, as_citation, as_json_ld, as_marc21, as_marcjson
from services.catalog.identity import describe

MAX_ACCEPT = 1000
MAX_RANGES = 30


class Name(StrEnum):
    """As `?format=` has it."""

    MARCXML = "marcxml"
    JSON_LD = "jsonld"
    MARC = "marc"
    MODS = "mods"
    DC = "dc"
    MARC_JSON = "marcjson"
    CSL = "csl"
    BIBTEX = "bibtex"
    RIS = "ris"
    TCVN = "tcvn"
    APA = "apa"


@dataclass(frozen=True, slots=True)
class Offer:
    """A format. `types`: what it may be called, best first; `suffix`: of a file of it."""

    name: Name
    types: tuple[str, ...]
    suffix: str
    write: Callable[[Published, Provider], bytes]


def _as_xml(found: Published, provider: Provider, schema: Schema) -> bytes:
    return DECLARATION.encode() + described(found, schema, provider)


def _of_record(found: Published, _: Provider, write: Callable[[pymarc.Record], bytes]) -> bytes:
    return write(record_of(found))


def _as_csl(found: Published, provider: Provider) -> bytes:
    return as_csl(found.id, provider.address_of(found.id), describe(record_of(found)))


def _cited(found: Published, _: Provider, style: Style) -> bytes:
    return (as_citation(record_of(found), style).rstrip("\n") + "\n").encode()


OFFERS = (
    Offer(
        Name.MARCXML,
        ("application/marcxml+xml", "application/xml", "text/xml"),
        "xml",
        partial(_as_xml, schema=SCHEMAS["marcxml"]),
    ),
    Offer(
        Name.JSON_LD,
        ("application/ld+json", "application/json"),
        "jsonld",
        partial(_of_record, write=as_json_ld),
    ),
    Offer(Name.MARC, ("application/marc",), "mrc", partial(_of_record, write=as_marc21)),
    Offer(Name.MODS, ("application/mods+xml",), "xml", partial(_as_xml, schema=SCHEMAS["mods"])),
    Offer(Name.DC, ("application/oai_dc+xml",), "xml", partial(_as_xml, schema=SCHEMAS["oai_dc"])),
    Offer(
        Name.MARC_JSON,
        ("application/marc-in-json", "application/marc+json"),
        "json",
        partial(_of_record, write=as_marcjson),
    ),
    Offer(Name.CSL, ("application/vnd.citationstyles.csl+json",), "json", _as_csl),
    Offer(Name.BIBTEX, ("application/x-bibtex", "text/x-bibtex"), "bib", partial(_cited, style=Style.BIBTEX)),
    Offer(Name.RIS, ("application/x-research-info-systems",), "ris", partial(_cited, style=Style.RIS)),
    Offer(Name.TCVN, ("text/x-bibliography", "text/plain"), "txt", partial(_cited, style=Style.TCVN)),
    Offer(Name.APA, ("text/x-bibliography; style=apa",), "txt", partial(_cited, style=Style.APA)),
)
BY_NAME = {offer.name: offer for offer in OFFERS}


def choose(accept: str | None) -> tuple[Offer, str] | None:
    """The offer that Accept likes best, and the type it was called; among equals the first, which is for all tastes."""
    ranges = _ranges(accept) if accept and accept.strip() else {"*/*": 1.0}
    weights = {(offer, kind): _liking(ranges, kind) for offer in OFFERS for kind in offer.types}
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] > 0 else None


def _ranges(accept: str) -> dict[str, float]:
    """Weight by media range, parameters other than style left out."""
    found: dict[str, float] = {}
    for part in accept[:MAX_ACCEPT].split(",")[:MAX_RANGES]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        style = next((f"; {piece}" for piece in parameters if piece.startswith("style=")), "")
        found[kind + style] = _weight(weight)
    return found


def _weight(written: str) -> float:
    try:
        return min(max(float(written), 0.0), 1.0)
    except ValueError:
        return 0.0


def _liking(ranges: dict[str, float], kind: str) -> float:
    """By the most specific range that fits (RFC 9110)."""
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if wanted in ranges:
            return ranges[wanted]
    return 0.0
