"""Contacts of libraries and sealed cards of patrons, as their topics tell them."""

from __future__ import annotations

from pymongo import DeleteOne, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase

from services.notify.addresses.mailbox import NotAMailbox, mailbox
from services.notify.addresses.recipient import (
    BadAddress,
    Contact,
    Erased,
    LibraryEntry,
    NoAddress,
    Recipient,
    RecipientType,
)
from shared.bus.work import Work
from shared.events import Event
from shared.events.circulation import LoanMade, LoanOverdue
from shared.store.mongo import Document
from shared.store.vault import Vault

LIBRARIES = "libraries"
CARDS = "patron_cards"


def keep_entry(work: Work, library: str, version: int, *, title: str, contact: str) -> None:
    work.keep_newest(LIBRARIES, library, version, {"title": title, "contact": contact})


def drop_entry(work: Work, library: str) -> None:
    work.write(LIBRARIES, DeleteOne({"_id": library}))


def keep_sealed(work: Work, patron: str, version: int, sealed: str) -> None:
    work.keep_newest(CARDS, patron, version, {"sealed": sealed})


def keep_erased(work: Work, patron: str) -> None:
    """Remember only that there was a patron. Without a version, a card made anew for the same person is taken."""
    work.write(CARDS, ReplaceOne({"_id": patron}, {"erased": True}, upsert=True))


async def has_card(event: Event[LoanMade | LoanOverdue], *, database: AsyncDatabase[Document]) -> bool:
    """Whether anything is known of the patron, be it that they were erased."""
    return await database[CARDS].find_one({"_id": event.data.patron}, ["_id"]) is not None


class AddressBook:
    """Looks recipients up; a patron's card is opened here and nowhere else, at the moment of sending."""

    def __init__(self, database: AsyncDatabase[Document], vault: Vault) -> None:
        self._libraries = database[LIBRARIES]
        self._cards = database[CARDS]
        self._vault = vault

    async def contact(self, recipient: Recipient) -> Contact:
        """Where to send to. Raises NoAddress, BadAddress or Erased."""
        match recipient.type:
            case RecipientType.PATRON:
                return await self._patron(recipient.name)
            case RecipientType.LIBRARY:
                return await self._library(recipient.name)
            case RecipientType.OPERATOR:
                return Contact(_checked(recipient.name))

    async def library(self, library: str) -> LibraryEntry | None:
        """The library a notice is about, if the registry told of it."""
        row = await self._libraries.find_one({"_id": library})
        if row is None:
            return None
        try:
            return LibraryEntry(row["title"], mailbox(row["contact"]))
        except NotAMailbox:
            return LibraryEntry(row["title"], None)

    async def _patron(self, patron: str) -> Contact:
        row = await self._cards.find_one({"_id": patron})
        if row is None:
            raise NoAddress
        card = None if row.get("erased") else await self._vault.open(patron, row["sealed"])
        if card is None:
            raise Erased
        if not card.get("email"):
            raise NoAddress
        return Contact(_checked(card["email"]), card.get("name"))

    async def _library(self, library: str) -> Contact:
        row = await self._libraries.find_one({"_id": library})
        if row is None:
            raise NoAddress
        return Contact(_checked(row["contact"]), row["title"])


def _checked(address: str) -> str:
    try:
        return mailbox(address)
    except NotAMailbox as error:
        raise BadAddress from error
