"""The desk: lending, renewing, taking back, and the timer that tells of what is late, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.circulation.loan import civil_day
from services.catalog.circulation.overdue import tell_overdue
from tests.integration.catalog.conftest import World

NOW = datetime.now(UTC)
TODAY = civil_day(NOW)


async def patron_of(world: World) -> str:
    card = {"library": "thu-vien-xa", "local_id": "1", "name": "An", "email": "an@example.vn"}
    return (await world.post("/v1/patrons", world.librarian, card)).json()["patron"]


async def lent(world: World, item: str = "TH-1", days: int = 14) -> str:
    body = {"library": "thu-vien-xa", "item": item, "patron": await patron_of(world), "title": "Dế Mèn"}
    answer = await world.post("/v1/loans", world.librarian, body | {"due": str(TODAY + timedelta(days))})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_an_item_is_lent_renewed_returned_and_lent_again(world: World) -> None:
    loan = await lent(world)
    renewed = await world.post(f"/v1/loans/{loan}/renew", world.librarian, {"due": str(TODAY + timedelta(28))})
    returned = await world.post(f"/v1/loans/{loan}/return", world.librarian)
    twice = await world.post(f"/v1/loans/{loan}/return", world.librarian)
    await lent(world)
    assert (renewed.status_code, returned.json()["state"], twice.status_code) == (200, "returned", 409)
    told = await world.told("circulation", "thu-vien-xa/TH-1")
    assert [(event.data.name, event.aggregate_version) for event in told] == [
        ("loan.made", 1),
        ("loan.renewed", 2),
        ("loan.returned", 3),
        ("loan.made", 4),
    ]


async def test_the_desk_refuses_what_it_must(world: World) -> None:
    patron = await patron_of(world)
    body = {"library": "thu-vien-xa", "item": "TH-1", "patron": patron, "due": str(TODAY)}
    loan = await lent(world)
    with_system = await world.post(
        "/v1/loans", world.token("librarian", "truong-le-loi"), {**body, "library": "truong-le-loi"}
    )
    already_lent = await world.post("/v1/loans", world.librarian, body)
    stranger = await world.post("/v1/loans", world.librarian, {**body, "item": "TH-2", "patron": "p-" + "0" * 32})
    elsewhere = await world.post("/v1/loans", world.token("librarian", "truong-le-loi"), body)
    far = await world.post("/v1/loans", world.librarian, {**body, "item": "TH-2", "due": "9999-12-31"})
    earlier = await world.post(f"/v1/loans/{loan}/renew", world.librarian, {"due": str(TODAY)})
    answers = (with_system, already_lent, stranger, elsewhere, far, earlier)
    assert [(answer.status_code, answer.json()["reason"]) for answer in answers] == [
        (409, "library-has-own-system"),
        (409, "item-lent"),
        (409, "patron-unknown"),
        (403, "not-your-library"),
        (422, "due-date-out-of-range"),
        (409, "due-date-not-later"),
    ]


async def test_of_two_desks_lending_one_item_one_wins(world: World) -> None:
    patron = await patron_of(world)
    body = {"library": "thu-vien-xa", "item": "TH-9", "patron": patron, "due": str(TODAY)}
    answers = await asyncio.gather(*(world.post("/v1/loans", world.librarian, body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_what_is_late_is_told_once_and_again_only_after_a_renewal(world: World) -> None:
    late = await lent(world, "TH-1", days=-1)
    await lent(world, "TH-2", days=0)
    await world.post(f"/v1/loans/{await lent(world, 'TH-3', days=-5)}/return", world.librarian)
    for _ in range(3):
        assert await tell_overdue(world.runtime.works, lambda: NOW) is False
    overdue = [e.data for e in await world.told("circulation") if e.data.name == "loan.overdue"]
    assert [(e.loan, e.title) for e in overdue] == [(late, "Dế Mèn")]
    await world.post(f"/v1/loans/{late}/renew", world.librarian, {"due": str(TODAY)})
    await tell_overdue(world.runtime.works, lambda: NOW + timedelta(days=1))
    told = [e.data.item for e in await world.told("circulation") if e.data.name == "loan.overdue"]
    assert sorted(told) == ["TH-1", "TH-1", "TH-2"]


@pytest.mark.parametrize(("moment", "day"), [("2026-03-01T16:59:59", "2026-03-01"), ("2026-03-01T17:00", "2026-03-02")])
def test_the_day_is_the_libraries_day(moment: str, day: str) -> None:
    assert civil_day(datetime.fromisoformat(moment).replace(tzinfo=UTC)).isoformat() == day
