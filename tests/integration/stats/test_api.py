"""The figures over HTTP: as JSON and as Prometheus metrics, the same ones."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.stats.app import build_api
from services.stats.counting.handlers import build_counting
from tests.integration.stats.conftest import LIBRARY, registration
from tests.integration.stats.test_counting import NOON, loan


@pytest.fixture
async def client(runtime, monkeypatch):
    monkeypatch.setenv("STATS_METRICS_CACHE_SECONDS", "0")
    app = build_api(runtime)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


@pytest.fixture
async def counted(deliver_to):
    counting = build_counting()
    await deliver_to(counting, "libraries-current", [registration()])
    await deliver_to(counting, "circulation", [loan(1), loan(2), loan(3, NOON.replace(month=4))])


def loans(answer: httpx.Response) -> dict:
    return next(indicator for indicator in answer.json()["indicators"] if indicator["id"] == "loans-made")


@pytest.mark.parametrize(
    ("query", "total", "groups"),
    [
        ("by=day", 3, {"2026-03-09": 2, "2026-04-09": 1}),
        ("by=month", 3, {"2026-03": 2, "2026-04": 1}),
        ("by=library", 3, {LIBRARY: 3}),
        ("by=class", 3, {None: 3}),
        ("by=day&from=2026-03-10", 1, {"2026-04-09": 1}),
        (f"by=day&library={LIBRARY}&to=2026-03-09", 2, {"2026-03-09": 2}),
    ],
)
async def test_figures_are_broken_down_as_asked(client, counted, query, total, groups):
    found = loans(await client.get(f"/v1/indicators?{query}"))

    assert found["total"] == total
    assert {group["key"]: group["total"] for group in found["groups"]} == groups


async def test_an_indicator_says_what_it_is_in_vietnamese_and_english(client):
    found = loans(await client.get("/v1/indicators"))

    assert found["title"] == {"vi": "Lượt mượn", "en": "Loans"}
    assert (found["total"], found["groups"]) == (0, [])


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("library=khong-co", 404, "library-unknown"),
        ("from=2026-02-01&to=2026-01-01", 422, "range-reversed"),
        ("library=%00", 422, "invalid-request"),
        ("from=99999999999999999999", 422, "invalid-request"),
        ("by=patron", 422, "invalid-request"),
    ],
)
async def test_questions_without_an_answer_say_why(client, query, status, reason):
    answer = await client.get(f"/v1/indicators?{query}")

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_prometheus_reads_the_same_totals(client, counted):
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    samples = {(s.name, s.labels.get("library")): s.value for family in families for s in family.samples}

    assert samples["lienthong_loans_made_total", LIBRARY] == 3
    assert samples["lienthong_indicators_up", None] == 1
