"""Who may know of a record, who may read it, and who works on it."""

from services.catalog.records.record import CatalogRecord
from services.catalog.registry.library import Library, acts_for
from shared.events.vocabulary import AccessLevel
from shared.web.auth import Person, Role
from shared.web.problems import Problem


def works_on(record: CatalogRecord, library: Library, person: Person | None) -> bool:
    """Whether the record is this person's work: who acts for the library, and appraisers until it is published."""
    if person is None:
        return False
    return acts_for(person, library) or (Role.APPRAISER in person.roles and not record.published)


def may_read(record: CatalogRecord, library: Library, person: Person | None) -> bool:
    """Whether the person may see pages and text.

    Before publication: whoever works on it. Then by access level: public, anyone; registered, anyone with a valid
    token; on-site, people of the library that holds the document; closed, that library's own staff. Sealed: nobody.
    """
    if record.sealed:
        return False
    if not record.published:
        return works_on(record, library, person)
    return _level_lets_in(AccessLevel(record.metadata.access_level), record.library, person)


def may_know(record: CatalogRecord, library: Library, person: Person | None) -> bool:
    """Whether the person may learn that the record exists."""
    return record.known_to_all or works_on(record, library, person) or may_read(record, library, person)


def check_may_know(record: CatalogRecord, library: Library, person: Person | None) -> None:
    """Raise Problem 404, the same as for a record that does not exist."""
    if not may_know(record, library, person):
        raise Problem(404, "record-unknown", record=record.id)


def check_may_read(record: CatalogRecord, library: Library, person: Person | None) -> None:
    """Raise Problem 404 where the record is a secret, 401 where a token would help, else 403."""
    check_may_know(record, library, person)
    if may_read(record, library, person):
        return
    if person is None:
        raise Problem(401, "reading-needs-token", headers={"www-authenticate": "Bearer"})
    if record.sealed:
        raise Problem(403, "reading-sealed")
    raise Problem(403, f"reading-{record.metadata.access_level}", library=record.library)


def check_acts_for(record: CatalogRecord, library: Library, person: Person) -> None:
    """Raise Problem 403, or 404 where the record is a secret, unless the person acts for the record's library."""
    if not acts_for(person, library):
        check_may_know(record, library, person)
        raise Problem(403, "not-your-library", library=record.library)


def _level_lets_in(level: AccessLevel, library: str, person: Person | None) -> bool:
    if level == AccessLevel.PUBLIC:
        return True
    if person is None:
        return False
    if level == AccessLevel.REGISTERED:
        return True
    if level == AccessLevel.ON_SITE:
        return person.org == library
    return person.org == library and bool(person.roles & {Role.LIBRARIAN, Role.OPERATOR})
