"""What search takes in of a cluster."""

from services.catalog.search.entry import Copy, Holder, SearchEntry
from shared.events.clusters import ClusterView, DigitisedCopy
from shared.events.vocabulary import AccessLevel


def entry_of(cluster: ClusterView, text: str) -> SearchEntry:
    """The entry of a cluster; `text` is what anyone may read of its digitised documents."""
    return SearchEntry(
        id=cluster.id,
        version=cluster.version,
        title=cluster.title,
        parts=cluster.parts,
        creators=tuple(person.name for person in cluster.people),
        subjects=cluster.subjects,
        edition=cluster.edition,
        publishers=cluster.publishers,
        year=cluster.year,
        extent=cluster.extent,
        form=cluster.form,
        language=cluster.language,
        isbns=cluster.isbns,
        issns=cluster.issns,
        classes=cluster.classes,
        series=cluster.series,
        summary=cluster.summary or "",
        by=_ids(cluster, "creator"),
        about=_ids(cluster, "subject"),
        creator_variants=_variants(cluster, "creator"),
        subject_variants=_variants(cluster, "subject"),
        also=tuple(filter(None, (cluster.statement, *cluster.places, *map(_volume, cluster.parts)))),
        libraries=tuple(
            Holder(library=held.library, records=held.records, items=held.items) for held in cluster.libraries
        ),
        digitised=tuple(_copy(copy) for copy in cluster.digitised),
        added_at=cluster.added_at,
        text=text,
    )


def _ids(cluster: ClusterView, part: str) -> tuple[str, ...]:
    return tuple(heading.authority for heading in cluster.headings if heading.part == part)


def _variants(cluster: ClusterView, part: str) -> tuple[str, ...]:
    """What else those are called under whose headings the edition stands: the headings themselves as well."""
    said = {*(person.name for person in cluster.people), *cluster.subjects}
    names = (name for one in cluster.headings if one.part == part for name in (one.name, *one.variants))
    return tuple(name for name in dict.fromkeys(names) if name not in said)


def _volume(part: str) -> str:
    """A designation as readers type it: they ask for "tập 2" where records have "2"."""
    return f"Tập {part}" if part[:1].isdigit() else part


def _copy(copy: DigitisedCopy) -> Copy:
    return Copy(
        record=copy.record,
        library=copy.library,
        library_name=copy.library_name,
        access_level=copy.access_level,
        collection_class=copy.collection_class,
        pages=copy.pages,
        readable=copy.access_level == AccessLevel.PUBLIC,
    )
