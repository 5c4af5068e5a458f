"""Mails as a reader's program sees them: parsed back from their bytes."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.addresses.recipient import Contact, LibraryEntry, Recipient, RecipientType
from services.notify.notices.notice import Facts, Kind, Notice
from services.notify.sender.composition import Composer, one_line

COMPOSER = Composer("thong-bao@lienthong.example")
LIBRARY = LibraryEntry("Thư viện xã Tân Hòa", "vhxh@tinh.example")
PATRON = Contact("lan@hop-thu.example", "Nguyễn Thị Lan")
TRACE = "500301cc823169ea839fe49e38d7c0b5"
WORDS = ("Nguyễn", "Thị", "Lan", "Huế", "8,", "(Anh)", '"q"', "a.b", ";", "tập-hai", "Overdue:")
LOAN = {"title": "Toán nâng cao lớp 8, tập hai", "item": "LQD-01977", "due": "2026-03-29"}
FACTS: dict[Kind, Facts] = {
    Kind.LOAN_MADE: LOAN,
    Kind.LOAN_OVERDUE: LOAN,
    Kind.RECORD_PUBLISHED: {"title": "Địa chí Tân Hòa", "record": "r-1", "document": "d-1"},
    Kind.DOCUMENT_REJECTED: {"document": "d-1", "reason": "infected", "detail": "Có mã độc", "file": "quét 1.pdf"},
    Kind.DOCUMENT_RECOGNITION_FAILED: {"document": "d-1", "reason": "blank", "detail": "Trang trắng", "file": None},
}


def notice(kind: Kind, facts: Facts) -> Notice:
    moment = datetime(2026, 3, 30, 7, tzinfo=UTC)
    return Notice(
        id="n-0b7e41d25a9f4c680b7e41d2",
        kind=kind,
        channel="mail",
        recipient=Recipient(type=RecipientType.PATRON, name="p-" + "0" * 32),
        library="xa-tan-hoa",
        cause="c",
        traceparent=f"00-{TRACE}-a584abcaa20d16f9-01",
        facts=dict(facts),
        created_at=moment,
        waiting_since=moment,
        due=moment,
    )


def mail_of(
    kind: Kind, facts: Facts, contact: Contact = PATRON, library: LibraryEntry | None = LIBRARY
) -> EmailMessage:
    body = COMPOSER.compose(notice(kind, facts), contact, library).as_bytes()
    assert body.isascii()
    assert all(len(line) <= 998 for line in body.split(b"\r\n"))
    parsed = message_from_bytes(body, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(mail: EmailMessage, subtype: str) -> str:
    found = mail.get_body((subtype,))
    assert found is not None
    return str(found.get_content())


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_says_all_it_knows_in_vietnamese_first_and_english_below(kind: Kind) -> None:
    mail = mail_of(kind, FACTS[kind])
    plain, html = part(mail, "plain"), part(mail, "html")
    for text in (plain, html):
        assert text.index("Kính gửi Nguyễn Thị Lan") < text.index("Dear Nguyễn Thị Lan")
        assert LIBRARY.title in text
        shown = [value for name, value in FACTS[kind].items() if value and name != "due"]
        assert all(value in text for value in shown)
    assert ("29/03/2026" in plain) == ("due" in FACTS[kind])
    assert "None" not in plain
    assert "{{" not in html


def test_the_headers_of_a_mail() -> None:
    mail = mail_of(Kind.LOAN_OVERDUE, LOAN)
    assert mail["Subject"] == ("Quá hạn trả: Toán nâng cao lớp 8, tập hai | Overdue: Toán nâng cao lớp 8, tập hai")
    assert mail["From"] == "Liên thông thư viện <thong-bao@lienthong.example>"
    assert mail["To"].addresses[0].addr_spec == "lan@hop-thu.example"
    assert mail["To"].addresses[0].display_name == "Nguyễn Thị Lan"
    assert mail["Reply-To"].addresses[0].addr_spec == "vhxh@tinh.example"
    assert mail["Message-ID"] == "<n-0b7e41d25a9f4c680b7e41d2@lienthong.example>"
    assert mail["List-Id"] == "<loan-overdue.notices.lienthong.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "vi, en"
    assert mail["X-Correlation-ID"] == TRACE
    assert mail["Date"].datetime == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_a_loan_without_title_names_the_item_and_an_unknown_library_its_id() -> None:
    mail = mail_of(Kind.LOAN_MADE, LOAN | {"title": None}, Contact("a@b.example"), None)
    assert mail["Subject"] == "Đã mượn: LQD-01977 | Borrowed: LQD-01977"
    assert mail["Reply-To"] is None
    assert "Kính gửi Quý vị" in part(mail, "plain")
    assert "xa-tan-hoa" in part(mail, "plain")


def test_html_shows_markup_in_a_title_as_text() -> None:
    html = part(mail_of(Kind.LOAN_MADE, LOAN | {"title": "<script>alert(1)</script>&"}), "html")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in html


def test_a_title_is_data_and_never_a_template() -> None:
    assert "{{ 7 * 7 }}" in part(mail_of(Kind.LOAN_MADE, LOAN | {"title": "{{ 7 * 7 }}"}), "plain")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "\r\n\r\n"])
def test_no_title_name_or_library_can_add_a_header(end: str) -> None:
    evil = f"Sách{end}Bcc: nan-nhan@x.example{end}{end}Xin chào"
    mail = mail_of(
        Kind.LOAN_MADE, LOAN | {"title": evil}, Contact("a@b.example", evil), LibraryEntry(evil, "c@d.example")
    )
    assert "Bcc" not in mail
    assert [address.addr_spec for address in mail["To"].addresses] == ["a@b.example"]
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == ["c@d.example"]
    assert set(mail.keys()) == set(mail_of(Kind.LOAN_MADE, LOAN).keys())


@given(st.text(min_size=1, max_size=200))
def test_whatever_a_title_is_the_subject_can_be_read_back(title: str) -> None:
    mail = mail_of(Kind.LOAN_MADE, LOAN | {"title": title})
    shown = one_line(title) or "LQD-01977"
    vietnamese = f"Đã mượn: {shown}"
    expected = vietnamese if len(vietnamese) <= 150 else vietnamese[:149].rstrip() + "…"
    assert mail["Subject"].startswith(expected + " | ")


@given(
    st.lists(
        st.sampled_from(["Nguyễn", "Thị", "Lan", "Huế", "8,", "(Anh)", '"q"', "a.b", ";", "tập-hai", "Overdue:"]),
        max_size=20,
    )
)
def test_whatever_a_name_is_the_address_stands_and_the_name_can_be_read_back(words: list[str]) -> None:
    name = " ".join(words)
    body = COMPOSER.compose(notice(Kind.LOAN_MADE, LOAN), Contact("a@b.example", name), LIBRARY).as_bytes()
    # The older parser: the newer one puts blanks between encoded words of a name.
    to = str(make_header(decode_header(message_from_bytes(body)["To"])))
    shown = to.removesuffix("<a@b.example>").removesuffix("a@b.example").strip()
    assert to.rstrip(">").endswith("a@b.example")
    assert re.sub(r'[\\"]', "", shown) == name.replace('"', "")


def test_long_facts_are_shortened() -> None:
    mail = mail_of(Kind.RECORD_PUBLISHED, FACTS[Kind.RECORD_PUBLISHED] | {"title": "dài " * 250})
    assert len(mail["Subject"]) <= 2 * 150 + 3
    assert "…" in part(mail, "plain")
