"""Resources elsewhere: the address is for those who may use it, as long as they may."""

from tests.integration.ingest.conftest import LIBRARY, SCHOOL, page, send, token

BOUGHT = {"url": "https://db.example.org/x", "title": "Cơ sở dữ liệu"}
TERMS = {"contract": "12/HĐ", "vendor": "Nhà cung cấp", "libraries": [LIBRARY], "starts": "2020-01-01"}


async def test_a_bought_resource_is_for_its_readers_until_its_day(client, registered):
    kept = (await client.put("/v1/resources", json=BOUGHT | {"licence": TERMS | {"until": "2999-12-31"}})).json()
    assert (kept["use"], kept["url"]) == ("allowed", BOUGHT["url"])
    school = {"authorization": f"Bearer {token('reader', SCHOOL)}"}
    other = (await client.get(f"/v1/resources/{kept['id']}", headers=school)).json()
    assert (other["use"], other["url"]) == ("not-yours", None)
    ended = (await client.put("/v1/resources", json=BOUGHT | {"licence": TERMS | {"until": "2021-12-31"}})).json()
    assert (ended["id"], ended["use"], ended["url"]) == (kept["id"], "ended", None)
    listed = (await client.get("/v1/resources")).json()
    assert [one["id"] for one in listed["resources"]] == [kept["id"]]


async def test_what_is_not_open_is_not_taken_as_open(client, registered):
    answer = await client.put("/v1/resources", json=BOUGHT | {"open_licence": "https://example.org/terms"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "oai-not-open")
    broken = await client.post("/v1/resources/oai", json={"xml": "<record"})
    assert (broken.status_code, broken.json()["reason"]) == (422, "oai-unreadable")
    assert (await client.get("/v1/resources/e-" + "0" * 24)).status_code == 404


async def test_a_licence_that_is_no_address_opens_nothing(client, registered):
    answer = await client.put("/v1/resources", json=BOUGHT | {"open_licence": "http://[x"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "oai-not-open")
    sent = await send(client, ("1.png", page(230)), metadata='{"title": "T", "rights": {"licence": "http://["}}')
    assert sent.status_code == 202
