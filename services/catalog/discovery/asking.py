"""What a reader asks, as the address of a page and of the API has it."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Query

from services.catalog.dependencies import TheCatalog
from services.catalog.scopes.scope import Scope, ScopeId
from services.catalog.scopes.store import get_scope
from services.catalog.search import Facet, Field, Node, Sort, parse
from services.catalog.search import Query as Tree
from services.catalog.search.query import Everything, Not
from services.catalog.search.terms import term

MAX_QUERY = 1000
Value = Annotated[str | None, Query(max_length=300)]

NOTHING = Not(Everything())
FIELDS = {facet: Field(facet.value) for facet in Facet}
"""What a value of each facet narrows down."""


@dataclass(frozen=True)
class Asked:
    """Words as typed, the values of facets that what is found must have, and the sector catalogue it must stand in."""

    text: str = ""
    chosen: dict[Facet, str] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    scope: Scope | None = None

    @property
    def anything(self) -> bool:
        return bool(self.text.strip() or self.chosen or self.scope)

    def query(self, text: str | None = None) -> Tree:
        """The tree; with other words in place of those typed. What a value does not say for its field finds nothing."""
        return parse(self.text if text is None else text).narrowed(*self._filters())

    def _filters(self) -> tuple[Node, ...]:
        chosen = tuple(term(FIELDS[facet], value) or NOTHING for facet, value in self.chosen.items())
        return (*chosen, self.scope.node) if self.scope else chosen


async def asked(
    catalog: TheCatalog,
    q: Annotated[
        str,
        Query(
            max_length=MAX_QUERY,
            description='Words, "phrases", beginnings*, title:, author:, isbn:, year:2001..2010, AND OR NOT ( )',
        ),
    ] = "",
    *,
    library: Value = None,
    form: Value = None,
    year: Annotated[str | None, Query(max_length=30, description="1995, 1990..1999, 1990.. or ..1999")] = None,
    language: Value = None,
    dewey: Annotated[str | None, Query(alias="class", max_length=30)] = None,
    collection: Value = None,
    topic: Value = None,
    access: Value = None,
    scope: Annotated[ScopeId | None, Query(description="The id of a sector catalogue.")] = None,
    sort: Sort = Sort.RELEVANCE,
) -> Asked:
    within = await get_scope(catalog.committed, scope) if scope else None
    given = {
        Facet.LIBRARY: library,
        Facet.FORM: form,
        Facet.YEAR: year,
        Facet.LANGUAGE: language,
        Facet.CLASS: dewey,
        Facet.COLLECTION: collection,
        Facet.TOPIC: topic,
        Facet.ACCESS: access,
    }
    return Asked(q, {facet: value for facet, value in given.items() if value and value.strip()}, sort, within)


IsAsked = Annotated[Asked, Depends(asked)]
CursorText = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
Verbatim = Annotated[bool, Query(description="Search the words as they are, though nothing is found.")]
