"""The registry and the patrons: keys are shown once, cards are sealed, erasing is for ever."""

import hashlib

from services.catalog.patrons.pseudonym import pseudonym_of
from shared.store.mongo import database
from shared.store.vault import Vault
from tests.integration.catalog.conftest import World

CARD = {"library": "truong-le-loi", "local_id": "HS-001", "name": "Lê Thị Bé", "email": "be@example.vn"}


async def key_of(world: World, library: str = "truong-le-loi") -> tuple[str, dict[str, str]]:
    made = await world.post(f"/v1/libraries/{library}/keys", world.operator, {})
    assert made.status_code == 201
    return made.json()["id"], {"authorization": f"Bearer {made.json()['secret']}"}


async def test_every_change_of_an_entry_is_told_with_its_whole_state(world: World) -> None:
    key, bearer = await key_of(world)
    await world.client.patch("/v1/libraries/truong-le-loi", headers=world.operator, json={"title": "THPT Lê Lợi"})
    gone = await world.client.delete(f"/v1/libraries/truong-le-loi/keys/{key}", headers=world.operator)
    again = await world.client.delete(f"/v1/libraries/truong-le-loi/keys/{key}", headers=world.operator)

    told = await world.told("libraries-current", "truong-le-loi")
    token = bearer["authorization"].removeprefix("Bearer ")
    assert [event.aggregate_version for event in told] == [1, 2, 3, 4]
    assert told[1].data.keys[0].sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert "loan.made" in told[1].data.keys[0].may_say
    assert (told[2].data.title, len(told[2].data.keys), told[3].data.keys) == ("THPT Lê Lợi", 1, ())
    assert (gone.status_code, again.status_code) == (204, 404)


async def test_the_registry_is_read_by_anyone_and_written_by_few(world: World) -> None:
    body = {"library": "x", "title": "X", "library_type": "commune", "contact": "x@x.example", "own_system": False}
    assert (await world.post("/v1/libraries", world.librarian, body)).status_code == 403
    assert (await world.post("/v1/libraries", None, body)).status_code == 401
    assert (await world.post("/v1/libraries", world.operator, {**body, "parent": "y"})).status_code == 409
    twice = await world.post("/v1/libraries", world.operator, {**body, "library": "thu-vien-xa"})
    assert (twice.status_code, twice.json()["reason"]) == (409, "library-exists")
    first = (await world.get("/v1/libraries?limit=3")).json()
    rest = (await world.get(f"/v1/libraries?limit=3&cursor={first['next_cursor']}")).json()
    assert [row["library"] for row in first["libraries"] + rest["libraries"]] == [
        "so-vhttdl",
        "thu-vien-tinh",
        "thu-vien-xa",
        "truong-le-loi",
    ]
    assert "keys" not in first["libraries"][0]


async def test_a_key_that_may_say_what_nobody_may_is_refused(world: World) -> None:
    body = {"may_say": ["record.published"]}
    assert (await world.post("/v1/libraries/truong-le-loi/keys", world.operator, body)).status_code == 422


async def test_a_card_is_told_sealed_and_opens_only_until_it_is_erased(world: World) -> None:
    _, system = await key_of(world)
    answer = await world.post("/v1/patrons", system, CARD)
    patron = answer.json()["patron"]
    vault = Vault(database(world.runtime.client, world.runtime.settings, "vault"), world.runtime.settings.vault_key)
    sealed = (await world.told("patrons-current", patron))[0].data.sealed
    opened = await vault.open(patron, sealed)

    assert answer.status_code == 201
    assert opened == {"name": "Lê Thị Bé", "email": "be@example.vn"}
    assert "Bé" not in str(await world.runtime.database["patrons"].find_one({"_id": patron}))
    assert (await world.client.delete(f"/v1/patrons/{patron}", headers=system)).status_code == 204
    assert (await world.client.delete(f"/v1/patrons/{patron}", headers=system)).status_code == 404
    assert await vault.open(patron, sealed) is None
    assert (await world.told("patrons-current", patron))[-1] is None
    # The reader comes back: same pseudonym, new key; the old card stays closed.
    assert (await world.post("/v1/patrons", system, CARD)).json()["patron"] == patron
    assert await vault.open(patron, sealed) is None


async def test_only_a_library_speaks_for_its_patrons(world: World) -> None:
    key, system = await key_of(world)
    of_commune = {**CARD, "library": "thu-vien-xa"}
    assert (await world.post("/v1/patrons", system, of_commune)).status_code == 403
    assert (await world.post("/v1/patrons", world.librarian, of_commune)).status_code == 201  # looks after it
    assert (await world.post("/v1/patrons", world.librarian, CARD)).status_code == 403
    assert (await world.post("/v1/patrons", world.operator, CARD)).status_code == 403
    forged = {"authorization": f"Bearer ltk_{key}_{'0' * 64}"}
    assert (await world.post("/v1/patrons", forged, CARD)).status_code == 401
    assert (await world.post("/v1/patrons", None, CARD)).status_code == 401
    await world.client.delete(f"/v1/libraries/truong-le-loi/keys/{key}", headers=world.operator)
    assert (await world.post("/v1/patrons", system, CARD)).status_code == 401


def test_a_pseudonym_depends_on_library_number_and_key() -> None:
    key = b"k" * 32
    one = pseudonym_of(key, "a", "1")
    assert one == pseudonym_of(key, "a", "1")
    assert len({one, pseudonym_of(key, "b", "1"), pseudonym_of(key, "a", "2"), pseudonym_of(b"l" * 32, "a", "1")}) == 4
