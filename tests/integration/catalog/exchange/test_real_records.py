"""Real records of many libraries, damaged ones among them, as whoever harvests or fetches the union gets them."""

import io
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pymarc
import pytest
from lxml import etree

from services.catalog.exchange.export.offers import OFFERS
from services.catalog.exchange.oai.answers import Answers
from services.catalog.exchange.opendata.files import KINDS
from services.catalog.exchange.provider import Provider
from services.catalog.exchange.published import Published
from services.catalog.exchange.records import described, described_for_search, record_of
from services.catalog.exchange.schemas import SCHEMAS
from services.catalog.formats import Format, Unwritable, as_marc21, detect, read
from tests.integration.catalog.exchange.conftest import ROOT, found

DATA = Path(os.environ.get("LIENTHONG_SHARED", ROOT.parent / "shared")) / "data/marc"
PROVIDER = Provider("https://thuvien.example", "Mục lục", "a@thuvien.example", "https://licence.example/")
EACH_FILE = 25
"""Records of one file: damage differs from file to file more than within one."""
NOT_HELD = {Format.CSV, Format.XLSX, None}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real records are not at {DATA} (LIENTHONG_SHARED)")


def clusters() -> Iterator[Published]:
    for path in sorted(path for path in DATA.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            form = detect(file.read(4096), path.name)
        if form in NOT_HELD:
            continue
        for number, one in enumerate(islice(read(io.BytesIO(path.read_bytes()), form), EACH_FILE)):
            if one.record is not None and (marc := held(one.record)):
                yield Published(f"c-{path.stem}-{number}", datetime.now(UTC), (), False, None, marc)


def held(record: pymarc.Record) -> bytes | None:
    try:
        return as_marc21(record)
    except Unwritable:
        return None


def test_every_record_is_given_in_every_format() -> None:
    schema = etree.XMLSchema(etree.parse(str(ROOT / "tests/resources/xsd/harvest.xsd")))
    answers = Answers("https://thuvien.example/oai", PROVIDER.host)
    count, faults, page = 0, Counter[str](), list[Published]()
    for cluster in clusters():
        count += 1
        page.append(cluster)
        faults.update(faults_of(cluster))
        if len(page) == 200:
            faults.update(faults_of_page(answers, page, schema))
            page.clear()
    faults.update(faults_of_page(answers, page, schema))
    assert count > 1000
    assert not faults, faults.most_common(10)


def faults_of(cluster: Published) -> Iterator[str]:
    record = record_of(cluster)
    for name, write in (
        *((offer.name, lambda offer=offer: offer.write(cluster, PROVIDER)) for offer in OFFERS),
        *((kind.name, lambda kind=kind: kind.write(cluster, record, PROVIDER)) for kind in KINDS),
        *(
            (f"sru {one.prefix}", lambda one=one: etree.fromstring(described_for_search(cluster, one)))
            for one in SCHEMAS.values()
        ),
    ):
        try:
            write()
        except Exception as error:
            yield f"{name} of {cluster.id}: {type(error).__name__} {error}"


def faults_of_page(answers: Answers, page: list[Published], schema: etree.XMLSchema) -> Iterator[str]:
    """What is wrong with a page of a harvest: it must be valid, and every record have its metadata."""
    for one in SCHEMAS.values():
        body = answers.records(page, one, lambda cluster, form: described(cluster, form, PROVIDER), b"")
        answer = answers.whole({"verb": "ListRecords", "metadataPrefix": one.prefix}, body, datetime.now(UTC))
        if len(found(answer, "//oai:metadata/*")) != len(page):
            yield f"{one.prefix}: {len(page)} records, {len(found(answer, '//oai:metadata/*'))} with metadata"
        if not schema.validate(etree.fromstring(answer)):
            yield f"{one.prefix}: {schema.error_log[0].message}"
