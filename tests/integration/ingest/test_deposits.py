"""Donors' deposits: nothing of them is published before their terms are signed, nor after they have ended."""

import hashlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from services.ingest.app import build_expiry
from tests.integration.ingest.conftest import SCHOOL, page, send, token
from tests.integration.ingest.test_uploads import begin, uploaded

GIFT = {"number": "HT-2026-014", "kind": "gift", "donor": "ND-0031"}
SIGNED = {"text_version": "2026-01", "signed_at": "2026-03-02T08:00:00+07:00", "signed_by": "ND-0031"}
PROOF = {"sha256": hashlib.sha256(b"the mail").hexdigest(), "means": "e-mail"}


async def agree(client, **changes) -> str:
    answer = await client.put("/v1/deposits", json=GIFT | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def sign(client, deposit: str, **changes):
    return await client.put(f"/v1/deposits/{deposit}/terms", json=SIGNED | {"confirmation": PROOF} | changes)


async def donate(client, deposit: str, shade: int = 0, **more):
    metadata = orjson.dumps({"title": "T", "deposit": deposit, **more}).decode()
    return await send(client, ("a.png", page(shade)), metadata=metadata)


async def settle(runtime) -> None:
    loop = await build_expiry(runtime, None)
    while await loop.turn():
        pass


async def held(client, answer) -> list[str]:
    return [hold["reason"] for hold in (await client.get(answer.json()["status_url"])).json()["holds"]]


async def test_unsigned_terms_hold_every_document_and_signing_frees_them(client, runtime, outbox):
    deposit = await agree(client)
    documents = [await donate(client, deposit, shade) for shade in range(3)]
    assert [await held(client, one) for one in documents] == [["deposit-unsigned"]] * 3
    assert [event["data"]["holds"] for event in await outbox("document.holds-changed")] == [["deposit-unsigned"]] * 3

    assert (await sign(client, deposit)).json()["hold"] is None
    await settle(runtime)
    assert [await held(client, one) for one in documents] == [[]] * 3
    told = (await outbox("document.holds-changed"))[3:]
    assert [(event["data"]["holds"], event["aggregateversion"]) for event in told] == [([], 3)] * 3
    assert await held(client, await donate(client, deposit, 9)) == []


async def test_a_crash_while_freeing_is_made_good(client, runtime, monkeypatch):
    deposit = await agree(client)
    documents = [await donate(client, deposit, shade) for shade in range(3)]
    await sign(client, deposit)
    monkeypatch.setattr("services.ingest.deposits.terms.AT_ONCE", 1)
    await (await build_expiry(runtime, None)).turn()
    assert sorted([await held(client, one) for one in documents]) == [[], ["deposit-unsigned"], ["deposit-unsigned"]]

    await settle(runtime)
    assert [await held(client, one) for one in documents] == [[]] * 3


async def test_a_term_that_has_ended_holds_what_was_free(client, runtime):
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    deposit = await agree(client, kind="deposit", until=tomorrow)
    await sign(client, deposit)
    document = await donate(client, deposit)
    await settle(runtime)
    assert await held(client, document) == []

    # Time passes: the deposit's last day is over.
    await runtime.database["deposits"].update_one({"_id": deposit}, {"$set": {"agreement.until": yesterday}})
    await settle(runtime)
    assert await held(client, document) == ["deposit-ended"]
    assert (await client.get(f"/v1/deposits/{deposit}")).json()["hold"] == "deposit-ended"


@pytest.mark.parametrize(("asked", "given"), [("public", "on-site"), ("closed", "closed")])
async def test_the_donors_access_level_is_the_widest(client, outbox, asked, given):
    deposit = await agree(client, access_level="on-site")
    await donate(client, deposit, access_level=asked)

    [event] = await outbox("document.scanned")
    assert (event["data"]["metadata"]["access_level"], event["data"]["deposit"]) == (given, deposit)


async def test_a_signed_paper_is_kept_as_an_original(client, runtime, address):
    deposit = await agree(client)
    paper = page(7, "TIFF")
    answer = await sign(client, deposit, paper=await uploaded(client, paper, "giấy.tif"), confirmation=None)

    assert answer.status_code == 200, answer.text
    kept = answer.json()["signed"]["paper"]
    assert await runtime.objects.get(kept["key"]) == paper
    assert kept["sha256"] == hashlib.sha256(paper).hexdigest()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"confirmation": None}, "deposit-proof"),
        ({"paper": "u-" + "0" * 32}, "deposit-proof"),
        ({"paper": "u-" + "0" * 32, "confirmation": None}, "no-such-upload"),
        ({"signed_at": "2999-01-01T00:00:00Z"}, "deposit-signed-in-future"),
        ({"signed_by": "Nguyễn Văn A"}, "invalid-request"),
        ({"signed_at": "2026-03-02T08:00:00"}, "invalid-request"),
        ({"confirmation": {"sha256": "x", "means": "e-mail"}}, "invalid-request"),
    ],
)
async def test_what_proves_nothing_signs_nothing(client, changes, reason):
    deposit = await agree(client)

    assert (await sign(client, deposit, **changes)).json()["reason"] == reason
    assert (await client.get(f"/v1/deposits/{deposit}")).json()["hold"] == "deposit-unsigned"


