"""Which members stand together in clusters, what each cluster is called, and what became of those before. No I/O."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.catalog.identity import Description, Row
from services.catalog.matching import Comparison, Pair, Pins, compare, partition
from services.catalog.union.contribution import Contribution, cluster_id


@dataclass(frozen=True, slots=True)
class Member:
    """What grouping and merging need to know of a contribution. cluster: where it stood; none for a newcomer."""

    id: str
    fingerprint: str
    entered: str
    library: str
    source: str
    trust: int
    fullness: int
    items: int
    digest: str
    added_at: datetime
    cluster: str | None = None
    digitised: Row | None = None

    @classmethod
    def of_row(cls, row: Row) -> Member:
        return cls(
            id=row["_id"],
            fingerprint=row["fingerprint"],
            entered=row["entered"],
            library=row["library"],
            source=row["source"],
            trust=row["trust"],
            fullness=row["fullness"],
            items=row["items"],
            digest=row["digest"],
            added_at=row["added_at"],
            cluster=row["cluster"],
            digitised=row.get("digitised"),
        )

    @classmethod
    def newly(cls, contribution: Contribution, added_at: datetime, cluster: str | None) -> Member:
        return cls(
            id=contribution.id,
            fingerprint=contribution.fingerprint,
            entered=contribution.entered,
            library=contribution.origin.library,
            source=contribution.origin.source,
            trust=contribution.origin.trust,
            fullness=contribution.fullness,
            items=contribution.items,
            digest=contribution.digest,
            added_at=added_at,
            cluster=cluster,
            digitised=contribution.digitised,
        )


@dataclass(frozen=True, slots=True)
class Pin:
    """What a person decided of two contributions, the smaller id first."""

    pair: Pair
    same: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The members of a cluster, the founder first; the rest the best first."""

    id: str
    members: tuple[Member, ...]
    ranked: tuple[Member, ...]

    @property
    def survivor(self) -> Member:
        return self.ranked[0]

    @property
    def digest(self) -> str:
        """Equal where the same records in the same state would be merged."""
        said = sorted(f"{member.id} {member.digest} {member.trust}" for member in self.members)
        return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


def group_of(members: Iterable[Member]) -> Group:
    """The founder is the member that was typed first, by (date entered, id); the survivor the best by (trust, fullness,
    id).
    """
    ranked = tuple(sorted(members, key=lambda member: (-member.trust, -member.fullness, member.id)))
    founder = min(ranked, key=lambda member: (member.entered, member.id))
    return Group(cluster_id(founder.id), (founder, *(one for one in ranked if one is not founder)), ranked)


def pair_of(left: str, right: str) -> Pair:
    return (left, right) if left <= right else (right, left)


def groups_of(
    members: Mapping[str, Member],
    descriptions: Mapping[str, Description],
    comparisons: Mapping[Pair, Comparison],
    pins: Sequence[Pin],
) -> list[Group]:
    """Every member in one group: a function of the set, whatever order it came in.

    `descriptions` and `comparisons` are by fingerprint: records that copy each other are one node, unless what they say
    is too thin to know their edition by, or a person kept two of them apart.
    """
    nodes = _nodes(members, descriptions, pins)
    standing: dict[str, list[str]] = defaultdict(list)
    for member, node in nodes.items():
        standing[node].append(member)
    by_print = _nodes_by_print(standing)
    found = partition(
        {node: descriptions[_print(node)] for node in standing},
        dict(_between_nodes(by_print, descriptions, comparisons)),
        Pins(_pinned(pins, nodes, same=True), _pinned(pins, nodes, same=False)),
    )
    return [group_of(members[one] for node in group for one in standing[node]) for group in found]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the clusters before. redirects: id that ended -> the one that it leads to, or None;
    merged: id -> those that it absorbed; split: id -> where some of its members stand now.
    """

    redirects: Mapping[str, str | None]
    merged: Mapping[str, tuple[str, ...]]
    split: Mapping[str, tuple[str, ...]]


def outcome_of(groups: Sequence[Group], before: Mapping[str, Sequence[str]]) -> Outcome:
    """Compare with the clusters as they were: id -> members, the founder first."""
    home = {member.id: group.id for group in groups for member in group.members}
    alive = {group.id for group in groups}
    redirects: dict[str, str | None] = {}
    merged: dict[str, list[str]] = defaultdict(list)
    split: dict[str, tuple[str, ...]] = {}
    for cluster, members in sorted(before.items()):
        places = Counter(home[member] for member in members if member in home)
        elsewhere = sorted(places.keys() - {cluster})
        if cluster not in alive:
            redirects[cluster] = _heir(members, places, home)
        if elsewhere and (cluster in alive or len(elsewhere) > 1):
            split[cluster] = tuple(elsewhere)
        elif elsewhere:
            merged[elsewhere[0]].append(cluster)
    return Outcome(redirects, {cluster: tuple(absorbed) for cluster, absorbed in merged.items()}, split)


def _heir(members: Sequence[str], places: Counter[str], home: Mapping[str, str]) -> str | None:
    """Where the founder stands; else where most of them do."""
    if not places:
        return None
    if members[0] in home:
        return home[members[0]]
    return min(places, key=lambda cluster: (-places[cluster], cluster))


def _nodes(
    members: Mapping[str, Member], descriptions: Mapping[str, Description], pins: Sequence[Pin]
) -> dict[str, str]:
    """The node of each member."""
    twins = Counter(member.fingerprint for member in members.values())
    thin = {one for one, count in twins.items() if count > 1 and not _knows_itself(descriptions[one])}
    kept_apart = {
        one
        for pin in pins
        if not pin.same and all(each in members for each in pin.pair)
        if members[pin.pair[0]].fingerprint == members[pin.pair[1]].fingerprint
        for one in pin.pair
    }
    return {
        one: f"{member.fingerprint}/{one}" if member.fingerprint in thin or one in kept_apart else member.fingerprint
        for one, member in members.items()
    }


def _knows_itself(description: Description) -> bool:
    return compare(description, description).verdict.ties


def _print(node: str) -> str:
    return node.partition("/")[0]


def _nodes_by_print(nodes: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        found[_print(node)].append(node)
    return found


def _between_nodes(
    by_print: Mapping[str, Sequence[str]],
    descriptions: Mapping[str, Description],
    comparisons: Mapping[Pair, Comparison],
) -> Iterable[tuple[Pair, Comparison]]:
    for (left, right), comparison in comparisons.items():
        for one in by_print.get(left, ()):
            for other in by_print.get(right, ()):
                yield pair_of(one, other), comparison
    for one, nodes in by_print.items():
        if len(nodes) > 1:
            comparison = compare(descriptions[one], descriptions[one])
            yield from (((a, b), comparison) for a in nodes for b in nodes if a < b)


def _pinned(pins: Sequence[Pin], nodes: Mapping[str, str], *, same: bool) -> frozenset[Pair]:
    known = (pin.pair for pin in pins if pin.same is same and all(one in nodes for one in pin.pair))
    pairs = (pair_of(nodes[left], nodes[right]) for left, right in known)
    return frozenset(pair for pair in pairs if pair[0] != pair[1])
