"""Dumps described for catalogues of open data: DCAT 3 as JSON-LD."""

from collections.abc import Sequence
from typing import Any

from services.catalog.exchange.opendata.dump import Dump, DumpFile
from services.catalog.exchange.provider import Provider

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/DAILY"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


def describe_dumps(dumps: Sequence[Dump], provider: Provider) -> dict[str, Any]:
    """The catalogue: a dataset whose newest dump is its distributions, the dumps before it, and the live services."""
    address = f"{provider.public_url}/open-data"
    return {
        "@context": CONTEXT,
        "@id": address,
        "@type": "dcat:Catalog",
        "dct:title": provider.name,
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": provider.name},
        "dct:license": {"@id": provider.licence},
        "dcat:dataset": [_dataset(dump, provider) for dump in dumps],
        "dcat:service": [_service(provider, "oai", "http://www.openarchives.org/OAI/2.0/"), _sru(provider)],
    }


def _dataset(dump: Dump, provider: Provider) -> dict[str, Any]:
    made = {"@value": dump.made_at.isoformat(), "@type": "xsd:dateTime"}
    return {
        "@id": f"{provider.public_url}/open-data/{dump.id}",
        "@type": "dcat:Dataset",
        "dct:identifier": dump.id,
        "dct:title": f"{provider.name}, {dump.made_at.date().isoformat()}",
        "dct:issued": made,
        "dct:language": "vi",
        "dct:license": {"@id": provider.licence},
        "dct:accrualPeriodicity": {"@id": FREQUENCY},
        "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:hasEmail": {"@id": f"mailto:{provider.email}"}},
        "dcat:distribution": [_distribution(dump, file, provider) for file in dump.files],
    }


def _distribution(dump: Dump, file: DumpFile, provider: Provider) -> dict[str, Any]:
    address = f"{provider.public_url}/open-data/{dump.id}/{file.name}"
    return {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dct:description": f"{file.records} records",
        "dct:license": {"@id": provider.licence},
        "dct:conformsTo": {"@id": file.conforms_to},
        "dcat:accessURL": {"@id": f"{provider.public_url}/open-data"},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": {"@id": MEDIA_TYPES + file.media_type},
        "dcat:compressFormat": {"@id": f"{MEDIA_TYPES}application/gzip"},
        "dcat:byteSize": file.size,
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": file.sha256,
        },
    }


def _service(provider: Provider, path: str, standard: str) -> dict[str, Any]:
    address = f"{provider.public_url}/{path}"
    return {
        "@id": address,
        "@type": "dcat:DataService",
        "dct:conformsTo": {"@id": standard},
        "dcat:endpointURL": {"@id": address},
    }


def _sru(provider: Provider) -> dict[str, Any]:
    return _service(provider, "sru", "http://docs.oasis-open.org/search-ws/searchRetrieve/v1.0/")
