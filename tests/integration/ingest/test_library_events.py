"""What library systems publish: stored once, numbered without gaps, all of a batch or nothing."""

import asyncio

import httpx
import orjson
import pytest

from services.ingest.registry.store import LIBRARIES
from shared.events import CONTRACTS
from tests.integration.ingest.conftest import (
    LIBRARY,
    LIBRARY_KEY,
    SCHOOL,
    SCHOOL_KEY,
    registration,
    token,
)

BATCH = {"content-type": "application/cloudevents-batch+json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


def loan(number: int, *, item: str = "LL-1", library: str = SCHOOL, source: str = "https://leloi.example") -> dict:
    patron = f"p-{number:032x}"
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": source,
        "type": "vn.lienthong.loan.made.v1",
        "subject": f"{library}/{item}",
        "time": "2026-03-09T09:00:00+07:00",
        "data": {"library": library, "item": item, "loan": f"m-{number}", "patron": patron, "due": "2026-04-08"},
    }


@pytest.fixture
async def school(address, registered):
    headers = {"authorization": f"Bearer {SCHOOL_KEY}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        yield client


async def publish(client, events, **headers) -> httpx.Response:
    kind = BATCH if isinstance(events, list) else STRUCTURED
    return await client.post("/v1/events", content=orjson.dumps(events), headers=kind | headers)


async def test_an_event_goes_on_under_its_own_id_source_and_time(school, outbox):
    answer = await publish(school, loan(1))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0})
    [event] = await outbox()
    assert {name: event[name] for name in ("id", "source", "time", "aggregateversion")} == {
        "id": "e-1",
        "source": "https://leloi.example",
        "time": "2026-03-09T09:00:00+07:00",
        "aggregateversion": 1,
    }
    assert CONTRACTS.parse(event).data.loan == "m-1"


async def test_binary_mode_is_the_same(school, outbox):
    event = loan(1)
    headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    answer = await school.post("/v1/events", json=event["data"], headers=headers)

    assert answer.status_code == 202
    assert [event["subject"] for event in await outbox()] == [f"{SCHOOL}/LL-1"]


async def test_the_same_event_again_has_no_second_effect(school, outbox):
    await publish(school, [loan(1), loan(2), loan(1)])
    answer = await publish(school, [loan(2), loan(3)])

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 1})
    assert [(event["id"], event["aggregateversion"]) for event in await outbox()] == [
        ("e-1", 1),
        ("e-2", 2),
        ("e-3", 3),
    ]


async def test_versions_have_no_gaps_whatever_races(school, outbox):
    batches = [[loan(100 * b + n, item=f"LL-{n % 3}") for n in range(30)] for b in range(6)]
    answers = await asyncio.gather(*(publish(school, batch) for batch in [*batches, *batches]))

    assert {answer.status_code for answer in answers} == {202}
    events = await outbox()
    assert len(events) == 180
    for item in range(3):
        versions = [event["aggregateversion"] for event in events if event["subject"].endswith(f"LL-{item}")]
        assert versions == list(range(1, 61))


async def test_two_sources_of_one_library_count_apart(school, outbox):
    await publish(school, [loan(1), loan(1, source="https://selfcheck.leloi.example"), loan(2)])

    assert [(event["source"][8:12], event["aggregateversion"]) for event in await outbox()] == [
        ("lelo", 1),
        ("self", 1),
        ("lelo", 2),
    ]


async def test_one_bad_event_refuses_the_batch_and_is_named(school, outbox):
    bad = loan(3) | {"type": "vn.lienthong.loan.made.v9"}
    answer = await publish(school, [loan(1), loan(2, library=LIBRARY), bad, {"id": 1}])

    assert (answer.status_code, answer.json()["reason"]) == (422, "events-refused")
    assert [(error["where"], error["reason"]) for error in answer.json()["errors"]] == [
        ("1", "not-your-library"),
        ("2", "event-newer"),
        ("3", "event-malformed"),
    ]
    assert await outbox() == []


async def test_what_a_key_may_not_say_is_forbidden(school, outbox):
    answer = await publish(school, loan(1) | {"type": "vn.lienthong.loan.lost.v1"})

    assert (answer.status_code, answer.json()["errors"][0]["reason"]) == (403, "may-not-say")
    assert "loan.lost" in answer.json()["errors"][0]["what"]


async def test_a_source_belongs_to_the_library_that_used_it_first(school, address, outbox):
    await publish(school, loan(1))
    other = await publish(school, loan(1, library=LIBRARY), authorization=f"Bearer {LIBRARY_KEY}")
    own = await publish(
        school, loan(1, library=LIBRARY, source="https://tinh.example"), authorization=f"Bearer {LIBRARY_KEY}"
    )

    assert (other.status_code, other.json()["reason"]) == (403, "source-not-yours")
    assert own.status_code == 202
    assert len(await outbox()) == 2


@pytest.mark.parametrize("bearer", ["", "Bearer ltk_k2_wrong", "Bearer nonsense", "Basic eDp5", "Bearer"])
async def test_only_a_registered_key_may_publish(school, bearer):
    assert (await publish(school, loan(1), authorization=bearer)).status_code == 401


async def test_a_persons_token_is_not_a_librarys_key(school):
    answer = await publish(school, loan(1), authorization=f"Bearer {token('operator')}")

    assert (answer.status_code, answer.json()["reason"]) == (401, "library-key-needed")


async def test_a_key_that_was_replaced_no_longer_opens(school, deliver, runtime):
    await deliver("libraries-current", registration(SCHOOL, "ltk_k3_new", version=2))
    await deliver("libraries-current", registration(SCHOOL, SCHOOL_KEY, version=1))

    assert (await publish(school, loan(1))).status_code == 401
    assert (await publish(school, loan(1), authorization="Bearer ltk_k3_new")).status_code == 202
    assert await runtime.database[LIBRARIES].count_documents({}) == 2


@pytest.mark.parametrize(
    ("headers", "body", "status", "reason"),
    [
        ({"content-type": "application/json"}, b"{}", 415, "cloudevents-needed"),
        ({}, b"{}", 415, "cloudevents-needed"),
        (STRUCTURED, b"{", 400, "events-unreadable"),
        (STRUCTURED, b"\xff\xfe", 400, "events-unreadable"),
        (STRUCTURED, b"[]", 422, "events-refused"),
        (STRUCTURED, b'{"time": "2026-03-09T09:00:00Z"}', 422, "events-refused"),
        (BATCH, b"[]", 422, "no-events"),
        (BATCH, orjson.dumps([{}] * 1001), 413, "too-many-events"),
        (BATCH, b" " * 5_000_000, 413, "too-large"),
        (BATCH, b"[" * 100_000, 400, "events-unreadable"),
        ({"content-type": "application/json", "ce-specversion": "1.0"}, b"[" * 100_000, 400, "events-unreadable"),
        (
            {"content-type": "application/json", "ce-specversion": "1.0", "ce-time": "x"},
            b"{}",
            400,
            "events-unreadable",
        ),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_reason(school, headers, body, status, reason):
    answer = await school.post("/v1/events", content=body, headers=headers)

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_a_thousand_events_at_once_are_stored(school, outbox):
    answer = await publish(school, [loan(number, item=f"LL-{number % 700}") for number in range(1000)])

    assert answer.json() == {"accepted": 1000, "duplicates": 0}
    assert len(await outbox()) == 1000
