"""Terms of protection to the year, licences, and whose wish wins."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.rights.facts import Permission, Restriction, RightsFacts, WorkKind
from services.ingest.rights.rights import (
    RightsAssessment,
    RightsStatus,
    assess,
    licence_of,
    rules,
    wider,
)
from shared.events.vocabulary import FROM_OPEN_TO_CLOSED, AccessLevel, DocumentMetadata, narrowest

PUBLIC, REGISTERED, ON_SITE, CLOSED = FROM_OPEN_TO_CLOSED
REASON = "Gia đình tác giả đã đồng ý bằng văn bản"


def decide(
    *,
    asked: AccessLevel = PUBLIC,
    year: int = 2026,
    creators: tuple[str, ...] = ("A",),
    date: str | None = None,
    **facts,
) -> RightsAssessment:
    metadata = DocumentMetadata(title="Sách", creators=creators, date=date)
    given = RightsFacts(**facts) if facts else None
    return assess(given, metadata, asked=asked, by="tv/lan", at=datetime(year, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("facts", "rule", "last_protected"),
    [
        ({"died": (1975,)}, "expired-after-death", 2025),
        ({"died": (1941, 1975), "authors": 2}, "expired-after-death", 2025),
        ({"anonymous": True, "published": 1950}, "expired-after-publication", 2025),
        ({"kind": WorkKind.PHOTOGRAPH, "published": 1950}, "expired-after-publication", 2025),
        (
            {"kind": WorkKind.PHOTOGRAPH, "published": 1950, "created": 1948, "died": (2020,)},
            "expired-after-publication",
            2025,
        ),
        ({"kind": WorkKind.FILM, "created": 1925}, "expired-after-creation", 2025),
        ({"kind": WorkKind.APPLIED_ART, "created": 1925, "published": 1951}, "expired-after-creation", 2025),
        ({"published": 1875}, "expired-by-age", 2025),
    ],
)
def test_protection_ends_with_the_last_day_of_its_last_year(facts, rule, last_protected):
    after = decide(year=last_protected + 1, **facts)
    assert (after.rule, after.protected_until, after.granted) == (rule, last_protected, PUBLIC)
    assert after.status == RightsStatus.PUBLIC_DOMAIN
    before = decide(year=last_protected, **facts)
    assert (before.rule, before.granted) == ("in-copyright", ON_SITE)


def test_a_protected_work_is_looked_at_again_when_its_term_ends():
    assert decide(died=(1990,)).review_on == date(2041, 1, 1)


def test_one_author_whose_death_is_unknown_protects():
    assert decide(died=(1900,), creators=("A", "B")).status == RightsStatus.IN_COPYRIGHT
    assert decide(died=(1900, 1910), creators=("A", "B")).status == RightsStatus.PUBLIC_DOMAIN


def test_a_photographers_death_does_not_matter():
    assert decide(kind=WorkKind.PHOTOGRAPH, died=(1900,), published=2000).protected_until == 2075


def test_an_old_date_in_the_description_is_enough_and_a_young_one_proves_nothing():
    assert decide(date="khoảng 1870").rule == "expired-by-age"
    assert decide(date="1868-1872").evidence == "published = 1872"
    assert decide(date="1996").rule == "not-evaluated"
    assert decide(anonymous=True, date="1940").rule == "in-copyright"


def test_official_documents_are_nobodys():
    assert decide(kind=WorkKind.OFFICIAL, published=2025).rule == "not-protected"


def test_nothing_said_leaves_the_choice_to_the_uploader_and_says_so():
    found = decide(asked=ON_SITE)
    assert (found.status, found.granted) == (RightsStatus.NOT_EVALUATED, ON_SITE)
    assert found.statement.endswith("/CNE/1.0/")


@pytest.mark.parametrize(
    ("uri", "level"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", PUBLIC),
        ("http://www.creativecommons.org/licenses/by-nc-nd/3.0/vn/deed.vi", PUBLIC),
        ("https://creativecommons.org/publicdomain/zero/1.0", PUBLIC),
        ("http://rightsstatements.org/vocab/InC/1.0/", ON_SITE),
        ("http://rightsstatements.org/vocab/InC-EDU/1.0/", REGISTERED),
        ("http://rightsstatements.org/vocab/NoC-US/1.0/", ON_SITE),
    ],
)
def test_licences(uri, level):
    found = decide(licence=uri)
    assert (found.rule, found.granted, found.statement) == ("licensed", level, uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/licenses/by/4.0/",
        "https://creativecommons.org/",
        "http://creativecommons.org.evil.vn/licenses/by/4.0/",
    ],
)
def test_an_unknown_licence_opens_nothing(uri):
    assert licence_of(uri) is None
    found = decide(licence=uri)
    assert (found.rule, found.granted) == ("in-copyright", ON_SITE)
    assert uri in found.evidence


def test_a_licence_beats_the_dates():
    found = decide(licence="https://creativecommons.org/licenses/by-sa/4.0/", died=(2020,))
    assert (found.status, found.granted) == (RightsStatus.LICENSED, PUBLIC)


def test_a_permission_holds_until_its_day():
    permission = Permission(
        holder="Nhà xuất bản", document="12/HĐ 2024-01-05", access_level=REGISTERED, until=date(2026, 6, 1)
    )
    inside = decide(permission=permission)
    assert (inside.rule, inside.granted, inside.review_on) == ("permitted", REGISTERED, date(2026, 6, 2))
    assert decide(permission=permission, year=2027).rule == "in-copyright"


def test_nobodys_reason_goes_beyond_a_permission():
    permission = Permission(holder="Tác giả", document="thư ngày 3/3", access_level=ON_SITE)
    assert decide(permission=permission, reason=REASON).granted == ON_SITE


def test_an_orphan_needs_a_search():
    found = decide(orphan_search="Cục Bản quyền tác giả, Hội Nhà văn: không tìm thấy, 2026-01", published=1960)
    assert (found.status, found.granted) == (RightsStatus.ORPHAN, ON_SITE)
    with pytest.raises(ValidationError):
        RightsFacts(orphan_search="không thấy")


def test_a_stricter_wish_wins():
    assert decide(asked=CLOSED, died=(1900,)).granted == CLOSED


def test_a_wider_wish_needs_a_reason_which_is_kept_with_its_author():
    assert decide(died=(2000,)).granted == ON_SITE
    found = decide(died=(2000,), reason=REASON)
    assert (found.allowed, found.granted) == (ON_SITE, PUBLIC)
    assert (found.override.by, found.override.reason) == ("tv/lan", REASON)
    assert decide(died=(1900,), reason=REASON).override is None


def test_an_embargo_ends():
    embargo = {"restriction": Restriction.EMBARGO, "embargo_until": date(2026, 12, 31), "died": (1900,)}
    found = decide(**embargo)
    assert (found.granted, found.review_on) == (ON_SITE, date(2027, 1, 1))
    assert decide(year=2027, **embargo).granted == PUBLIC
    with pytest.raises(ValidationError):
        RightsFacts(restriction=Restriction.EMBARGO)


def test_restricted_documents_stay_closed_whatever_is_said():
    for restriction in (Restriction.HARMS_INTERESTS, Restriction.CONDITIONAL):
        assert decide(restriction=restriction, died=(1900,), reason=REASON).granted == CLOSED


def test_the_copy_of_a_rare_original_is_open():
    assert decide(restriction=Restriction.ORIGINAL_RARE, died=(1900,)).granted == PUBLIC


facts = st.builds(
    RightsFacts,
    kind=st.sampled_from(WorkKind),
    anonymous=st.booleans(),
    died=st.lists(st.integers(1, 9999), max_size=3).map(tuple),
    published=st.none() | st.integers(1, 9999),
    created=st.none() | st.integers(1, 9999),
    licence=st.none() | st.sampled_from(["https://creativecommons.org/licenses/by/4.0/", "http://x.vn/y"]),
    restriction=st.none() | st.sampled_from([Restriction.CONDITIONAL, Restriction.ORIGINAL_RARE]),
    reason=st.none() | st.just(REASON),
)


@given(facts, st.sampled_from(AccessLevel), st.integers(1900, 9999))
def test_what_is_granted_is_never_wider_than_asked_nor_than_the_rule_without_a_reason(given_facts, asked, year):
    metadata = DocumentMetadata(title="Sách")
    found = assess(given_facts, metadata, asked=asked, by="x", at=datetime(year, 1, 1, tzinfo=UTC))
    assert not wider(found.granted, asked)
    assert found.override or not wider(found.granted, found.allowed)
    assert found.granted == (asked if found.override else narrowest(asked, found.allowed))
    RightsAssessment.model_validate_json(found.model_dump_json())


def test_every_rule_is_known_to_the_data():
    for rule in [*rules()["rules"].values(), *rules()["restrictions"].values()]:
        assert rule["source"]
        assert isinstance(rule["overridable"], bool)
    assert {AccessLevel(entry["allowed"]) for entry in rules()["licences"].values()} <= set(AccessLevel)
    assert {RightsStatus(entry["status"]) for entry in rules()["licences"].values()} <= set(RightsStatus)


@pytest.mark.parametrize("text", ["http://[", "http://[x]/licenses/by/4.0/", "https://creativecommons.org:x/", ""])
def test_what_is_no_address_is_no_known_licence(text):
    assert licence_of(text) is None
