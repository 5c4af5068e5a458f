"""The metadata formats in which records are exchanged, by the names that OAI-PMH and SRU know them by."""

from collections.abc import Callable
from dataclasses import dataclass

import pymarc

from services.catalog.formats import as_marcxml, as_mods, as_oai_dc

Writer = Callable[[pymarc.Record], bytes]


@dataclass(frozen=True, slots=True)
class Schema:
    """A metadata format: what OAI-PMH (`prefix`) and SRU (`prefix`, `identifier`) call it, and how it is written."""

    prefix: str
    title: str
    identifier: str
    namespace: str
    location: str
    write: Writer


SCHEMAS = {
    schema.prefix: schema
    for schema in (
        Schema(
            "oai_dc",
            "Dublin Core",
            "info:srw/schema/1/dc-v1.1",
            "http://www.openarchives.org/OAI/2.0/oai_dc/",
            "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            as_oai_dc,
        ),
        Schema(
            "marcxml",
            "MARC 21 XML",
            "info:srw/schema/1/marcxml-v1.1",
            "http://www.loc.gov/MARC21/slim",
            "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd",
            as_marcxml,
        ),
        Schema(
            "mods",
            "MODS 3.7",
            "info:srw/schema/1/mods-v3.7",
            "http://www.loc.gov/mods/v3",
            "http://www.loc.gov/standards/mods/v3/mods-3-7.xsd",
            as_mods,
        ),
    )
}
