"""The sender against a real SMTP server that accepts, refuses, and dies at the worst moment."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP

from services.notify.app import sender_of
from services.notify.metrics import POSSIBLE_REPEATS
from services.notify.notices.notice import State
from services.notify.notices.store import Notices
from services.notify.sender.mail import MailChannel
from services.notify.sender.sending import Sender
from services.notify.sender.store import Claim, Queue
from services.notify.sender.verdict import Verdict
from shared.runtime import Runtime
from shared.store.vault import KEYS, Vault
from tests.integration.notify import story
from tests.integration.notify.scripted_smtp import ScriptedServer

DEADLINE_SECONDS = 60
FROM = "thong-bao@lienthong.example"


@pytest.fixture
async def channel(smtp: ScriptedServer) -> AsyncIterator[MailChannel]:
    channel = MailChannel.of(smtp.url, FROM)
    yield channel
    await channel.close()


@pytest.fixture
def sender(runtime: Runtime, channel: MailChannel) -> Sender:
    return sender_of(runtime, story.SETTINGS, channel)


@pytest.fixture
async def patron(runtime: Runtime, vault: Vault) -> None:
    sealed = await vault.seal(story.PATRON, {"name": "Nguyễn Thị Lan", "email": "lan@hop-thu.example"})
    await story.tell(runtime, story.library(), story.card(sealed))


def possible_repeats() -> float:
    return POSSIBLE_REPEATS._value.get()


async def until_state(runtime: Runtime, sender: Sender, state: str) -> dict[str, object]:
    """Give the sender turns until the only notice stands there."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (row := await story.the_row(runtime))["state"] != state:
        assert time.monotonic() < deadline, row
        await sender.turn()
        await asyncio.sleep(0.01)
    return row


async def make_due(runtime: Runtime, **changed: datetime) -> None:
    await runtime.database["notices"].update_many({}, {"$set": {"due": datetime.now(UTC), **changed}})


