"""Events in, notices out: each exists once, and knows no person."""

import json
from datetime import timedelta

from services.notify.app import notices_consumer
from shared.bus.delivery import INBOX
from shared.runtime import Runtime
from shared.store.vault import Vault
from tests.integration.notify import story


async def test_a_loan_told_twice_is_one_notice(runtime: Runtime) -> None:
    await story.tell(runtime, story.loan(), times=2)
    row = await story.the_row(runtime)
    assert (row["kind"], row["state"], row["recipient"]["name"]) == ("loan.made", "no-address", story.PATRON)


async def test_the_row_itself_holds_the_promise_when_the_inbox_forgot(runtime: Runtime) -> None:
    event = story.loan()
    await story.tell(runtime, event)
    await runtime.database[INBOX].delete_many({})
    await runtime.database["notices"].update_one({}, {"$set": {"state": "sent"}})
    await story.tell(runtime, event)
    assert (await story.the_row(runtime))["state"] == "sent"


async def test_a_rejected_document_is_told_to_the_library_and_each_operator(runtime: Runtime) -> None:
    await story.tell(runtime, story.rejected())
    recipients = {(row["recipient"]["type"], row["recipient"]["name"]) for row in await story.rows(runtime)}
    assert recipients == {("library", story.LIBRARY), ("operator", story.OPERATOR)}


async def test_a_published_record_is_told_to_its_library(runtime: Runtime) -> None:
    await story.tell(runtime, story.published())
    row = await story.the_row(runtime)
    assert (row["kind"], row["recipient"]) == ("record.published", {"type": "library", "name": story.LIBRARY})


async def test_cards_stay_sealed_and_notices_name_nobody(runtime: Runtime, vault: Vault) -> None:
    sealed = await vault.seal(story.PATRON, {"name": "Nguyễn Thị Lan", "email": "lan@hop-thu.example"})
    await story.tell(runtime, story.card(sealed), story.loan())
    stored = [await runtime.database[name].find().to_list() for name in ("notices", "patron_cards", "outbox")]
    text = json.dumps(stored, default=str, ensure_ascii=False)
    assert sealed in text
    assert "Lan" not in text
    assert "hop-thu" not in text


async def test_a_notice_of_an_unknown_patron_does_not_queue_before_others(runtime: Runtime, vault: Vault) -> None:
    await story.tell(runtime, story.loan(1), story.card(await vault.seal(story.PATRON, {})), story.loan(2))
    states = {row["cause"]: (row["state"], row["due"] - row["created_at"]) for row in await story.rows(runtime)}
    assert states["made-2"] == ("waiting", timedelta(0))
    assert states["made-1"][0] == "no-address"
    assert states["made-1"][1] < timedelta(seconds=60), "the card that came made it due"


async def test_an_older_contact_does_not_replace_a_newer_one(runtime: Runtime) -> None:
    await story.tell(runtime, story.library("moi@x.example", version=2), story.library("cu@x.example", version=1))
    entry = await runtime.database["libraries"].find_one({})
    assert entry is not None
    assert entry["contact"] == "moi@x.example"


async def test_an_event_id_that_cannot_be_repeated_is_a_dead_letter(runtime: Runtime) -> None:
    event = story.loan()
    bad = type(event)(event.data, event.source, 1, id="co dau cach")
    await story.tell(runtime, bad, story.loan(2))
    held = await runtime.database["held"].find_one({})
    assert held is not None
    assert held["reason"] == "unusable-event-id"
    assert (await story.the_row(runtime))["cause"] == "made-2"


async def test_the_consumer_reads_the_topics_of_everything_it_handles(runtime: Runtime) -> None:
    consumer = notices_consumer(runtime, story.SETTINGS)
    assert {model.topic for model in consumer.handlers} | set(consumer.gone) == set(consumer.topics)
