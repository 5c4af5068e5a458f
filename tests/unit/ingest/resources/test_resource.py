"""Who may use what on which day, and what an OAI record must say to be taken."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.ingest.resources.resource import Licence, ResourceForm, Use, is_open, of_oai_record, resource_id, use_of
from shared.web.auth import Person, Role

LICENCE = Licence(
    contract="12/HĐ",
    vendor="Nhà cung cấp",
    libraries=("thu-vien-tinh",),
    starts=date(2026, 1, 1),
    until=date(2026, 6, 30),
)
BOUGHT = ResourceForm(url="https://db.example.org/x", title="Cơ sở dữ liệu", licence=LICENCE)
RECORD = """<record xmlns="http://www.openarchives.org/OAI/2.0/"><header/><metadata>
<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Giáo trình mở</dc:title><dc:creator>Lê Thị Hà</dc:creator><dc:identifier>oai:x:1</dc:identifier>
<dc:identifier>https://oer.example.org/1</dc:identifier><dc:rights>Mọi quyền</dc:rights>
<dc:rights>{rights}</dc:rights></oai_dc:dc></metadata></record>"""


def reader(org: str) -> Person:
    return Person(sub="p", name="Bạn đọc", org=org, roles=frozenset({Role.READER}))


@pytest.mark.parametrize(
    ("org", "day", "use"),
    [
        ("thu-vien-tinh", date(2025, 12, 31), Use.NOT_YET),
        ("thu-vien-tinh", date(2026, 1, 1), Use.ALLOWED),
        ("thu-vien-tinh", date(2026, 6, 30), Use.ALLOWED),
        ("thu-vien-tinh", date(2026, 7, 1), Use.ENDED),
        ("thu-vien-xa", date(2026, 3, 1), Use.NOT_YOURS),
    ],
)
def test_access_ends_with_the_licence(org, day, use):
    assert use_of(BOUGHT, reader(org), day) == use


def test_who_is_not_signed_in_may_use_what_is_open_alone():
    assert use_of(BOUGHT, None, date(2026, 3, 1)) == Use.SIGN_IN
    free = ResourceForm(url="https://x.vn/1", title="Mở", open_licence="https://creativecommons.org/licenses/by/4.0/")
    assert use_of(free, None, date(2026, 3, 1)) == Use.ALLOWED


def test_a_resource_is_bought_or_open():
    for given in ({}, {"licence": LICENCE, "open_licence": "https://creativecommons.org/licenses/by/4.0/"}):
        with pytest.raises(ValidationError):
            ResourceForm(url="https://x.vn/1", title="x", **given)
    with pytest.raises(ValidationError):
        Licence(**{**LICENCE.model_dump(), "until": date(2025, 1, 1)})


def test_an_open_record_is_taken_with_its_licence():
    uri = "http://creativecommons.org/licenses/by-sa/4.0/"
    form = of_oai_record(RECORD.format(rights=uri).encode())
    assert (form.title, form.creators, form.url, form.open_licence) == (
        "Giáo trình mở",
        ("Lê Thị Hà",),
        "https://oer.example.org/1",
        uri,
    )
    assert resource_id("a", form.url) != resource_id("b", form.url)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (RECORD.format(rights="http://rightsstatements.org/vocab/InC/1.0/"), "oai-not-open"),
        (RECORD.format(rights="https://example.org/licenses/by/4.0/"), "oai-not-open"),
        (RECORD.replace("<header/>", '<header status="deleted"/>'), "oai-deleted"),
        ("<record>", "oai-unreadable"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "oai-unreadable"),
    ],
)
def test_other_records_are_not(body, code):
    with pytest.raises(ValueError, match=code):
        of_oai_record(body.encode())


def test_open_means_open_to_everybody():
    assert is_open("https://creativecommons.org/publicdomain/zero/1.0/")
    assert not is_open("http://rightsstatements.org/vocab/InC-EDU/1.0/")