@pytest.mark.usefixtures("patron")
async def test_a_loan_becomes_a_mail_and_an_event(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    event = story.loan()
    await story.tell(runtime, event)
    assert await sender.turn()
    assert not await sender.turn()
    row = await story.the_row(runtime)
    (mail,) = smtp.accepted
    assert smtp.recipients == ["lan@hop-thu.example"]
    assert mail["Subject"] == f"Đã mượn: {story.TITLE} | Borrowed: {story.TITLE}"
    assert mail["Message-ID"] == f"<{row['_id']}@lienthong.example>"
    assert mail["X-Correlation-ID"] == event.correlation_id
    assert mail["Reply-To"].addresses[0].addr_spec == "vhxh@tinh.example"
    assert (row["state"], row["attempts"], row["possible_repeats"], row["in_doubt"]) == ("sent", 1, 0, False)
    assert "facts" not in row
    assert await story.announced(runtime) == [("notice.sent", 1)]


@pytest.mark.usefixtures("patron")
async def test_many_notices_leave_over_one_connection_each_once(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    await story.tell(runtime, *(story.loan(number) for number in range(20)))
    while await sender.turn():
        pass
    assert len(set(smtp.message_ids)) == len(smtp.message_ids) == 20


@pytest.mark.usefixtures("patron")
async def test_two_senders_share_the_work(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    await story.tell(runtime, *(story.loan(number) for number in range(20)))
    other_channel = MailChannel.of(smtp.url, FROM)
    other = sender_of(runtime, story.SETTINGS, other_channel)

    async def drain(one: Sender) -> None:
        while await one.turn():
            pass

    await asyncio.gather(drain(sender), drain(other))
    await other_channel.close()
    assert len(set(smtp.message_ids)) == len(smtp.message_ids) == 20


@pytest.mark.usefixtures("patron")
async def test_a_refusal_for_now_is_tried_again(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    smtp.to_recipient.append("450 4.2.0 lan@hop-thu.example: thử lại sau")
    smtp.to_data.append("451 4.3.0 thử lại sau")
    before = possible_repeats()
    await story.tell(runtime, story.loan())
    await sender.turn()
    row = await story.the_row(runtime)
    assert (row["state"], row["reason"]) == ("waiting", "smtp 450 4.2.0")
    assert row["due"] > row["created_at"]
    row = await until_state(runtime, sender, "sent")
    assert (row["attempts"], row["possible_repeats"]) == (3, 0)
    assert len(smtp.accepted) == 1
    assert possible_repeats() == before


@pytest.mark.usefixtures("patron")
@pytest.mark.parametrize("step", ["to_recipient", "to_data"])
async def test_a_refusal_for_good_fails_at_once_and_names_nobody(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, step: str
) -> None:
    getattr(smtp, step).append("550 5.1.1 <lan@hop-thu.example> Nguyễn Thị Lan: không có hộp thư này")
    await story.tell(runtime, story.loan(1), story.loan(2))
    while await sender.turn():
        pass
    failed, sent = sorted(await story.rows(runtime), key=lambda row: str(row["state"]))
    assert (failed["state"], failed["reason"], failed["attempts"]) == ("failed", "smtp 550 5.1.1", 1)
    assert sent["state"] == "sent"
    assert sorted(await story.announced(runtime)) == [("notice.failed", 1), ("notice.sent", 1)]


@pytest.mark.usefixtures("patron")
async def test_a_refused_sender_fails_no_notice(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    smtp.to_sender.append("553 5.7.1 người gửi không được phép")
    await story.tell(runtime, story.loan())
    assert not await sender.turn()
    assert (await story.the_row(runtime))["state"] == "waiting"
    await until_state(runtime, sender, "sent")


@pytest.mark.usefixtures("patron")
async def test_a_server_that_is_away_is_waited_for(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    smtp.stop()
    before = possible_repeats()
    await story.tell(runtime, story.loan())
    assert not await sender.turn()
    row = await story.the_row(runtime)
    assert (row["state"], row["reason"], row["in_doubt"]) == ("waiting", "no-connection", False)
    smtp.start()
    await until_state(runtime, sender, "sent")
    assert possible_repeats() == before


@pytest.mark.usefixtures("patron")
async def test_a_server_restarted_between_two_mails_costs_no_attempt(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    await story.tell(runtime, story.loan(1))
    await sender.turn()
    smtp.stop()
    smtp.start()
    await story.tell(runtime, story.loan(2))
    await sender.turn()
    assert [row["attempts"] for row in await story.rows(runtime)] == [1, 1]
    assert len(smtp.accepted) == 2


@pytest.mark.usefixtures("patron")
async def test_an_answer_lost_after_data_gives_one_repeat_that_is_counted(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    smtp.after_data = lambda server: server.transport.abort()
    before = possible_repeats()
    await story.tell(runtime, story.loan())
    await sender.turn()
    row = await story.the_row(runtime)
    assert (row["state"], row["reason"], row["in_doubt"]) == ("waiting", "connection-lost-after-data", True)
    row = await until_state(runtime, sender, "sent")
    assert len(smtp.message_ids) == 2
    assert len(set(smtp.message_ids)) == 1
    assert (row["possible_repeats"], row["in_doubt"]) == (1, False)
    assert possible_repeats() == before + 1


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.usefixtures("patron")
async def test_a_death_between_250_and_the_commit_gives_exactly_one_repeat_that_is_counted(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, channel: MailChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(queue: Queue, claim: Claim, verdict: Verdict, due: datetime | None) -> bool:
        raise Killed

    before = possible_repeats()
    await story.tell(runtime, story.loan())
    with monkeypatch.context() as deadly:
        deadly.setattr(Queue, "settle", die)
        with pytest.raises(Killed):
            await sender.turn()
    assert (await story.the_row(runtime))["state"] == "sending"
    assert not await sender.turn(), "the lease still runs"
    await make_due(runtime)
    row = await until_state(runtime, sender, "sent")
    assert not await sender.turn()
    assert len(smtp.message_ids) == 2
    assert len(set(smtp.message_ids)) == 1
    assert row["possible_repeats"] == 1
    assert possible_repeats() == before + 1
    assert await story.announced(runtime) == [("notice.sent", 1)]


@pytest.mark.usefixtures("patron")
async def test_who_lost_the_lease_changes_nothing_any_more(runtime: Runtime, sender: Sender) -> None:
    await story.tell(runtime, story.loan())
    late = Queue(runtime.works, timedelta(seconds=0))
    claim = await late.claim()
    assert claim is not None
    await until_state(runtime, sender, "sent")
    assert not await late.settle(claim, Verdict(State.WAITING, "late", again=True), datetime.now(UTC))
    assert not await late.settle(claim, Verdict(State.FAILED, "late"), None)
    assert (await story.the_row(runtime))["state"] == "sent"
    assert await story.announced(runtime) == [("notice.sent", 1)]


@pytest.mark.usefixtures("patron")
async def test_told_to_stop_it_finishes_the_notice_in_hand(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    taken, answer = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def keep_waiting(server: SMTP) -> None:
        loop.call_soon_threadsafe(taken.set)
        answer.wait(DEADLINE_SECONDS)

    smtp.after_data = keep_waiting
    await story.tell(runtime, story.loan())
    turn = asyncio.create_task(sender.turn())
    await asyncio.wait_for(taken.wait(), DEADLINE_SECONDS)
    turn.cancel()
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert (await story.the_row(runtime))["state"] == "sent"


@pytest.mark.usefixtures("patron")
async def test_giving_up_is_announced_and_an_operator_may_begin_anew(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    smtp.to_recipient.extend(["450 4.2.0 bận"] * 2)
    await story.tell(runtime, story.loan())
    await sender.turn()
    long_ago = datetime.now(UTC) - timedelta(hours=73)
    await runtime.database["notices"].update_one({}, {"$set": {"waiting_since": long_ago}})
    row = await until_state(runtime, sender, "failed")
    assert row["attempts"] == 2
    assert "due" not in row
    again = await Notices(runtime.database).retry(str(row["_id"]))
    assert again is not None
    row = await until_state(runtime, sender, "sent")
    assert row["version"] == 2
    assert await story.announced(runtime) == [("notice.failed", 1), ("notice.sent", 2)]


async def test_a_patron_without_a_card_is_waited_for_and_no_error(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, vault: Vault
) -> None:
    await story.tell(runtime, story.library(), story.overdue())
    row = await story.the_row(runtime)
    assert (row["state"], row["reason"]) == ("no-address", "address-unknown")
    await make_due(runtime)
    assert await sender.turn()
    row = await story.the_row(runtime)
    assert (row["state"], row["in_doubt"]) == ("no-address", False)
    assert row["due"] > datetime.now(UTC) + timedelta(minutes=50)
    assert not await sender.turn()
    sealed = await vault.seal(story.PATRON, {"name": "Lan", "email": "lan@hop-thu.example"})
    await story.tell(runtime, story.card(sealed))
    await sender.turn()
    assert (await story.the_row(runtime))["state"] == "sent"
    assert len(smtp.accepted) == 1
    assert await story.announced(runtime) == [("notice.sent", 1)]


async def test_a_card_that_comes_after_giving_up_wakes_nothing(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, vault: Vault
) -> None:
    await story.tell(runtime, story.overdue())
    await make_due(runtime, waiting_since=datetime.now(UTC) - timedelta(hours=73))
    assert await sender.turn()
    row = await story.the_row(runtime)
    assert row["state"] == "no-address"
    assert "due" not in row
    await story.tell(runtime, story.card(await vault.seal(story.PATRON, {"email": "lan@hop-thu.example"})))
    assert not await sender.turn()
    assert smtp.accepted == []


@pytest.mark.usefixtures("patron")
@pytest.mark.parametrize("told", [True, False], ids=["key destroyed and told", "key destroyed, not yet told"])
async def test_an_erased_patron_gets_no_mail(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, vault: Vault, told: bool
) -> None:
    await story.tell(runtime, story.loan())
    await vault.destroy(story.PATRON)
    if told:
        await story.tell(runtime, story.gone("patrons-current", story.PATRON))
    await sender.turn()
    row = await story.the_row(runtime)
    assert row["state"] == "erased"
    assert "facts" not in row
    assert smtp.accepted == []
    assert await story.announced(runtime) == []
    assert await Notices(runtime.database).retry(row["_id"]) is None


@pytest.mark.usefixtures("patron")
async def test_one_unreadable_card_does_not_stop_the_others(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer, vault: Vault
) -> None:
    await story.tell(runtime, story.loan(), story.published())
    wrapped = {"$set": {"wrapped": "bm90IGEga2V5IGF0IGFsbCwgYnV0IGxvbmcgZW5vdWdo"}}
    await vault._keys.database[KEYS].update_one({"_id": story.PATRON}, wrapped)
    while await sender.turn():
        if {"sent"} < {row["state"] for row in await story.rows(runtime)}:
            break
    assert smtp.recipients == ["vhxh@tinh.example"]
    waiting = next(row for row in await story.rows(runtime) if row["kind"] == "loan.made")
    assert waiting["reason"] == "lookup-InvalidTag"
    assert not waiting["in_doubt"]


async def test_a_library_whose_contact_is_no_address_fails(
    runtime: Runtime, sender: Sender, smtp: ScriptedServer
) -> None:
    await story.tell(runtime, story.library("hỏi cô thủ thư\r\nRCPT TO:<x@y.example>"), story.published())
    row = await until_state(runtime, sender, "failed")
    assert row["reason"] == "address-unusable"
    assert smtp.recipients == []


async def test_operators_hear_of_a_rejected_document(runtime: Runtime, sender: Sender, smtp: ScriptedServer) -> None:
    await story.tell(runtime, story.library(), story.rejected())
    while await sender.turn():
        pass
    assert sorted(smtp.recipients) == sorted([story.OPERATOR, "vhxh@tinh.example"])
    assert all("Có mã độc" in mail.get_body(("plain",)).get_content() for mail in smtp.accepted)
