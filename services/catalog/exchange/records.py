"""A published cluster as a MARC 21 record, and in the formats that it is exchanged in."""

import pymarc

from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.schemas import Schema
from services.catalog.exchange.xml import text
from services.catalog.formats import restored


def record_of(found: Published) -> pymarc.Record:
    """The merged record, numbered by its cluster (001)."""
    record = restored(found.marc)
    if (number := record.get("001")) is None or number.data != found.id:
        record.remove_fields("001")
        record.add_ordered_field(pymarc.Field("001", data=found.id))
    return record


def described(found: Published, schema: Schema, provider: Provider) -> bytes:
    """One XML element, UTF-8."""
    written = schema.write(record_of(found))
    if schema.prefix != "oai_dc":
        return written
    body, closing, _ = written.rpartition(b"</")
    address = f"<dc:identifier>{text(provider.address_of(found.id))}</dc:identifier>"
    return b"".join((body, address.encode(), closing, written[len(body) + len(closing) :]))


def described_for_search(found: Published, schema: Schema) -> bytes:
    """One XML element as SRU clients expect it: Dublin Core is wrapped otherwise there than in OAI-PMH."""
    written = schema.write(record_of(found))
    if schema.prefix != "oai_dc":
        return written
    return written.replace(b"oai_dc:dc", b"srw_dc:dc").replace(
        b'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"', b'xmlns:srw_dc="info:srw/schema/1/dc-schema"'
    )
