from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.notify.app import build_api
from shared.runtime import Runtime
from tests.integration.notify import story

SIGNING_KEY = Ed25519PrivateKey.generate()
PUBLIC_KEY = SIGNING_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def token(role: str) -> dict[str, str]:
    claims = {"sub": "a", "name": "A", "org": "thu-vien-tinh", "roles": [role]}
    expiring = claims | {"exp": datetime.now(UTC) + timedelta(minutes=5)}
    return {"Authorization": f"Bearer {jwt.encode(expiring, SIGNING_KEY, algorithm='EdDSA')}"}


@pytest.fixture
async def http(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    runtime.settings.auth_public_key = PUBLIC_KEY
    transport = httpx.ASGITransport(app=build_api(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=token("operator")) as client:
        yield client


async def test_only_operators_come_in(http: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/v1/notices"),
        ("GET", "/v1/notices/n-" + "0" * 24),
        ("POST", "/v1/notices/n-" + "0" * 24 + "/retry"),
    ):
        assert (await http.request(method, path, headers=token("librarian"))).status_code == 403
        assert (await http.request(method, path, headers={"Authorization": ""})).status_code == 401


async def test_pages_follow_each_other_newest_first(http: httpx.AsyncClient, runtime: Runtime) -> None:
    await story.tell(runtime, *(story.loan(number) for number in range(7)))
    seen: list[dict[str, str]] = []
    cursor: str | None = None
    for _ in range(4):
        page = (await http.get("/v1/notices", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        seen += page["notices"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len({notice["id"] for notice in seen}) == len(seen) == 7
    assert [notice["created_at"] for notice in seen] == sorted((n["created_at"] for n in seen), reverse=True)


async def test_the_list_is_narrowed_by_state(http: httpx.AsyncClient, runtime: Runtime) -> None:
    await story.tell(runtime, story.loan(1), story.loan(2))
    await runtime.database["notices"].update_one({"cause": "made-2"}, {"$set": {"state": "failed"}})
    page = (await http.get("/v1/notices", params={"state": "failed"})).json()
    assert [notice["cause"] for notice in page["notices"]] == ["made-2"]
    assert (await http.get("/v1/notices", params={"state": "lost"})).status_code == 422


async def test_addresses_are_masked(http: httpx.AsyncClient, runtime: Runtime) -> None:
    await story.tell(runtime, story.rejected())
    answer = await http.get("/v1/notices")
    assert story.OPERATOR not in answer.text
    names = {notice["recipient"]["name"] for notice in answer.json()["notices"]}
    assert names == {story.LIBRARY, "t•••@so-vhttdl.example"}


async def test_one_notice_with_its_correlation(http: httpx.AsyncClient, runtime: Runtime) -> None:
    event = story.loan()
    await story.tell(runtime, event)
    row = await story.the_row(runtime)
    notice = (await http.get(f"/v1/notices/{row['_id']}")).json()
    assert notice["correlation_id"] == event.correlation_id
    assert (notice["state"], notice["attempts"], notice["kind"]) == ("no-address", 0, "loan.made")


async def test_retry_makes_a_failed_notice_due_and_refuses_a_sent_one(
    http: httpx.AsyncClient, runtime: Runtime
) -> None:
    await story.tell(runtime, story.loan())
    notice = (await story.the_row(runtime))["_id"]
    changed = {"$set": {"state": "failed", "reason": "smtp 550"}, "$unset": {"due": ""}}
    await runtime.database["notices"].update_one({}, changed)
    answer = await http.post(f"/v1/notices/{notice}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert answer.json()["due"]
    await runtime.database["notices"].update_one({}, {"$set": {"state": "sent"}})
    answer = await http.post(f"/v1/notices/{notice}/retry")
    assert (answer.status_code, answer.json()["reason"]) == (409, "notice-not-retriable")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/notices/n-" + "0" * 24, 404),
        ("/v1/notices/x", 422),
        ("/v1/notices/n-%00", 422),
        ("/v1/notices?cursor=n-" + "0" * 24, 404),
        ("/v1/notices?cursor=%ff", 422),
        ("/v1/notices?limit=0", 422),
        ("/v1/notices?limit=99999999999999999999999", 422),
    ],
)
async def test_what_does_not_exist_or_makes_no_sense(http: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await http.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