async def test_a_paper_that_is_no_scan_signs_nothing(client):
    deposit = await agree(client)
    text, unfinished = await uploaded(client, b"text"), (await begin(client, 10)).rpartition("/")[2]
    answers = [await sign(client, deposit, paper=paper, confirmation=None) for paper in (text, unfinished)]

    assert [answer.json()["reason"] for answer in answers] == ["unsupported-type", "upload-unfinished"]


async def test_a_deposit_and_its_terms_are_said_once(client):
    deposit = await agree(client)
    assert await agree(client) == deposit
    assert (await client.put("/v1/deposits", json=GIFT | {"donor": "ND-0032"})).json()["reason"] == "deposit-otherwise"

    assert [(await sign(client, deposit)).status_code for _ in range(2)] == [200, 200]
    other = await sign(client, deposit, text_version="2027-01")
    assert (other.status_code, other.json()["reason"]) == (409, "deposit-signed-otherwise")


@pytest.mark.parametrize("donor", ["Nguyễn Văn A", "Lan", "a@example.org", "0912 345 678", ""])
async def test_a_donor_is_a_number_and_never_a_name(client, donor):
    assert (await client.put("/v1/deposits", json=GIFT | {"donor": donor})).status_code == 422


async def test_a_deposit_is_its_librarys_own(client, outbox):
    deposit = await agree(client)
    stranger = {"authorization": f"Bearer {token(org=SCHOOL)}"}

    assert (await client.get(f"/v1/deposits/{deposit}", headers=stranger)).status_code == 404
    assert (await client.get("/v1/deposits", headers=stranger)).json()["deposits"] == []
    client.headers.update(stranger)
    assert (await donate(client, deposit)).json()["reason"] == "no-such-deposit"
    assert await outbox() == []


async def test_events_hold_no_word_of_the_donor(client, outbox):
    deposit = await agree(client, conditions="Không cho chụp lại", description="Ba hòm sách của ông A")
    await donate(client, deposit)
    await sign(client, deposit)
    said = orjson.dumps(await outbox()).decode()

    assert deposit in said
    assert not any(word in said for word in ("ND-0031", "HT-2026-014", "hòm sách", "chụp lại"))


async def test_the_list_goes_on_from_its_cursor(client):
    agreed = sorted([await agree(client, number=f"HT-{n}") for n in range(3)])
    first = (await client.get("/v1/deposits", params={"limit": 2})).json()
    rest = (await client.get("/v1/deposits", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["id"] for one in first["deposits"] + rest["deposits"]] == agreed
    assert rest["next_cursor"] is None
