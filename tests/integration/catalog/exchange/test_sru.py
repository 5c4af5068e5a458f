"""SRU 1.1, 1.2 and 2.0 as their specifications say it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.catalog.exchange.sru.cql import read
from services.catalog.exchange.sru.diagnostics import Diagnostic
from services.catalog.exchange.store import CLUSTERS
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import CLASSES, PLACES, cluster_id, record
from tests.integration.catalog.exchange.conftest import fill, found

OF_PLACE = [number for number in range(40) if PLACES[number % 7] == "Hạ Lôi"]
SEARCH = {"operation": "searchRetrieve", "version": "1.2"}


async def ask(world: World, **parameters: str) -> bytes:
    answer = await world.client.get("/sru", params=parameters)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return answer.content


def number(answer: bytes, path: str) -> int | None:
    nodes = found(answer, path)
    return int(nodes[0].text or "") if nodes else None


def numbers_of(answer: bytes) -> list[str]:
    return [node.text or "" for node in found(answer, "//marc:controlfield[@tag='001']")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('dc.title = "hạ lôi"', OF_PLACE),
        ('dc.title = "ha loi"', OF_PLACE),
        ('dc.title all "lôi hạ"', OF_PLACE),
        ('dc.title = "lôi hạ"', []),
        ("dc.title = lô*", OF_PLACE),
        ("cql.allRecords = 1", list(range(40))),
        ('dc.title = "hạ lôi" and dc.creator = "Lê Hoà"', [n for n in OF_PLACE if n % 5 == 2]),
        ('dc.title = "hạ lôi" not dc.creator = "Lê Hoà"', [n for n in OF_PLACE if n % 5 != 2]),
        ("dc.date = 1967", [7]),
        ("dc.date <= 1962", [0, 1, 2]),
        ('bib.classification = "630"', [n for n in range(40) if CLASSES[n % 5] == "630"]),
        (f"rec.identifier = {cluster_id(3)}", [3]),
    ],
)
async def test_what_is_asked_for_is_found(world: World, query: str, expected: list[int]) -> None:
    await fill(world, range(40))
    answer = await ask(world, **SEARCH, query=query, maximumRecords="100")
    assert number(answer, "//srw:numberOfRecords") == len(expected)
    assert set(numbers_of(answer)) == {cluster_id(one) for one in expected}


async def test_an_answer_is_read_page_by_page(world: World) -> None:
    await fill(world, range(40))
    start: int | None = 1
    seen: list[str] = []
    while start:
        answer = await ask(world, **SEARCH, query="dc.title = chuyện", startRecord=str(start), maximumRecords="15")
        places = [int(node.text or "") for node in found(answer, "//srw:recordPosition")]
        assert places == list(range(start, start + len(places)))
        seen += numbers_of(answer)
        start = number(answer, "//srw:nextRecordPosition")
    assert (len(seen), len(set(seen))) == (40, 40)


async def test_results_come_in_the_order_asked_for(world: World) -> None:
    await fill(world, range(40))
    answer = await ask(world, **SEARCH, query="chuyện sortby dc.date/sort.descending", maximumRecords="5")
    assert numbers_of(answer) == [cluster_id(one) for one in range(39, 34, -1)]


@pytest.mark.parametrize(
    ("schema", "root"),
    [
        ("marcxml", "{http://www.loc.gov/MARC21/slim}record"),
        ("info:srw/schema/1/marcxml-v1.1", "{http://www.loc.gov/MARC21/slim}record"),
        ("mods", "{http://www.loc.gov/mods/v3}mods"),
        ("dc", "{info:srw/schema/1/dc-schema}dc"),
    ],
)
async def test_records_come_in_the_schema_asked_for(world: World, schema: str, root: str) -> None:
    await fill(world, range(3))
    answer = await ask(world, **SEARCH, query="dc.date = 1961", recordSchema=schema)
    (data,) = found(answer, "//srw:recordData")
    assert data[0].tag == root
    assert "Bến Gỗ, quyển số 1" in "".join(data.itertext())


async def test_records_come_as_text_where_that_is_asked_for(world: World) -> None:
    await fill(world, range(3))
    for asked, names in (
        ({**SEARCH, "recordPacking": "string"}, "srw"),
        ({"version": "2.0", "recordXMLEscaping": "string"}, "sru"),
    ):
        answer = await ask(world, **asked, query="dc.date = 1961")
        (data,) = found(answer, f"//{names}:recordData")
        assert len(data) == 0
        assert etree.fromstring(data.text or "").tag == "{http://www.loc.gov/MARC21/slim}record"


async def test_each_version_is_spoken(world: World) -> None:
    await fill(world, range(3))
    old = await ask(world, operation="searchRetrieve", version="1.1", query="chuyện")
    assert found(old, "/srw:searchRetrieveResponse/srw:version")[0].text == "1.1"
    assert found(old, "//srw:recordIdentifier") == []
    new = await ask(world, query="chuyện")
    assert found(new, "/sru:searchRetrieveResponse/sru:version")[0].text == "2.0"
    assert number(new, "//sru:numberOfRecords") == 3
    assert [node.text for node in found(new, "//sru:recordXMLEscaping")] == ["xml"] * 3
    assert found(new, "//sru:resultCountPrecision")[0].text == "info:srw/vocabulary/resultCountPrecision/1/exact"


@pytest.mark.parametrize("parameters", [{}, {"operation": "explain", "version": "1.2"}])
async def test_it_explains_itself(world: World, parameters: dict[str, str]) -> None:
    answer = await ask(world, **parameters)
    indexes = {node.get("set") + "." + node.text for node in found(answer, "//zeerex:index//zeerex:name")}
    assert {"dc.title", "dc.creator", "bath.isbn", "cql.anywhere"} <= indexes
    schemas = [node.get("name") for node in found(answer, "//zeerex:schemaInfo/zeerex:schema")]
    assert schemas == ["dc", "marcxml", "mods"]
    assert found(answer, "//zeerex:serverInfo/zeerex:host")[0].text == "thuvien.example"


async def test_what_is_explained_is_searchable(world: World) -> None:
    await fill(world, range(1))
    explained = await ask(world)
    names = [node.get("set") + "." + node.text for node in found(explained, "//zeerex:index//zeerex:name")]
    for name in names:
        answer = await ask(world, **SEARCH, query=f"{name} = 1990")
        assert found(answer, "//diag:diagnostic") == [], name


async def test_a_vocabulary_is_scanned(world: World) -> None:
    await fill(world, range(40))
    answer = await ask(world, operation="scan", version="1.2", scanClause="dc.creator = n", maximumTerms="3")
    shown = [node.text for node in found(answer, "//srw:term/srw:displayTerm")]
    counts = [int(node.text or "") for node in found(answer, "//srw:term/srw:numberOfRecords")]
    assert shown == ["Nguyễn Thị Lý", "Phạm Đình Hổ", "Trần Đức Ánh"]
    assert counts == [8, 8, 8]
    new = await ask(world, scanClause="dc.creator = n", maximumTerms="3")
    assert [node.text for node in found(new, "//scan:term/scan:displayTerm")] == shown


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"operation": "update"}, 4),
        ({"operation": "searchRetrieve", "version": "3.0", "query": "a"}, 5),
        ({**SEARCH, "query": "a", "startRecord": "0"}, 6),
        ({**SEARCH, "query": "a", "startRecord": "x"}, 6),
        ({**SEARCH, "query": "a", "maximumRecords": "-1"}, 6),
        ({**SEARCH, "query": "a", "maximumRecords": "٣"}, 6),
        ({**SEARCH, "query": "a", "queryType": "pqf"}, 6),
        (SEARCH, 7),
        ({**SEARCH, "query": ""}, 7),
        ({"operation": "scan", "version": "1.2"}, 7),
        ({**SEARCH, "query": "a", "colour": "red"}, 8),
        ({**SEARCH, "query": "a and"}, 10),
        ({**SEARCH, "query": "foo.bar = a"}, 15),
        ({**SEARCH, "query": "dc.colour = a"}, 16),
        ({**SEARCH, "query": "chuyện", "startRecord": "4"}, 61),
        ({**SEARCH, "query": "a", "recordSchema": "rdf"}, 66),
        ({**SEARCH, "query": "a", "recordPacking": "zip"}, 71),
        ({**SEARCH, "query": "a", "sortKeys": "title"}, 80),
        ({**SEARCH, "query": "a", "stylesheet": "http://a.example/"}, 110),
        ({"operation": "scan", "version": "1.2", "scanClause": "dc.date = 1990"}, 16),
        ({"operation": "scan", "version": "1.2", "scanClause": "a", "responsePosition": "5"}, 120),
        ({"operation": "scan", "version": "1.2", "scanClause": "a", "maximumTerms": "1000"}, 121),
    ],
)
async def test_each_fault_has_its_number(world: World, parameters: dict[str, str], code: int) -> None:
    await fill(world, range(3))
    by_address = await ask(world, **parameters)
    by_form = await world.client.post("/sru", data=parameters)
    for answer in (by_address, by_form.content):
        assert [node.text for node in found(answer, "//diag:uri")] == [f"info:srw/diagnostic/1/{code}"]


async def test_a_fault_in_2_0_is_told_in_2_0(world: World) -> None:
    answer = await ask(world, query="dc.colour = a")
    assert [node.text for node in found(answer, "//diag2:uri")] == ["info:srw/diagnostic/1/16"]


async def test_what_ended_since_it_was_indexed_is_told_in_its_place(world: World) -> None:
    await fill(world, range(3))
    await world.runtime.database[CLUSTERS].update_one({"_id": cluster_id(1)}, {"$set": {"deleted": True}})
    answer = await ask(world, **SEARCH, query="chuyện sortby dc.date/sort.descending")
    assert number(answer, "//srw:numberOfRecords") == 3
    assert [node.text for node in found(answer, "//srw:record/srw:recordSchema")] == [
        "info:srw/schema/1/marcxml-v1.1",
        "info:srw/schema/1/diagnostics-v1.1",
        "info:srw/schema/1/marcxml-v1.1",
    ]
    assert [node.text for node in found(answer, "//srw:recordData//diag:uri")] == ["info:srw/diagnostic/1/64"]


async def test_only_the_number_of_records_may_be_asked_for(world: World) -> None:
    await fill(world, range(3))
    answer = await ask(world, **SEARCH, query="chuyện", maximumRecords="0")
    assert (number(answer, "//srw:numberOfRecords"), found(answer, "//srw:record")) == (3, [])


async def test_a_record_says_what_was_stored(world: World) -> None:
    await fill(world, range(8))
    answer = await ask(world, **SEARCH, query="dc.date = 1967")
    title = "".join(found(answer, "//marc:datafield[@tag='245']")[0].itertext())
    assert title == record(7)["245"].format_field().replace(" / ", " /")


@pytest.mark.parametrize(
    "encoded", [b"query=%ff%fe", b"query=%ed%a0%80", b"query=a&version=%00", b"&".join([b"a=1"] * 1000), b"\xff", b"="]
)
async def test_bytes_that_are_no_text_are_answered(world: World, encoded: bytes) -> None:
    answer = await world.client.post("/sru", content=encoded)
    assert answer.status_code == 200
    etree.fromstring(answer.content)


@given(query=st.text(alphabet='abđ "()*?^\\=<>/.', max_size=60))
def test_no_query_makes_it_fail(query: str) -> None:
    try:
        asked: Any = read(query)
    except Diagnostic as refused:
        asked = refused.code
    assert asked
