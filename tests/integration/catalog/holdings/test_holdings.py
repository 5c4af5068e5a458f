"""What is where, and whether it can be had: items come by contributions, loans by events, in any order."""

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pymarc
import pytest

from services.catalog.app import HOLDINGS
from services.catalog.holdings.store import ITEM_STATES
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Contribution, Origin, contribution_of
from shared.bus.delivery import Delivery
from shared.bus.messages import Message
from shared.events import Event, EventData, encode
from shared.events.circulation import LoanLost, LoanMade, LoanOverdue, LoanRenewed, LoanReturned
from tests.integration.catalog.conftest import World
from tests.integration.catalog.union.shelves import NONE, books, catalogue

PROVINCE, SCHOOL = Origin("koha", "thu-vien-tinh"), Origin("bang", "truong-le-loi")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATRON = "p-" + "0" * 32
_offsets = count()


@pytest.fixture
async def desk(world: World) -> Delivery:
    return Delivery(HOLDINGS, world.runtime.works, world.runtime.objects, world.runtime.settings)


def event(data: type[EventData], hours: int, version: int, **given: Any) -> Event[EventData]:
    said = {"library": "truong-le-loi", "item": "TK.1", "loan": "m1", "patron": PATRON, **given}
    return Event(data=data(**said), source="urn:x", aggregate_version=version, time=NOON + timedelta(hours=hours))


async def tell(desk: Delivery, *events: Event[EventData]) -> None:
    for one in events:
        await desk.deliver([Message("circulation", 0, next(_offsets), one.data.key(), encode(one))])


async def put(world: World, origin: Origin, records: Sequence[pymarc.Record]) -> list[Contribution]:
    coming = [contribution_of(origin, record["001"].data or "", record) for record in records]
    await world.runtime.works.transact(lambda work: contribute(work, Batch(coming)), bulk=True)
    return coming


async def home(world: World, contribution: Contribution) -> str:
    row = await world.runtime.database["contributions"].find_one({"_id": contribution.id})
    return row["cluster"] if row else ""


def with_items(record: pymarc.Record, *numbers: str) -> pymarc.Record:
    for number in numbers:
        parts = [pymarc.Subfield("b", "Kho mượn"), pymarc.Subfield("h", "895"), pymarc.Subfield("p", number)]
        record.add_field(pymarc.Field("852", NONE, parts))
    return record


