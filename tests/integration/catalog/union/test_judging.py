"""What people decide wins over the comparison, is told, kept as a label, and can be taken back."""

from functools import partial
from itertools import combinations

import pymarc
import pytest

from services.catalog.identity import Row
from services.catalog.matching import Pair
from services.catalog.registry.store import LIBRARIES
from services.catalog.union import judging, store
from services.catalog.union.contribution import Origin
from services.catalog.union.grouping import pair_of
from services.catalog.union.questions import pair_in_question
from shared.events.clusters import ClusterMerged, ClusterPinned, ClusterSplit
from shared.web.auth import Person, Role
from shared.web.problems import Problem
from tests.integration.catalog.union.conftest import Union
from tests.integration.catalog.union.shelves import books, catalogue

PROVINCE, SCHOOL = Origin("tinh", "thu-vien-tinh", 4), Origin("truong", "truong-le-loi", 2)


def person(org: str = "thu-vien-tinh", role: Role = Role.LIBRARIAN) -> Person:
    return Person(sub="thu-thu", name="Lê Thị Thư", org=org, roles=frozenset([role]))


@pytest.fixture
async def registered(union: Union) -> Union:
    for library in ("thu-vien-tinh", "truong-le-loi", "thu-vien-khac"):
        row = {"_id": library, "version": 1, "title": library, "library_type": "commune", "parent": None}
        await union.database[LIBRARIES].insert_one({**row, "contact": "a@b.example", "own_system": False})
    return union


async def pin(union: Union, one: str, other: str, *, same: bool, who: Person | None = None) -> judging.Judged:
    pair = pair_of(one, other)
    do = partial(judging.pin, pair=pair, person=who or person(), same=same, reason="đã xem cả hai bản")
    return await union.runtime.works.transact(do)


async def take_back(union: Union, one: str, other: str) -> judging.Judged:
    do = partial(judging.take_back, pair=pair_of(one, other), person=person(), reason=None)
    return await union.runtime.works.transact(do)


async def asked(union: Union, question: Row, *libraries: str) -> Pair:
    return await union.runtime.works.transact(partial(pair_in_question, question=question, libraries=libraries))


def thin_record() -> list[pymarc.Record]:
    """Of one title and author with that of a full record, and little else: no copy of it is known to be its edition."""
    records = list(catalogue(books(1), manner=1))
    records[0].remove_fields("020", "300", "260")
    records[0]["008"].data = "200101s        vm            000 0 vie d"
    return records


async def test_a_pin_splits_a_cluster_for_good_and_can_be_taken_back(registered: Union) -> None:
    union, known = registered, books(1)
    ours = (await union.put(PROVINCE, catalogue(known)))[0].id
    theirs = (await union.put(SCHOOL, catalogue(known, manner=1)))[0].id
    together = await union.state()
    first = await union.home(ours)
    judged = await pin(union, ours, theirs, same=False)
    assert len(set(judged.clusters)) == 2
    changed = list(catalogue(known, manner=1))
    changed[0]["300"].subfields[0] = changed[0]["300"].subfields[0]._replace(value="9 tr.")
    await union.put(SCHOOL, changed)
    await union.put(SCHOOL, catalogue(known, manner=1))
    assert await union.home(ours) != await union.home(theirs)
    judged = await take_back(union, ours, theirs)
    assert set(judged.clusters) == {first}
    assert await union.state() == together
    told = [event.data for event in await union.told("clusters") if event]
    assert [type(one) for one in told] == [ClusterSplit, ClusterPinned, ClusterMerged, ClusterPinned]
    assert [one.same for one in told if isinstance(one, ClusterPinned)] == [False, None]
    assert {one.by for one in told} == {"thu-vien-tinh/thu-thu"}
    assert await union.database[store.LABELS].count_documents({}) == 0


async def test_a_pin_joins_what_the_comparison_keeps_apart(registered: Union) -> None:
    union, known = registered, books(2)
    one, other = [each.id for each in await union.put(PROVINCE, catalogue(known))]
    assert len(await union.clusters()) == 2
    judged = await pin(union, one, other, same=True)
    assert len(set(judged.clusters)) == 1
    label = await union.database[store.LABELS].find_one({})
    assert label is not None
    assert (label["same"], label["by"], label["reason"]) == (True, "thu-vien-tinh/thu-thu", "đã xem cả hai bản")
    assert {label["left"]["title"], label["right"]["title"]} == {book.title for book in known}


async def test_copies_follow_what_was_decided_of_one_of_them(registered: Union) -> None:
    union, known = registered, books(1)
    ours = (await union.put(PROVINCE, catalogue(known)))[0].id
    copies = [(await union.put(Origin(f"s{n}", "truong-le-loi"), catalogue(known, manner=1)))[0].id for n in range(3)]
    await pin(union, ours, copies[1], same=False)
    assert len({await union.home(copy) for copy in copies}) == 1
    assert await union.home(ours) != await union.home(copies[0])


async def test_exact_copies_can_be_kept_apart_too(registered: Union) -> None:
    union, known = registered, books(1)
    one = (await union.put(PROVINCE, catalogue(known)))[0].id
    other = (await union.put(SCHOOL, catalogue(known)))[0].id
    assert await union.home(one) == await union.home(other)
    await pin(union, one, other, same=False)
    assert await union.home(one) != await union.home(other)
    assert await union.database[store.LABELS].count_documents({}) == 0


