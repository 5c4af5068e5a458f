import pytest

from services.notify.addresses.mailbox import NotAMailbox, mailbox, masked


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("an@thu-vien.example", "an@thu-vien.example"),
        ("  an.tran+sach@thu-vien.example ", "an.tran+sach@thu-vien.example"),
        ("an@thư-viện.example", "an@xn--th-vin-dbc8890g.example"),
        ("an@localhost", "an@localhost"),
    ],
)
def test_addresses_that_mail_can_be_sent_to(given: str, address: str) -> None:
    found = mailbox(given)
    assert found.partition("@")[0] == address.partition("@")[0]
    assert found.isascii()
    assert found.encode().decode("idna") == mailbox(found).encode().decode("idna")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "an",
        "@x.example",
        "an@",
        "an@x..example",
        "an@-x.example",
        ".an@x.example",
        "an @x.example",
        "an@x.example\r\nBcc: b@x.example",
        "an@x.example>\r\nDATA",
        "a@b@x.example",
        "ấn@x.example",
        "<an@x.example>",
        "an@x.example, b@x.example",
        "an@[127.0.0.1]",
        "an\x00@x.example",
        "a" * 65 + "@x.example",
        "an@" + "x" * 64 + ".example",
        "an@" + ".".join(["x" * 60] * 5),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NotAMailbox):
        mailbox(text)


def test_masked_shows_neither_name_nor_length() -> None:
    assert masked("nguyen.van.an@x.example") == "n•••@x.example"
    assert masked("nu@x.example") == "n•••@x.example"
