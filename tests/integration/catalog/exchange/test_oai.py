"""OAI-PMH 2.0 as its specification says it."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.catalog.exchange.oai import routes
from services.catalog.exchange.oai.arguments import checked, span_of
from services.catalog.exchange.oai.errors import Refused
from services.catalog.exchange.oai.token import Token
from services.catalog.exchange.store import CLUSTERS
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import START, cluster_id, row
from tests.integration.catalog.exchange.conftest import ROOT, fill, found, run

OURS = "oai:thuvien.example:"


async def ask(world: World, **arguments: str) -> bytes:
    named = {name.rstrip("_"): value for name, value in arguments.items()}
    answer = await world.client.get("/oai", params=named)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return answer.content


def errors(answer: bytes) -> list[str]:
    return [error.get("code") for error in found(answer, "//oai:error")]


def ids(answer: bytes) -> list[str]:
    return [node.text.removeprefix(OURS) for node in found(answer, "//oai:header/oai:identifier")]


async def walk(world: World, verb: str, **arguments: str) -> list[bytes]:
    """The pages of a list, to its end."""
    pages = [await ask(world, verb=verb, **arguments)]
    while tokens := [node.text for node in found(pages[-1], "//oai:resumptionToken") if node.text]:
        pages.append(await ask(world, verb=verb, resumptionToken=tokens[0]))
    return pages


async def test_every_verb_answers_as_its_schema_says(world: World, tmp_path: Path) -> None:
    await fill(world, range(5))
    known = {"identifier": OURS + cluster_id(3)}
    asked: list[dict[str, str]] = [
        {"verb": "Identify"},
        {"verb": "ListSets"},
        {"verb": "ListMetadataFormats"},
        {"verb": "ListMetadataFormats", **known},
        {"verb": "nonsense"},
        {"verb": "GetRecord", **known, "metadataPrefix": "none"},
        {"verb": "ListIdentifiers", "metadataPrefix": "marcxml", "from": "2026-03-01"},
        *(
            {"verb": verb, **known, "metadataPrefix": prefix}
            for verb in ("GetRecord",)
            for prefix in ("oai_dc", "marcxml", "mods")
        ),
        *({"verb": "ListRecords", "metadataPrefix": prefix} for prefix in ("oai_dc", "marcxml", "mods")),
    ]
    files: list[Path] = []
    for number, arguments in enumerate(asked):
        answer = await ask(world, **arguments)
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(answer)
        if "metadataPrefix" in arguments and arguments["metadataPrefix"] != "none" and "List" not in arguments["verb"]:
            assert len(found(answer, "//oai:metadata/*")) == 1
    schema = str(ROOT / "tests/resources/xsd/harvest.xsd")
    judged = await run("xmllint", "--noout", "--nonet", "--schema", schema, *map(str, files))
    assert (judged.status, judged.err.count(" validates\n")) == (0, len(asked)), judged.err


async def test_who_provides_is_said(world: World) -> None:
    await fill(world, range(1))
    answer = await ask(world, verb="Identify")
    said = {name: found(answer, f"//oai:{name}")[0].text for name in ("baseURL", "earliestDatestamp", "deletedRecord")}
    assert said == {
        "baseURL": "https://thuvien.example/oai",
        "earliestDatestamp": "2026-03-01T08:00:00Z",
        "deletedRecord": "persistent",
    }
    assert found(answer, "//oai:granularity")[0].text == "YYYY-MM-DDThh:mm:ssZ"


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
async def test_a_list_is_whole_and_in_order(world: World, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PAGE", 10)
    await fill(world, range(35))
    pages = await walk(world, verb, metadataPrefix="marcxml")
    assert [len(ids(page)) for page in pages] == [10, 10, 10, 5]
    assert [one for page in pages for one in ids(page)] == [cluster_id(number) for number in range(35)]
    tokens = [found(page, "//oai:resumptionToken")[0] for page in pages]
    assert [(token.get("cursor"), token.get("completeListSize")) for token in tokens] == [
        (str(cursor), "35") for cursor in (0, 10, 20, 30)
    ]
    assert tokens[-1].text is None


async def test_a_list_of_one_page_has_no_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PAGE", 10)
    await fill(world, range(10))
    (page,) = await walk(world, "ListRecords", metadataPrefix="oai_dc")
    assert (len(ids(page)), found(page, "//oai:resumptionToken")) == (10, [])


async def test_the_same_token_gives_the_same_page_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PAGE", 10)
    await fill(world, range(35))
    first = await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml")
    token = found(first, "//oai:resumptionToken")[0].text
    second = [ids(await ask(world, verb="ListIdentifiers", resumptionToken=token)) for _ in range(2)]
    assert second[0] == second[1] == [cluster_id(number) for number in range(10, 20)]


async def test_a_list_is_stable_under_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes while a list is read leaves it for the next list; nothing else is missed or told twice."""
    monkeypatch.setattr(routes, "PAGE", 10)
    await fill(world, range(30))
    database = world.runtime.database[CLUSTERS]
    seen = [first := await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml")]
    for changed, ended in ((2, 15), (25, 4)):
        now = {"changed_at": datetime.now(UTC)}
        await database.update_one({"_id": cluster_id(changed)}, {"$set": now})
        await database.update_one({"_id": cluster_id(ended)}, {"$set": {**now, "deleted": True}})
        await database.insert_one(row(100 + changed, **now))
        token = found(seen[-1], "//oai:resumptionToken")[0].text
        seen.append(await ask(world, verb="ListIdentifiers", resumptionToken=token))
    assert found(seen[-1], "//oai:resumptionToken")[0].text is None
    told = [one for page in seen for one in ids(page)]
    assert told == [cluster_id(number) for number in range(30) if number not in {15, 25}]
    later = found(first, "//oai:responseDate")[0].text
    following = await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml", from_=later)
    assert set(ids(following)) == {cluster_id(number) for number in (2, 15, 102, 25, 4, 125)}
    gone = [node.text.removeprefix(OURS) for node in found(following, "//oai:header[@status='deleted']/oai:identifier")]
    assert set(gone) == {cluster_id(15), cluster_id(4)}


async def test_what_is_written_late_is_in_the_next_harvest(world: World) -> None:
    """A transaction may commit seconds after the date that it gave its change."""
    await fill(world, range(3))
    first = await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml")
    late = datetime.now(UTC) - timedelta(seconds=50)
    await world.runtime.database[CLUSTERS].insert_one(row(50, changed_at=late))
    since = found(first, "//oai:responseDate")[0].text
    assert ids(await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml", from_=since)) == [cluster_id(50)]


async def test_ended_and_withheld_clusters_are_deleted_records(world: World) -> None:
    await world.runtime.database[CLUSTERS].insert_many(
        [row(1, deleted=True), row(2, redirect_to=cluster_id(4)), row(3, public=False), row(4)]
    )
    listed = await ask(world, verb="ListRecords", metadataPrefix="marcxml")
    assert [header.get("status") for header in found(listed, "//oai:header")] == ["deleted"] * 3 + [None]
    assert len(found(listed, "//oai:metadata")) == 1
    one = await ask(world, verb="GetRecord", metadataPrefix="oai_dc", identifier=OURS + cluster_id(2))
    assert found(one, "//oai:header")[0].get("status") == "deleted"
    formats = await ask(world, verb="ListMetadataFormats", identifier=OURS + cluster_id(3))
    assert errors(formats) == ["noMetadataFormats"]


@pytest.mark.parametrize(
    ("from_", "until", "expected"),
    [
        ("2026-03-01T08:00:01Z", "2026-03-01T08:00:02Z", range(3, 9)),
        ("2026-03-01T08:00:02Z", None, range(6, 12)),
        (None, "2026-03-01T08:00:00Z", range(3)),
        ("2026-03-01", "2026-03-01", range(12)),
        ("2026-03-01", None, range(12)),
        (None, "9999-12-31", range(12)),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", range(12)),
    ],
)
async def test_dates_include_both_ends(world: World, from_: str | None, until: str | None, expected: range) -> None:
    await fill(world, range(12))
    bounds = {name: value for name, value in (("from", from_), ("until", until)) if value}
    answer = await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml", **bounds)
    assert ids(answer) == [cluster_id(number) for number in expected]


async def test_sets_are_by_library_by_class_and_for_open_knowledge(world: World) -> None:
    await fill(world, range(30))
    listed = await ask(world, verb="ListSets")
    names = {
        node.findtext("oai:setSpec", namespaces={"oai": "http://www.openarchives.org/OAI/2.0/"}): node[1].text
        for node in found(listed, "//oai:set")
    }
    assert names["library:thu-vien-xa"] == "Thư viện / Library: Thư viện xã"
    assert names["class:900"] == "Lịch sử, địa lí / History, geography (900)"
    assert {"class:900:950:959", "class:900:950", "he-tri-thuc-viet-so-hoa"} <= set(names)
    for spec, expected in {
        "library:thu-vien-xa": range(1, 30, 3),
        "class:900": range(0, 30, 5),
        "class:900:950:959": range(0, 30, 5),
        "he-tri-thuc-viet-so-hoa": range(0, 30, 10),
    }.items():
        answer = await ask(world, verb="ListIdentifiers", metadataPrefix="marcxml", set=spec)
        assert ids(answer) == [cluster_id(number) for number in expected]
        assert {"class:900:950:959"} >= {node.text for node in found(answer, "//oai:setSpec") if "900" in node.text}


REQUEST = {"verb": "ListRecords", "metadataPrefix": "marcxml"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=listRecords", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&from=2026-01-01", "badArgument"),
        ("verb=Identify&x=1", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&metadataPrefix=marcxml", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2026-13-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2026-01-01T00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2026-01-01T00:00:00%2B07:00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2026-01-01&until=2026-01-01T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2026-01-02&until=2026-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&set=a%20b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marcxml&resumptionToken=x", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc%00xml", "badArgument"),
        ("verb=GetRecord&metadataPrefix=marcxml", "badArgument"),
        ("verb=GetRecord&metadataPrefix=marcxml&identifier=%00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=nonsense", "cannotDisseminateFormat"),
        (f"verb=GetRecord&metadataPrefix=nonsense&identifier={OURS}{cluster_id(1)}", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=marcxml&identifier=oai:thuvien.example:c-none", "idDoesNotExist"),
        (f"verb=GetRecord&metadataPrefix=marcxml&identifier=oai:other.example:{cluster_id(1)}", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=oai:thuvien.example:c-none", "idDoesNotExist"),
        ("verb=ListRecords&metadataPrefix=marcxml&from=2999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=marcxml&until=1999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=marcxml&set=library:none", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=nonsense", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=nonsense", "badResumptionToken"),
    ],
)
async def test_each_fault_has_its_code(world: World, query: str, code: str) -> None:
    await fill(world, range(3))
    by_address = await world.client.get("/oai?" + query)
    by_form = await world.client.post(
        "/oai", content=query, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert [errors(answer.content) for answer in (by_address, by_form)] == [[code], [code]]
    attributes = dict(found(by_address.content, "//oai:request")[0].attrib)
    assert bool(attributes) == (code not in {"badVerb", "badArgument"})


async def test_a_token_that_was_touched_or_belongs_elsewhere_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PAGE", 2)
    await fill(world, range(5))
    answer = await ask(world, **REQUEST)
    token = found(answer, "//oai:resumptionToken")[0].text
    for touched in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[1:], token + "AAAA", token[:-4]):
        assert errors(await ask(world, verb="ListRecords", resumptionToken=touched)) == ["badResumptionToken"]
    assert errors(await ask(world, verb="ListIdentifiers", resumptionToken=token)) == ["badResumptionToken"]


async def test_a_record_that_cannot_be_written_does_not_stop_the_list(world: World) -> None:
    await world.runtime.database[CLUSTERS].insert_many([row(1), row(2, marc=b"no record"), row(3)])
    answer = await ask(world, **REQUEST)
    assert ids(answer) == [cluster_id(number) for number in (1, 2, 3)]
    assert len(found(answer, "//oai:metadata")) == 2


ARGUMENTS = ("verb", "metadataPrefix", "identifier", "from", "until", "set", "resumptionToken", "x")
VALUES = st.one_of(
    st.sampled_from(["ListRecords", "GetRecord", "ListIdentifiers", "marcxml", "2026-03-01", "9999-12-31T23:59:59Z"]),
    st.text(max_size=40),
    st.binary(max_size=40).map(lambda value: value.decode("latin-1")),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(st.tuples(st.sampled_from(ARGUMENTS), VALUES), max_size=6))
def test_no_arguments_make_it_fail(pairs: list[tuple[str, str]]) -> None:
    with contextlib.suppress(Refused):
        arguments = checked(pairs)
        span_of(arguments)
        Token.decode(arguments.get("resumptionToken", ""), arguments["verb"])


@pytest.mark.parametrize(
    "encoded",
    [b"verb=%ff%fe", b"verb=ListRecords&metadataPrefix=%ed%a0%80", b"&".join([b"a=1"] * 1000), b"\xff\xfe", b"=", b"%"],
)
async def test_bytes_that_are_no_text_are_answered(world: World, encoded: bytes) -> None:
    answer = await world.client.post("/oai", content=encoded)
    assert (answer.status_code, errors(answer.content)[0]) == (200, "badVerb") or errors(answer.content)
    assert len(errors(answer.content)) == 1


async def test_a_form_without_end_is_no_request(world: World) -> None:
    answer = await world.client.post("/oai", content=b"verb=Identify&x=" + b"a" * 100_000)
    assert errors(answer.content) == ["badVerb"]


async def test_dates_are_of_the_change(world: World) -> None:
    await fill(world, range(4))
    answer = await ask(world, **REQUEST)
    stamps = [node.text for node in found(answer, "//oai:datestamp")]
    assert stamps == [START.strftime("%Y-%m-%dT%H:%M:%SZ")] * 3 + ["2026-03-01T08:00:01Z"]
