"""The notify service: who is to be told what, whether it was sent, and over which channel."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from services.notify.addresses.handlers import forget_library, forget_patron, keep_card, keep_contact
from services.notify.addresses.store import AddressBook, has_card
from services.notify.notices.handlers import tell_library_of_record, tell_of_document, tell_patron_of_loan
from services.notify.notices.notice import MAIL
from services.notify.notices.routes import notices_router
from services.notify.notices.store import Census, Notices, ensure_indexes, wake
from services.notify.sender.channel import Channel
from services.notify.sender.mail import MailChannel
from services.notify.sender.sending import Sender
from services.notify.sender.store import Queue
from services.notify.sender.verdict import Patience
from services.notify.settings import NotifySettings
from shared.bus.consumer import Consumer, Handler, consumer
from shared.events.circulation import LoanMade, LoanOverdue
from shared.events.documents import DocumentRecognitionFailed, DocumentRejected
from shared.events.libraries import LibraryChanged
from shared.events.patrons import PatronChanged
from shared.events.records import RecordPublished
from shared.roles import Loop, Service
from shared.runtime import Runtime
from shared.store.mongo import database
from shared.store.vault import Vault
from shared.web.app import create_app

SENDER_EVERY_SECONDS = 0.5


def build_api(runtime: Runtime) -> FastAPI:
    app = create_app(
        "lienthong notify",
        public_key=runtime.settings.auth_public_key,
        checks={"mongo": runtime.mongo_ready},
        message_packages=("services.notify",),
    )
    app.include_router(notices_router(Notices(runtime.database)))
    return app


def notices_consumer(runtime: Runtime, settings: NotifySettings) -> Consumer:
    """Handlers of everything that notices are made from; tests call this too."""
    loan = Handler(tell_patron_of_loan, prepare=partial(has_card, database=runtime.database))
    tell = partial(tell_of_document, operators=settings.notify_operators)
    return consumer(
        "notify-notices",
        {
            LibraryChanged: partial(keep_contact, wake=wake),
            PatronChanged: partial(keep_card, wake=wake),
            RecordPublished: tell_library_of_record,
            LoanMade: loan,
            LoanOverdue: loan,
            DocumentRejected: tell,
            DocumentRecognitionFailed: tell,
        },
        gone={"libraries-current": forget_library, "patrons-current": partial(forget_patron, wake=wake)},
    )


def sender_of(runtime: Runtime, settings: NotifySettings, channel: Channel) -> Sender:
    """A sender with the rules the settings give; tests call this too."""
    vault = Vault(database(runtime.client, runtime.settings, "vault"), runtime.settings.vault_key)
    return Sender(
        Queue(runtime.works, timedelta(seconds=settings.notify_lease_seconds)),
        AddressBook(runtime.database, vault),
        {MAIL: channel},
        Patience(timedelta(hours=settings.notify_give_up_hours), settings.notify_first_wait_seconds),
        attempt_seconds=settings.notify_lease_seconds / 2,
    )


async def _build_notices(runtime: Runtime, _: AsyncExitStack) -> Consumer:
    return notices_consumer(runtime, NotifySettings())


async def _build_sender(runtime: Runtime, stack: AsyncExitStack) -> Loop:
    settings = NotifySettings()
    channel = MailChannel.of(settings.smtp_url, settings.notify_from)
    stack.push_async_callback(channel.close)
    sender, census = sender_of(runtime, settings, channel), Census(runtime.database)

    async def turn() -> bool:
        await census.take_when_due()
        return await sender.turn()

    return Loop(turn, SENDER_EVERY_SECONDS)


SERVICE = Service(
    "notify",
    api=build_api,
    prepare=ensure_indexes,
    workers={"notices": _build_notices},
    loops={"sender": _build_sender},
)
