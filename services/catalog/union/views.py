"""A cluster as events tell it. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

from services.catalog.authorities.linking import Link
from services.catalog.exchange.sets import sets_of
from services.catalog.identity import Description, Name, Part, Row
from services.catalog.scopes.membership import scopes_of
from services.catalog.scopes.scope import Scope
from services.catalog.union.grouping import Group, Member
from shared.events.clusters import Agent, ClusterView, DigitisedCopy, Heading, HeldBy
from shared.events.vocabulary import AccessLevel

LONGEST_TEXT = 1000
LONGEST_SUMMARY = 10_000
MOST_VALUES = 200
MOST_CHARACTERS = 12_000
"""Of all values of a field together: eleven such fields, with all else, fit into a message of 1 MB in any script."""
MOST_LIBRARIES = 2000
AUTHOR = "aut"


def holdings_of(members: Iterable[Member]) -> list[Row]:
    """How many records and items each library has, by library."""
    records: dict[str, int] = defaultdict(int)
    items: dict[str, int] = defaultdict(int)
    for member in members:
        records[member.library] += 1
        items[member.library] += member.items
    return [{"library": one, "records": records[one], "items": items[one]} for one in sorted(records)]


def view_of(group: Group, description: Description, version: int, links: Sequence[Link] = ()) -> ClusterView:
    """The public view; what is longer than a message may carry is cut, so that nothing need be validated."""
    return ClusterView.model_construct(
        id=group.id,
        version=version,
        form=description.form.value,
        title=_cut(description.title) or "",
        parts=_texts([_part(one) for one in description.parts]),
        statement=_cut(description.statement),
        people=tuple(map(_agent, _with_room(description.people))),
        edition=_cut(description.edition),
        year=description.year,
        places=_texts(description.places),
        publishers=_texts(description.publishers),
        extent=_cut(description.extent),
        language=description.language[:20] or None,
        isbns=_texts(description.isbns),
        issns=_texts(description.issns),
        subjects=_texts(description.subjects),
        classes=_texts(description.classes),
        series=_texts(description.series),
        summary=description.summary[:LONGEST_SUMMARY] or None,
        urls=_texts(description.urls),
        headings=_headings(links),
        libraries=tuple(HeldBy.model_construct(**row) for row in holdings_of(group.members)[:MOST_LIBRARIES]),
        digitised=tuple(DigitisedCopy(**one.digitised) for one in group.members[:MOST_VALUES] if one.digitised),
        added_at=min(member.added_at for member in group.members),
    )


def sets_in(cluster: ClusterView, scopes: Sequence[Scope]) -> list[str]:
    """The sets that a cluster is harvested in; `scopes` are all the sector catalogues there are."""
    libraries = {held.library for held in cluster.libraries}
    open_copy = any(copy.access_level == AccessLevel.PUBLIC for copy in cluster.digitised)
    return sets_of(libraries, cluster.classes, scopes_of(cluster, scopes), open_copy=open_copy)


def _with_room(people: Sequence[Name]) -> Sequence[Name]:
    return people[: len(_texts([name.display for name in people]))]


def _agent(name: Name) -> Agent:
    role = None if name.role == AUTHOR else _cut(name.role)
    return Agent.model_construct(name=name.display[:LONGEST_TEXT], role=role, kind=name.kind.value)


def _headings(links: Sequence[Link]) -> tuple[Heading, ...]:
    """Each once, with as many variants as there is room for in all of them."""
    once = {(one.mention.part, one.known.id): one for one in links}
    room = MOST_CHARACTERS
    found: list[Heading] = []
    for link in list(once.values())[:MOST_VALUES]:
        heading = _heading(link, room - len(link.known.authority.heading.text))
        room -= len(heading.name) + sum(map(len, heading.variants))
        if room < 0:
            break
        found.append(heading)
    return tuple(found)


def _heading(link: Link, room: int) -> Heading:
    authority = link.known.authority
    names = [name.text for name in authority.variants]
    fitting = (name for name, length in zip(names, accumulate(map(len, names)), strict=True) if length <= room)
    return Heading.model_construct(
        authority=link.known.id,
        kind=authority.kind.value,
        part=link.mention.part,
        name=authority.heading.text,
        variants=tuple(dict.fromkeys(fitting)),
    )


def _part(part: Part) -> str:
    return ". ".join(one for one in (part.number, part.name) if one)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    """As many as there is room for."""
    if not values:
        return ()
    texts = [value[:LONGEST_TEXT] for value in values[:MOST_VALUES]]
    lengths = accumulate(map(len, texts))
    return tuple(text for text, length in zip(texts, lengths, strict=True) if length <= MOST_CHARACTERS)


def _cut(text: str) -> str | None:
    return text[:LONGEST_TEXT] or None
