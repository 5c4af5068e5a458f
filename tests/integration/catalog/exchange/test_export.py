"""A cluster at its stable address, in the format that is asked for."""

import io
import json

import pymarc
import pytest
from lxml import etree

from services.catalog.exchange.export.offers import Name
from services.catalog.exchange.store import CLUSTERS
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import cluster_id, nearly_too_large, record, row
from tests.integration.catalog.exchange.conftest import fill

ADDRESS = f"/clusters/{cluster_id(7)}"
TITLE = "Chuyện Hạ Lôi, quyển số 7"


@pytest.mark.parametrize("name", Name)
async def test_each_format_tells_the_title(world: World, name: Name) -> None:
    await fill(world, range(8))
    answer = await world.client.get(ADDRESS, params={"format": name})
    assert answer.status_code == 200
    said = answer.content.decode()
    assert TITLE in (json.dumps(json.loads(said), ensure_ascii=False) if "json" in name else said)
    by_accept = await world.client.get(ADDRESS, headers={"accept": answer.headers["content-type"].split(",")[0]})
    assert by_accept.content == answer.content


async def test_what_is_exported_is_what_is_stored(world: World) -> None:
    await fill(world, range(8))
    marc = await world.client.get(ADDRESS, params={"format": "marc"})
    xml = await world.client.get(ADDRESS, params={"format": "marcxml"})
    as_json = await world.client.get(ADDRESS, params={"format": "marcjson"})
    (of_marc,) = pymarc.MARCReader(marc.content)
    (of_xml,) = pymarc.parse_xml_to_array(io.BytesIO(xml.content))
    (of_json,) = pymarc.parse_json_to_array(io.StringIO(f"[{as_json.text}]"))
    expected = [str(field) for field in record(7).fields]
    for read in (of_marc, of_xml, of_json):
        assert [str(field) for field in read.fields] == expected


async def test_browsers_and_programs_get_xml_and_the_way_to_the_rest(world: World) -> None:
    await fill(world, range(8))
    answer = await world.client.get(ADDRESS)
    assert answer.headers["content-type"] == "application/marcxml+xml"
    assert answer.headers["vary"] == "accept"
    assert answer.headers["link"].count('rel="alternate"') == len(Name)
    assert etree.fromstring(answer.content).tag == "{http://www.loc.gov/MARC21/slim}record"
    again = await world.client.get(ADDRESS, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_id_that_ended_leads_to_where_it_ended(world: World) -> None:
    await world.runtime.database[CLUSTERS].insert_many(
        [row(1, redirect_to=cluster_id(2)), row(2, redirect_to=cluster_id(3)), row(3)]
    )
    answer = await world.client.get(f"/clusters/{cluster_id(1)}?format=marc")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/clusters/{cluster_id(3)}?format=marc")
    assert (await world.client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"deleted": True}, 410, "cluster-ended"),
        ({"public": False}, 410, "cluster-ended"),
        ({"redirect_to": "c-none"}, 404, "cluster-unknown"),
        ({"redirect_to": cluster_id(1)}, 404, "cluster-unknown"),
        ({"_id": "c-other"}, 404, "cluster-unknown"),
    ],
)
async def test_what_is_not_there_says_so(world: World, given: dict[str, object], status: int, reason: str) -> None:
    await world.runtime.database[CLUSTERS].insert_one(row(1, **given))
    answer = await world.client.get(f"/clusters/{cluster_id(1)}")
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


@pytest.mark.parametrize(
    ("address", "accept", "status"),
    [
        (ADDRESS, "image/png", 406),
        (f"{ADDRESS}?format=pdf", "*/*", 422),
        ("/clusters/x", "*/*", 422),
        ("/clusters/c-%00", "*/*", 422),
        (f"/clusters/c-{'a' * 500}", "*/*", 422),
        (ADDRESS, ";q=,," * 500, 406),
    ],
)
async def test_what_cannot_be_given_is_refused(world: World, address: str, accept: str, status: int) -> None:
    await fill(world, range(8))
    assert (await world.client.get(address, headers={"accept": accept})).status_code == status


async def test_a_record_too_large_for_iso_2709_is_given_otherwise(world: World) -> None:
    await world.runtime.database[CLUSTERS].insert_one(row(1, marc=nearly_too_large()))
    answer = await world.client.get(f"/clusters/{cluster_id(1)}?format=marc")
    assert (answer.status_code, answer.json()["reason"]) == (406, "format-too-small")
    xml = await world.client.get(f"/clusters/{cluster_id(1)}?format=marcxml")
    assert xml.content.count(b"a" * 9000) == 10
