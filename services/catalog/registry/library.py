"""What a library is to the registry, and who acts for it."""

from typing import Annotated

from pydantic import Field

from shared.events.libraries import LibraryChanged, LibraryKey, LibraryType
from shared.events.vocabulary import LibraryId, ShortText, Value
from shared.web.auth import Person, Role

EmailAddress = Annotated[
    str, Field(max_length=254, pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$")
]


class Library(Value):
    """A registry entry."""

    id: LibraryId
    version: int
    title: ShortText
    library_type: LibraryType
    parent: LibraryId | None
    contact: EmailAddress
    own_system: bool
    keys: tuple[LibraryKey, ...] = ()

    @property
    def keepers(self) -> set[str | None]:
        """Whose librarians do this library's work: its own, and those of the library above it.

        A commune's library often has no librarian; the one above it looks after its documents and its desk.
        """
        return {self.id, self.parent}

    def changed(self) -> LibraryChanged:
        """The event that tells this state."""
        return LibraryChanged(library=self.id, **self.model_dump(exclude={"id", "version"}))


def acts_for(person: Person, library: Library) -> bool:
    """Whether the person does this library's work: a librarian of one of its keepers, or an operator."""
    return Role.OPERATOR in person.roles or is_librarian_of(person, library)


def is_librarian_of(person: Person, library: Library) -> bool:
    return Role.LIBRARIAN in person.roles and person.org in library.keepers