async def shown(world: World, cluster: str, **params: str) -> dict[str, Any]:
    answer = await world.client.get(f"/v1/clusters/{cluster}/holdings", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def availability(world: World, cluster: str) -> dict[str, tuple[str, str | None]]:
    return {
        item["number"]: (item["availability"], item["due"])
        for holding in (await shown(world, cluster))["holdings"]
        for item in holding["items"]
    }


async def test_each_library_shows_its_items_and_what_became_of_them(world: World, desk: Delivery) -> None:
    (book,) = books(1)
    await put(world, PROVINCE, [with_items(next(catalogue([book])), "DC 1")])
    (ours,) = await put(world, SCHOOL, [with_items(next(catalogue([book], manner=1)), "TK.1", "TK.2", "TK.3")])
    cluster = await home(world, ours)
    # Nobody told of any loan yet: nothing is known.
    assert set((await availability(world, cluster)).values()) == {("unknown", None)}
    await tell(desk, event(LoanMade, 0, 1, due="2026-03-15"), event(LoanMade, 0, 1, item="TK.2", due="2026-03-20"))
    await tell(desk, event(LoanReturned, 5, 2, item="TK.2"), event(LoanLost, 5, 2, item="tk.3"))
    assert await availability(world, cluster) == {
        "DC 1": ("unknown", None),
        "TK.1": ("on-loan", "2026-03-15"),
        "TK.2": ("available", None),
        "TK.3": ("lost", None),
    }
    whole = await shown(world, cluster)
    assert whole["libraries"] == 2
    held = {holding["library"]: holding for holding in whole["holdings"]}["truong-le-loi"]
    assert (held["title"], held["copies"], held["ready"]) == ("Trường Lê Lợi", 3, 1)
    assert (held["items"][0]["location"], held["items"][0]["shelf_mark"]) == ("Kho mượn", "895")


async def test_a_loan_that_came_before_its_item_waits_for_it(world: World, desk: Delivery) -> None:
    await tell(desk, event(LoanMade, 0, 1, due="2026-03-15"))
    (ours,) = await put(world, SCHOOL, [with_items(next(catalogue(books(1))), "TK.1", "TK.2")])
    assert await availability(world, await home(world, ours)) == {
        "TK.1": ("on-loan", "2026-03-15"),
        "TK.2": ("available", None),
    }


async def test_events_in_any_order_and_number_come_to_the_same(world: World, desk: Delivery) -> None:
    story = [
        event(LoanMade, 0, 1, due="2026-03-15"),
        event(LoanRenewed, 1, 2, due="2026-03-29"),
        event(LoanOverdue, 2, 3, due="2026-03-29"),
        event(LoanReturned, 2, 4),
    ]
    chosen = random.Random(7)
    for order in chosen.sample(list(permutations(story)), 8):
        item = uuid.uuid4().hex
        moved = [
            Event(
                data=one.data.model_copy(update={"item": item}),
                source=one.source,
                aggregate_version=one.aggregate_version,
                time=one.time,
                id=f"{item}-{one.aggregate_version}",
            )
            for one in order
        ]
        await tell(desk, *moved, *chosen.sample(moved, 2))
        row = await world.runtime.database[ITEM_STATES].find_one({"_id": f"truong-le-loi/{item}"})
        assert row is not None
        assert (row["state"], row["due"]) == ("back", None), [one.data.name for one in order]


async def test_items_go_with_their_record_when_a_cluster_is_divided_and_joined(world: World, desk: Delivery) -> None:
    (book,) = books(1)
    (theirs,) = await put(world, PROVINCE, [with_items(next(catalogue([book])), "DC.1")])
    (ours,) = await put(world, SCHOOL, [with_items(next(catalogue([book], manner=1)), "TK.1")])
    await tell(desk, event(LoanMade, 0, 1, due="2026-03-15"))
    both = {"DC.1": ("unknown", None), "TK.1": ("on-loan", "2026-03-15")}
    assert await availability(world, await home(world, ours)) == both
    pin = {"left": theirs.id, "right": ours.id, "same": False, "reason": "khác bản in"}
    assert (await world.post("/v1/pins", world.librarian, pin)).status_code == 200
    apart = await home(world, ours)
    assert await availability(world, apart) == {"TK.1": ("on-loan", "2026-03-15")}
    assert (await world.post("/v1/pins", world.librarian, pin | {"same": True})).status_code == 200
    joined = await home(world, ours)
    assert await availability(world, joined) == both
    ended = ({apart, await home(world, theirs)} | {apart}) - {joined}
    for cluster in ended:
        moved = await world.get(f"/v1/clusters/{cluster}/holdings")
        assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/clusters/{joined}/holdings")


async def test_the_page_tells_what_is_where_and_nothing_of_readers(world: World, desk: Delivery) -> None:
    (ours,) = await put(world, SCHOOL, [with_items(next(catalogue(books(1))), "TK.1", "TK.2")])
    await tell(desk, event(LoanMade, 0, 1, due="2026-03-15"))
    cluster = await home(world, ours)
    page = await world.get(f"/clusters/{cluster}", {"accept": "text/html"})
    for said in ("Kho mượn", "TK.1", "Đang cho mượn", "15/3/2026", "Có sẵn", "Trường Lê Lợi"):
        assert said in page.text
    answer = await world.get(f"/v1/clusters/{cluster}/holdings")
    rows = await world.runtime.database[ITEM_STATES].find().to_list()
    for told in (page.text, answer.text, repr(rows)):
        assert PATRON not in told
        assert '"m1"' not in told


async def test_libraries_are_shown_a_page_at_a_time(world: World) -> None:
    (book,) = books(1)
    for number in range(5):
        (ours,) = await put(world, Origin(f"s{number}", f"truong-{number}"), [with_items(next(catalogue([book])), "1")])
    cluster = await home(world, ours)
    first = await shown(world, cluster, limit="3")
    rest = await shown(world, cluster, limit="3", cursor=first["next_cursor"])
    assert [one["library"] for one in first["holdings"] + rest["holdings"]] == [f"truong-{n}" for n in range(5)]
    assert (rest["next_cursor"], rest["libraries"]) == (None, 5)
    odd = await world.get(f"/v1/clusters/{cluster}/holdings?cursor=$where")
    gone = await world.get("/v1/clusters/c-000000000000000000000000/holdings")
    assert (odd.status_code, gone.status_code) == (422, 404)
