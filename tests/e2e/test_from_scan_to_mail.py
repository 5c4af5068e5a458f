"""The story: a scan becomes a published record that a reader finds, a loan becomes a figure and a mail."""

from __future__ import annotations

import mailbox
import unicodedata
from functools import partial

import pytest

from deploy.local.demo.doors import wait_for
from tests.e2e.story import LIBRARY, SCHOOL, Story, loan_event, publish_events, totals, upload
from tests.e2e.topics import read_topic, traces
from tests.e2e.visits import ROLES, Client
from tests.proof.stacks import ProofStack

pytestmark = pytest.mark.stack

OUTSIDERS = tuple(role for role in ROLES if role not in {"librarian", "operator", "library-system"})
"""Who is not staff of the library that holds the documents."""


@pytest.mark.parametrize("words", ["hoi lang phu ung", "Hội làng Phù Ủng", "ruoc kieu dau vat"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_search_finds_the_record_by_description_and_text(client: Client, told: Story, words: str, form: str) -> None:
    found = wait_for(lambda: _found(client, unicodedata.normalize(form, words)), words)
    assert told.published.record in found


def test_a_reader_sees_the_page_and_its_text(client: Client, told: Story) -> None:
    record = told.published.record
    image = client.send("catalog", "GET", f"/v1/records/{record}/pages/1/image")
    assert image.headers["content-type"] == "image/jpeg"
    assert image.content.startswith(b"\xff\xd8")
    for path in ("pages/1/text", "text"):
        assert "giêng" in client.send("catalog", "GET", f"/v1/records/{record}/{path}").text
    page = client.send("catalog", "GET", f"/records/{record}", params={"q": "giêng"})
    assert told.published.title in page.text
    assert "<mark>" in page.text


def test_a_closed_document_shows_nowhere(client: Client, told: Story, stack: ProofStack) -> None:
    wait_for(lambda: _found(client, told.published.title), "the search index")
    closed = told.closed
    for words in (closed.title, "gia pha ho dang", "khue danh"):
        assert closed.record not in (_found(client, words) or [])
        assert closed.record not in client.send("catalog", "GET", "/", params={"q": words}).text
    paths = [f"/v1/records/{closed.record}{rest}" for rest in ("", "/pages/1/image", "/pages/1/text", "/text")]
    for path in [*paths, f"/records/{closed.record}"]:
        statuses = {role: client.send("catalog", "GET", path, role).status_code for role in OUTSIDERS}
        assert set(statuses.values()) == {404}, path
    public = wait_for(lambda: _with_key(stack, told.published.record), "the public topic")
    assert closed.record not in public


def test_every_document_is_counted_once_also_the_closed_one(client: Client, told: Story) -> None:
    documents = 2 + len(told.records)
    wanted = {"documents": documents, "pages": documents, "records-drafted": documents, "records-published": 4}

    def moved() -> bool | None:
        now = totals(client)
        return True if {name: now[name] - told.counted_before[name] for name in wanted} == wanted else None

    assert wait_for(moved, f"the figures to rise by {wanted}")


def test_one_trace_leads_from_the_upload_to_the_mail(client: Client, told: Story, stack: ProofStack) -> None:
    scan = told.published
    trace = {scan.correlation_id}
    assert {client.ask("ingest", f"/v1/documents/{scan.id}", "librarian")["correlation_id"]} == trace
    assert traces(stack.bootstrap, "documents", scan.id) == trace
    mail = wait_for(lambda: _mail(stack, scan.correlation_id), "the mail about the published record")
    assert mail["to"].endswith(f"<{LIBRARY}@lienthong.example>")
    for topic in ("records", "records-public"):
        assert wait_for(partial(_traces, stack, topic, scan.record), topic) == trace


def test_the_steps_of_a_document_are_told_at_the_door_where_it_came_in(client: Client, told: Story) -> None:
    def published() -> list[str] | None:
        steps = client.ask("ingest", f"/v1/documents/{told.published.id}", "librarian")["steps"]
        done = [step["name"] for step in steps if step["state"] == "done"]
        return done if "published" in done else None

    assert wait_for(published, "the step published")[-4:] == ["drafted", "reviewed", "appraised", "published"]


def test_the_same_file_again_is_the_same_document(client: Client, told: Story) -> None:
    again = upload(client, told.published.content, name="ten-khac.png", title="Nhan đề khác")
    assert again.status_code == 202
    assert again.json()["duplicate"]
    assert again.json()["id"] == told.published.id


def test_a_loan_becomes_a_figure_and_a_mail_once(client: Client, told: Story, stack: ProofStack) -> None:
    before = totals(client, SCHOOL)["loans-made"]
    trace = "0af7651916cd43dd8448eb211c80319c"
    loan = loan_event(told.patron, traceparent=f"00-{trace}-b7ad6b7169203331-01")
    assert publish_events(client, [loan]) == {"accepted": 1, "duplicates": 0}
    assert publish_events(client, [loan]) == {"accepted": 0, "duplicates": 1}
    mail = wait_for(lambda: _mail(stack, trace), "the mail about the loan")
    assert mail["to"].endswith(f"<bd0001@{SCHOOL}.example>")
    assert wait_for(lambda: totals(client, SCHOOL)["loans-made"] - before or None, "the loan to be counted") == 1


def _found(client: Client, words: str) -> list[str] | None:
    """The digitised records that a search shows; None where it shows none."""
    hits = client.ask("catalog", "/v1/search", q=words)["hits"]
    return [copy["record"] for hit in hits for copy in hit["digitised"]] or None


def _traces(stack: ProofStack, topic: str, record: str) -> set[str] | None:
    return traces(stack.bootstrap, topic, record) or None


def _with_key(stack: ProofStack, record: str) -> set[str] | None:
    """The keys of the public topic, once this record is among them."""
    keys = {read.key for read in read_topic(stack.bootstrap, "records-public")}
    return keys if record in keys else None


def _mail(stack: ProofStack, trace: str) -> mailbox.MaildirMessage | None:
    return next((mail for mail in stack.doors.mails() if mail["x-correlation-id"] == trace), None)
