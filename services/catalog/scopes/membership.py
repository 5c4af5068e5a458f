"""In which sector catalogues a cluster stands. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.scopes.scope import Scope
from services.catalog.search import Single, entry_of
from shared.events.clusters import ClusterView


def scopes_of(cluster: ClusterView, scopes: Sequence[Scope]) -> list[str]:
    """The ids of those of the catalogues that the cluster belongs to."""
    if not scopes:
        return []
    single = Single(entry_of(cluster, text=""))
    return [scope.id for scope in scopes if scope.holds(single)]