async def test_only_who_contributed_or_operates_decides(registered: Union) -> None:
    union, known = registered, books(2)
    one, other = [each.id for each in await union.put(PROVINCE, catalogue(known))]
    with pytest.raises(Problem) as refused:
        await pin(union, one, other, same=True, who=person("thu-vien-khac"))
    assert (refused.value.status, refused.value.reason) == (403, "not-a-contributor")
    assert len(await union.clusters()) == 2
    await pin(union, one, other, same=True, who=person("so-vhttdl", Role.OPERATOR))
    assert len(await union.clusters()) == 1


async def test_a_question_is_asked_once_and_closed_by_its_answer(registered: Union) -> None:
    """Two records of one title and author that agree in little else."""
    union, known = registered, books(1)
    ours = await union.put(PROVINCE, catalogue(known))
    theirs = await union.put(SCHOOL, thin_record())
    (question,) = await union.database[store.DECISIONS].find({"open": True}).to_list()
    assert question["verdict"] == "review"
    assert await union.home(ours[0].id) != await union.home(theirs[0].id)
    assert await asked(union, question) == pair_of(ours[0].id, theirs[0].id)
    await pin(union, ours[0].id, theirs[0].id, same=False)
    assert await union.database[store.DECISIONS].count_documents({"open": True}) == 0
    await take_back(union, ours[0].id, theirs[0].id)
    assert await union.database[store.DECISIONS].count_documents({"open": True}) == 1
    await pin(union, ours[0].id, theirs[0].id, same=True)
    assert await union.database[store.DECISIONS].count_documents({"open": True}) == 0
    assert len(await union.clusters()) == 1


async def test_a_question_names_the_libraries_that_it_is_about(registered: Union) -> None:
    union, thin = registered, thin_record()

    async def asked(*libraries: str) -> bool:
        return await store.next_question(union.database, libraries) is not None

    await union.put(PROVINCE, catalogue(books(1)))
    theirs = await union.put(SCHOOL, thin)
    assert [await asked("thu-vien-tinh"), await asked("truong-le-loi"), await asked("thu-vien-khac")] == [1, 1, 0]
    copies = await union.put(Origin("khac", "thu-vien-khac"), thin)
    assert await asked("thu-vien-khac", "nobody")
    about_the_province_and_the_copy = 2
    assert await store.count_questions(union.database, ["thu-vien-khac"], 10) == about_the_province_and_the_copy
    await union.put(SCHOOL, (), retired=[theirs[0].id])
    assert not await asked("truong-le-loi")
    await union.put(Origin("khac", "thu-vien-khac"), (), retired=[copies[0].id])
    assert not await asked("thu-vien-tinh")


async def test_a_pair_that_was_answered_is_not_asked_again(registered: Union) -> None:
    """One thin record in three libraries is one question about three pairs."""
    union = registered
    origins = (PROVINCE, SCHOOL, Origin("khac", "thu-vien-khac"))
    ids = [(await union.put(origin, thin_record()))[0].id for origin in origins]
    answered: list[Pair] = []
    while question := await store.next_question(union.database, None):
        pair = await asked(union, question, "thu-vien-khac")
        assert pair not in answered
        answered.append(pair)
        await pin(union, *pair, same=False, who=person("so-vhttdl", Role.OPERATOR))
    assert sorted(answered) == sorted(pair_of(one, other) for one, other in combinations(ids, 2))
    assert [ids[2] in pair for pair in answered] == [True, True, False]


async def test_one_record_is_split_off_its_cluster_and_put_back(registered: Union) -> None:
    union, known = registered, books(1)
    ours = (await union.put(PROVINCE, catalogue(known)))[0].id
    copies = [
        (await union.put(Origin(f"s{n}", "truong-le-loi"), catalogue(known, manner=n % 2)))[0].id for n in range(4)
    ]
    together = await union.state()
    (cluster,) = together["clusters"]
    split = partial(judging.split_off, contribution=copies[1], person=person(), reason="bản in khác")
    home = await union.runtime.works.transact(split)
    assert await union.home(copies[1]) == home
    assert {await union.home(one) for one in (ours, copies[0], copies[2], copies[3])} == {cluster}
    pins = await union.database[store.PINS].find().to_list()
    assert (len(pins), len({pin["deed"] for pin in pins})) == (4, 1)
    labels = await union.database[store.LABELS].find().to_list()
    assert [label["contributions"] for label in labels] == [list(pair_of(ours, copies[1]))]
    with pytest.raises(Problem) as refused:
        await union.runtime.works.transact(split)
    assert refused.value.reason == "stands-alone"
    undone = await union.runtime.works.transact(partial(judging.undo, deed=pins[0]["deed"], person=person()))
    assert set(undone.clusters) == {cluster}
    assert await union.state() == together
    assert await union.database[store.LABELS].count_documents({}) == 0


async def test_a_deed_is_undone_though_a_record_is_gone(registered: Union) -> None:
    union, known = registered, books(1)
    ours = (await union.put(PROVINCE, catalogue(known)))[0].id
    theirs = (await union.put(SCHOOL, catalogue(known, manner=1)))[0].id
    await pin(union, ours, theirs, same=False)
    await union.put(SCHOOL, (), retired=[theirs])
    row = await union.database[store.PINS].find_one({})
    assert row is not None
    await union.runtime.works.transact(partial(judging.undo, deed=row["deed"], person=person()))
    assert await union.database[store.PINS].count_documents({}) == 0
