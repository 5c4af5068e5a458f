"""Writes clusters as their groups now are, and tells what became of those before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pymongo import InsertOne, ReplaceOne, UpdateMany, UpdateOne

from services.catalog.authorities.linking import Link, Mention, keys_of, link
from services.catalog.authorities.store import known_under
from services.catalog.formats import restored
from services.catalog.identity import Description, Row
from services.catalog.matching import Pair
from services.catalog.scopes.scope import Scope
from services.catalog.scopes.store import standing_scopes
from services.catalog.union import store
from services.catalog.union.contribution import Contribution, described, key_of
from services.catalog.union.grouping import Group, Member, Outcome, outcome_of
from services.catalog.union.merging import Provenance, framed_alone, has_room, looked_at, merge
from services.catalog.union.views import holdings_of, sets_in, view_of
from shared.bus.work import Work
from shared.events.clusters import ClusterChanged, ClusterMerged, ClusterPinned, ClusterSplit


@dataclass(frozen=True)
class Reason:
    """Who had the clusters regrouped, and why."""

    by: str = "catalog"
    why: str | None = None


@dataclass(frozen=True)
class Pinned:
    """What is to be told of a pin. same: None where it was taken back."""

    pair: Pair
    same: bool | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a group says together. marc: as `formats.as_kept` has it; mentions: whom and what it names."""

    group: Group
    marc: bytes
    description: Description
    provenance: Provenance
    mentions: Sequence[Mention]


@dataclass
class Clustering:
    """One regrouping. coming: contributions that need not be read; home: afterwards, the cluster of each one."""

    work: Work
    at: datetime
    coming: Mapping[str, Contribution]
    reason: Reason = Reason()
    pinned: Sequence[Pinned] = ()
    home: dict[str, str] = field(default_factory=dict)
    _rows: dict[str, Row] = field(default_factory=dict)
    _scopes: Sequence[Scope] = ()
    _told: Counter[str] = field(default_factory=Counter)

    async def renew(self, groups: Sequence[Group], before: Collection[str]) -> None:
        """Make the clusters be these groups; `before` are the ids of those in which their members stood."""
        self._rows = await store.clusters_by_id(self.work, {*before, *(group.id for group in groups)})
        self._scopes = await standing_scopes(self.work)
        self.home = {member.id: group.id for group in groups for member in group.members}
        alive = {one: row["members"] for one in before if not (row := self._rows[one])["deleted"]}
        outcome = outcome_of(groups, alive)
        self._tell(outcome)
        changed = [group for group in groups if self._is_changed(group)]
        await self._put_all(sorted(changed, key=lambda group: group.id in self._rows))
        for cluster, heir in outcome.redirects.items():
            self._end(cluster, heir)
        self._move(member for group in groups for member in group.members)

    def _next_step(self, cluster: str) -> int:
        """The version of the next event about a cluster."""
        self._told[cluster] += 1
        return self._step(cluster)

    def _is_changed(self, group: Group) -> bool:
        row = self._rows.get(group.id)
        return row is None or row["deleted"] or row["digest"] != group.digest or bool(self._told[group.id])

    async def _put_all(self, groups: Sequence[Group]) -> None:
        """One record, or copies of one, stand as they came; others are merged, and described anew."""
        kept = await self._kept(groups)
        said = [self._of_group(group, kept) for group in groups]
        known = await known_under(self.work, keys_of(mention for one in said for mention in one.mentions))
        for one in said:
            self._put(one, link(one.mentions, known))

    def _of_group(self, group: Group, kept: Mapping[str, bytes]) -> _Said:
        first, *others = looked_at(group)
        if not others and has_room(kept[first.id]):
            description, mentions = self._as_it_came(first.id, kept)
            return _Said(group, framed_alone(group.id, self.at, kept[first.id]), description, {}, mentions)
        merged = merge(group.id, self.at, [(one.id, restored(kept[one.id])) for one in (first, *others)])
        description, mentions = described(merged.record)
        return _Said(group, merged.marc, description, merged.provenance, mentions)

    async def _kept(self, groups: Iterable[Group]) -> dict[str, bytes]:
        """The records that are looked at."""
        wanted = {member.id for group in groups for member in looked_at(group)}
        found = await store.marc_of(self.work, wanted - self.coming.keys())
        return found | {one: self.coming[one].marc for one in wanted & self.coming.keys()}

    def _as_it_came(self, contribution: str, kept: Mapping[str, bytes]) -> tuple[Description, Sequence[Mention]]:
        if came := self.coming.get(contribution):
            return came.description, came.mentions
        return described(restored(kept[contribution]))

    def _put(self, said: _Said, links: Sequence[Link]) -> None:
        group = said.group
        before = self._rows.get(group.id)
        version = before["version"] + 1 if before else 1
        view = view_of(group, said.description, version, links)
        row = {
            "_id": group.id,
            "version": version,
            "step": self._step(group.id),
            "members": [member.id for member in group.members],
            "survivor": group.survivor.id,
            "marc": said.marc,
            "provenance": said.provenance,
            "headings": [key_of(key) for key in keys_of(said.mentions)],
            "sets": sets_in(view, self._scopes),
            "holdings": holdings_of(group.members),
            "digest": group.digest,
            "changed_at": self.at,
            "redirect_to": None,
            "deleted": False,
            "public": True,
        }
        self.work.write(store.CLUSTERS, ReplaceOne({"_id": group.id}, row) if before else InsertOne(row))
        self.work.announce(ClusterChanged(cluster=view), version=version)

    def _end(self, cluster: str, heir: str | None) -> None:
        version = self._rows[cluster]["version"] + 1
        ended = {
            **dict.fromkeys(("survivor", "marc", "digest")),
            "version": version,
            "step": self._step(cluster),
            "members": [],
            "holdings": [],
            "provenance": {},
            "headings": [],
            "changed_at": self.at,
            "redirect_to": heir,
            "deleted": True,
        }
        self.work.write(store.CLUSTERS, UpdateOne({"_id": cluster}, {"$set": ended}))
        if heir:
            led_here = UpdateMany({"redirect_to": cluster}, {"$set": {"redirect_to": heir}})
            self.work.write(store.CLUSTERS, led_here)
        self.work.retract(ClusterChanged.topic, cluster, identifier=f"{cluster}-{version}")

    def _tell(self, outcome: Outcome) -> None:
        by, why = self.reason.by, self.reason.why
        for cluster, absorbed in outcome.merged.items():
            said = ClusterMerged(cluster=cluster, by=by, reason=why, absorbed=absorbed)
            self.work.announce(said, version=self._next_step(cluster))
        for cluster, into in outcome.split.items():
            split = ClusterSplit(cluster=cluster, by=by, reason=why, into=into)
            self.work.announce(split, version=self._next_step(cluster))
        for pin in self.pinned:
            home = self.home.get(pin.pair[0])
            if home is None:
                continue
            pinned = ClusterPinned(cluster=home, by=by, reason=why, contributions=pin.pair, same=pin.same)
            self.work.announce(pinned, version=self._next_step(home))

    def _step(self, cluster: str) -> int:
        """How many events have told of a cluster."""
        row = self._rows.get(cluster)
        before: int = row["step"] if row else 0
        return before + self._told[cluster]

    def _move(self, members: Iterable[Member]) -> None:
        """Newcomers' rows are written with their cluster in them."""
        for member in members:
            if member.cluster != self.home[member.id] and member.id not in self.coming:
                where = {"$set": {"cluster": self.home[member.id]}}
                self.work.write(store.CONTRIBUTIONS, UpdateOne({"_id": member.id}, where))
