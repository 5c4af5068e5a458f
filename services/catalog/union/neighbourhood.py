"""What a change of contributions can touch: all that is tied to them by a decision, a pin or a cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from services.catalog.identity import Description
from services.catalog.matching import Comparison, Pair
from services.catalog.union import store
from services.catalog.union.grouping import Member, Pin
from shared.bus.work import Work


@dataclass(frozen=True)
class _Ties:
    """What to look for neighbours by."""

    prints: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.prints or self.clusters or self.ids)

    def __or__(self, other: _Ties) -> _Ties:
        return _Ties(self.prints | other.prints, self.clusters | other.clusters, self.ids | other.ids)

    def __sub__(self, other: _Ties) -> _Ties:
        return _Ties(self.prints - other.prints, self.clusters - other.clusters, self.ids - other.ids)


@dataclass
class Neighbourhood:
    """Members by id; descriptions and comparisons by fingerprint.

    settled: ids whose state is given and must not be read: those that the batch brings or takes away.
    """

    members: dict[str, Member]
    settled: Collection[str]
    descriptions: dict[str, Description] = field(default_factory=dict)
    comparisons: dict[Pair, Comparison] = field(default_factory=dict)
    pins: dict[Pair, Pin] = field(default_factory=dict)

    async def widen(self, work: Work, fingerprints: Iterable[str], clusters: Iterable[str]) -> None:
        """Read what these and the members are tied to, until there is no more."""
        ties, done = self._ties() | _Ties(frozenset(fingerprints), frozenset(clusters)), _Ties()
        while fresh := ties - done:
            done |= fresh
            await self._read(work, fresh)
            ties = self._ties()
        await self._read_descriptions(work)

    def merging(self) -> dict[Pair, Comparison]:
        """The comparisons that tie."""
        return {pair: found for pair, found in self.comparisons.items() if found.verdict.ties}

    def _ties(self) -> _Ties:
        prints = {member.fingerprint for member in self.members.values()}
        prints |= {one for pair in self.merging() for one in pair}
        clusters = {member.cluster for member in self.members.values() if member.cluster}
        return _Ties(frozenset(prints), frozenset(clusters), frozenset(self.members))

    async def _read(self, work: Work, ties: _Ties) -> None:
        by_tie = {"fingerprint": ties.prints, "cluster": ties.clusters}
        await self._read_members(work, {name: values for name, values in by_tie.items() if values})
        if ties.prints:
            self.comparisons |= await store.merging_decisions(work, ties.prints)
        if ties.ids:
            found = await store.pins_on(work, ties.ids)
            self.pins |= {pin.pair: pin for pin in found}
            others = frozenset(one for pin in found for one in pin.pair) - self.members.keys() - set(self.settled)
            await self._read_members(work, {"_id": others} if others else {})

    async def _read_members(self, work: Work, wanted: dict[str, frozenset[str]]) -> None:
        found = await store.members_where(work, [{name: {"$in": list(values)}} for name, values in wanted.items()])
        self.members |= {member.id: member for member in found if member.id not in self.settled}

    async def _read_descriptions(self, work: Work) -> None:
        needed = {member.fingerprint for member in self.members.values()} - self.descriptions.keys()
        self.descriptions |= await store.descriptions_of(work, needed)
