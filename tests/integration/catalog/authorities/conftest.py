"""A catalog with authority files, and works to find under their headings."""

from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import pymarc
import pytest
from pymarc import Field, Indicators, Subfield

from services.catalog.authorities.establishing import establish_from_works
from services.catalog.authorities.renewing import renew_next
from services.catalog.union.contributing import Batch, contribute
from services.catalog.union.contribution import Origin, contribution_of
from tests.integration.catalog.conftest import World

NONE = Indicators(" ", " ")


def work(
    number: int, title: str, *people: str, about: Sequence[str] = (), year: int = 1990, dates: str = ""
) -> pymarc.Record:
    """A book as a library types it."""
    record = pymarc.Record(leader="00000nam a2200000 a 4500", force_utf8=True)
    dated = [Subfield("d", dates)] if dates else []
    record.fields = [
        Field("001", data=f"w{number}"),
        Field("008", data=f"900315s{year}    vm            000 0 vie d"),
        *(Field("700" if place else "100", NONE, [Subfield("a", one), *dated]) for place, one in enumerate(people)),
        Field("245", Indicators("1", "0"), [Subfield("a", title)]),
        Field("260", NONE, [Subfield("b", "Văn học"), Subfield("c", str(year))]),
        *(Field("650", Indicators(" ", "4"), [Subfield("a", one)]) for one in about),
    ]
    return record


class Files:
    """Hands to keep the authority files of one catalog with."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def shelve(self, records: Iterable[pymarc.Record]) -> None:
        """Let a library contribute, and the index take it in."""
        origin = Origin("tinh", "thu-vien-tinh")
        coming = [contribution_of(origin, record["001"].data or "", record) for record in records]
        await self.world.runtime.works.transact(lambda one: contribute(one, Batch(coming)), bulk=True)
        await self.world.index()

    async def establish(self, kind: str, name: str, *variants: str, **more: Any) -> str:
        dates = more.pop("dates", "")
        body = {"kind": kind, "heading": {"name": name, "dates": dates}, **more}
        body["variants"] = [{"name": one} for one in variants]
        answer = await self.world.post("/v1/authorities", self.world.librarian, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["authority"])

    async def merge(self, kept: str, ended: str) -> httpx.Response:
        return await self.world.post(f"/v1/authorities/{kept}/merges", self.world.librarian, {"ended": ended})

    async def settle(self) -> None:
        """Let works be told anew until none waits."""
        while await renew_next(self.world.runtime.works):
            pass
        await self.world.index()

    async def settle_works(self) -> None:
        """Let works become headings until none does."""
        while await establish_from_works(self.world.runtime.works):
            pass
        await self.settle()

    async def found(self, query: str) -> set[str]:
        """The titles that a search finds."""
        answer = await self.world.client.get("/v1/search", params={"q": query, "verbatim": "true"})
        return {hit["title"] for hit in answer.json()["hits"]}

    async def names(self, **given: Any) -> list[tuple[str, str | None]]:
        """The list as it is read: each name, and the heading that it leads to."""
        answer = await self.world.client.get("/v1/authorities", params=given)
        return [(one["text"], one["see"] and one["see"]["text"]) for one in answer.json()["names"]]

    async def asked(self) -> list[dict[str, Any]]:
        """What a person is asked of."""
        answer = await self.world.get("/v1/authority-likenesses", self.world.librarian)
        likenesses: list[dict[str, Any]] = answer.json()["likenesses"]
        return likenesses


@pytest.fixture
def files(world: World) -> Files:
    return Files(world)
