"""Which names are one, which only look so, and which heading a work stands under."""

from datetime import UTC, datetime

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymarc import Field, Indicators, Subfield

from services.catalog.authorities.authority import Authority, Kind, Level, Name, Years, form_of, years_of
from services.catalog.authorities.likeness import Sign, likeness_keys, signs_of
from services.catalog.authorities.linking import Known, keys_of, link, lives_of, mentions_of
from services.catalog.authorities.marc import NoHeading, authority_of, written
from services.catalog.authorities.merging import joined, parted
from services.catalog.authorities.ready import ready
from services.catalog.identity import describe

AT = datetime(2026, 1, 2, tzinfo=UTC)
NONE = Indicators(" ", " ")


def person(name: str, *variants: str | Name, dates: str = "", **more: object) -> Authority:
    names = tuple(one if isinstance(one, Name) else Name(name=one) for one in variants)
    return Authority.model_validate(
        {"kind": Kind.PERSON, "heading": Name(name=name, dates=dates), "variants": names, **more}
    )


def led_to(authorities: dict[str, Authority], author: str, dates: str = "", subject: str | None = None) -> list[str]:
    """The headings that a work with this author, and about this, stands under."""
    record = pymarc.Record()
    dated = [Subfield("d", dates)] if dates else []
    about = [Field("653", NONE, [Subfield("a", subject)])] if subject else []
    title = Field("245", NONE, [Subfield("a", "Sách")])
    record.fields = [Field("100", NONE, [Subfield("a", author), *dated]), title, *about]
    mentions = mentions_of(describe(record), lives_of(record))
    known: dict[str, list[Known]] = {}
    for identifier, authority in authorities.items():
        for form in {form_of(authority.kind, name.name) for name in authority.names}:
            known.setdefault(form.folded, []).append(Known.of(identifier, authority))
    assert set(keys_of(mentions)) >= {key for key in known if link(mentions, {key: known[key]})}
    return [one.known.id for one in link(mentions, known)]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.PERSON, "Nguyễn Du", "Nguyễn, Du, 1766-1820"),
        (Kind.PERSON, "Trần Hoà", "Trần Hòa"),
        (Kind.PERSON, "Lý Thường Kiệt", "Lí Thường Kiệt"),
        (Kind.PERSON, "Victor Hugo", "Hugo, Victor, 1802-1885"),
        (Kind.PERSON, "Nguyễn Du", "NGUYỄN DU"),
        (Kind.BODY, "UBND tỉnh Bắc Ninh", "Uỷ ban nhân dân tỉnh Bắc Ninh"),
        (Kind.BODY, "Sở VHTTDL Hà Nam", "Sở Văn hóa, Thể thao và Du lịch Hà Nam"),
        (Kind.SUBJECT, "Vật lý", "Vật lí"),
    ],
)
def test_spellings_of_one_name_are_compared_alike(kind: Kind, one: str, other: str) -> None:
    assert form_of(kind, one) == form_of(kind, other)


@pytest.mark.parametrize(("one", "other"), [("Nguyễn Văn Hùng", "Nguyễn Văn Hưng"), ("Nam Cao", "Cao Nam")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert form_of(Kind.PERSON, one).exact != form_of(Kind.PERSON, other).exact


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1766-1820", Years(1766, 1820)),
        ("Nguyễn, Du, 1766-1820", Years(1766, 1820)),
        ("1936-", Years(1936, None)),
        ("-1975", Years(None, 1975)),
        ("Kế hoạch 2021", Years()),
        ("Điện thoại 0912-345678", Years()),
        ("", Years()),
    ],
)
def test_years_of_a_life_are_read_and_nothing_else(text: str, years: Years) -> None:
    assert years_of(text) == years


def test_a_name_leads_to_the_heading_that_has_it_tones_and_all() -> None:
    files = {"hung": person("Nguyễn Văn Hùng"), "cao": person("Nam Cao", "Trần Hữu Tri", dates="1917-1951")}
    assert led_to(files, "Nguyễn Văn Hùng") == ["hung"]
    assert led_to(files, "Nguyễn Văn Hưng") == []
    assert led_to(files, "Nguyen Van Hung") == ["hung"]
    assert led_to(files, "Trần Hữu Tri") == ["cao"]
    assert led_to(files, "Nam Cao", dates="1850-1900") == []
    assert led_to(files, "Nam Cao", dates="1916-1951") == ["cao"]


def test_a_name_that_could_mean_two_leads_to_none() -> None:
    files = {"elder": person("Lê Văn Hòe", dates="1911-1968"), "younger": person("Lê Văn Hòe", dates="1960-")}
    assert led_to(files, "Lê Văn Hòe") == []
    assert led_to(files, "Lê Văn Hòe", dates="1911-1968") == ["elder"]
    marks = {"hung": person("Nguyễn Văn Hùng"), "hưng": person("Nguyễn Văn Hưng")}
    assert led_to(marks, "Nguyen Van Hung") == []


def test_a_heading_comes_before_a_variant_of_another() -> None:
    files = {"poet": person("Thanh Hải", dates="1930-1980"), "other": person("Phạm Văn A", "Thanh Hải")}
    assert led_to(files, "Thanh Hải") == ["poet"]


def test_a_name_borne_by_many_leads_only_where_the_years_agree() -> None:
    many = Name(name="Nguyễn Văn Tài", label="Nhiều người mang tên này")
    files = {"kim-lan": person("Kim Lân", many, dates="1920-2007")}
    assert led_to(files, "Nguyễn Văn Tài") == []
    assert led_to(files, "Nguyễn Văn Tài", dates="1920-2007") == ["kim-lan"]
    assert led_to(files, "Kim Lân") == ["kim-lan"]


def test_a_work_about_somebody_stands_under_the_name() -> None:
    files = {
        "du": person("Nguyễn Du", dates="1765-1820"),
        "lit": Authority(kind=Kind.SUBJECT, heading=Name(name="Văn học")),
    }
    assert led_to(files, "X Y", subject="Nguyễn Du, 1766-1820") == ["du"]
    assert led_to(files, "X Y", subject="Văn học") == ["lit"]
    assert led_to(files, "Văn học") == []


@pytest.mark.parametrize(
    ("one", "other", "signs"),
    [
        (person("Nguyễn Du"), person("Nguyen Du"), (Sign.SAME_LETTERS,)),
        (person("Nguyễn Văn Hùng"), person("Nguyễn Văn Hưng"), ()),
        (
            person("Nguyễn Văn Hùng", dates="1950-"),
            person("Nguyễn Văn Hưng", dates="1950-"),
            (Sign.SAME_LETTERS, Sign.SAME_YEARS),
        ),
        (person("Trần Hòa", dates="1900-"), person("Trần Hoà", dates="1950-"), ()),
        (person("Trần Hòa"), person("Trần Hoà", dates="1950-"), (Sign.SAME_HEADING,)),
        (person("Nam Cao", "Trần Hữu Tri"), person("Trần Hữu Tri"), (Sign.HEADING_IS_VARIANT,)),
        (person("A B", "Thúy Rư"), person("C D", "Thuý Rư"), (Sign.SHARED_VARIANT,)),
        (person("Víctor Hugo"), person("Hugo Víctor"), (Sign.SAME_WORDS,)),
        (person("A B", ids=("isni:1",)), person("C D", ids=("isni:1",)), (Sign.SAME_NUMBER,)),
        (person("Nho giáo"), Authority(kind=Kind.SUBJECT, heading=Name(name="Nho giáo")), ()),
    ],
)
def test_headings_look_the_same_for_a_stated_reason(one: Authority, other: Authority, signs: tuple[Sign, ...]) -> None:
    assert signs_of(one, other) == signs_of(other, one) == signs
    assert not signs or set(likeness_keys(one)) & set(likeness_keys(other))


def test_every_ready_heading_is_the_same_after_marc() -> None:
    coming = list(ready())
    assert [authority_of(written(authority, AT)) for authority in coming] == coming


def test_writing_leaves_what_it_does_not_say() -> None:
    record = written(person("Nam Cao", "Trần Hữu Tri", dates="1917-1951", level=Level.PROVISIONAL), AT)
    record.add_ordered_field(Field("046", NONE, [Subfield("f", "1917")]))
    field = record.get_fields("400")[0]
    field.add_subfield("w", "nne")
    changed = person("Nam Cao", "Trần Hữu Tri", "Thúy Rư", dates="1915-1951")
    again = written(changed, AT, record)
    assert authority_of(again) == changed
    assert again["046"]["f"] == "1917"
    assert again.get_fields("400")[0]["w"] == "nne"


def test_a_record_without_a_heading_of_ours_is_refused() -> None:
    record = pymarc.Record()
    record.fields = [Field("130", NONE, [Subfield("a", "Kinh thánh")])]
    with pytest.raises(NoHeading):
        authority_of(record)


@pytest.mark.parametrize(
    ("tag", "parts"), [("100", "t"), ("100", "k"), ("100", "tl"), ("110", "t"), ("110", "kf"), ("111", "tp")]
)
def test_a_work_of_somebody_is_not_taken_for_them(tag: str, parts: str) -> None:
    record = pymarc.Record()
    more = [Subfield(part, "Truyện Kiều") for part in parts]
    record.fields = [Field(tag, NONE, [Subfield("a", "Nguyễn Du"), *more])]
    with pytest.raises(NoHeading):
        authority_of(record)


def test_a_congress_is_named_by_its_number() -> None:
    record = pymarc.Record()
    record.fields = [
        Field("111", NONE, [Subfield("a", "Đại hội Thư viện"), Subfield("n", "(2 :"), Subfield("d", "1990)")])
    ]
    assert authority_of(record).heading.name == "Đại hội Thư viện"


def test_tracings_of_works_stay_and_are_no_names() -> None:
    record = written(person("Nguyễn Du"), AT)
    work = [Subfield("a", "Tố Như"), Subfield("t", "Truyện Kiều")]
    record.fields += [Field("400", NONE, work), Field("500", NONE, work)]
    said = authority_of(record)
    assert (said.variants, said.related) == ((), ())
    again = written(person("Nguyễn Du", "Tố Như"), AT, record)
    assert [str(field) for field in again.get_fields("400", "500") if field.get("t")] == [
        str(field) for field in record.get_fields("400", "500")
    ]
    assert authority_of(again) == person("Nguyễn Du", "Tố Như")


def test_a_class_is_changed_where_the_record_has_it() -> None:
    record = written(person("Nam Cao", classes=("895.922",)), AT)
    record.fields += [
        Field("082", NONE, [Subfield("a", number), Subfield("2", "23")]) for number in ("895.9223", "808.8")
    ]
    said = person("Nam Cao", classes=("895.922", "895.9223", "800"))
    again = written(said, AT, record)
    assert [(field.tag, field["a"], field.get("2")) for field in again.get_fields("082", "083")] == [
        ("082", "895.9223", "23"),
        ("083", "895.922", None),
        ("083", "800", None),
    ]
    assert set(authority_of(again).classes) == set(said.classes)


def test_what_a_merge_adds_its_undoing_takes_away() -> None:
    kept = written(person("Nam Cao", "Thúy Rư", sources=("Từ điển văn học",)), AT)
    ended = written(person("Trần Hữu Tri", "Thuý Rư", "Nam Cao", dates="1917-1951", sources=("Lược truyện",)), AT)
    record, added = joined(kept, ended)
    said = authority_of(record)
    assert [name.text for name in said.variants] == ["Thúy Rư", "Trần Hữu Tri, 1917-1951"]
    assert said.sources == ("Từ điển văn học", "Lược truyện")
    assert said.years == Years(1917, 1951)
    assert authority_of(parted(record, added)) == authority_of(kept)


TEXTS = st.text(min_size=1, max_size=40)


@given(TEXTS, st.lists(TEXTS, max_size=3), st.sampled_from(["100", "110", "150", "151", "400"]))
def test_no_record_stops_the_reading(name: str, variants: list[str], tag: str) -> None:
    record = pymarc.Record()
    see = [Field(f"4{tag[1:]}", NONE, [Subfield("a", one), Subfield("d", one)]) for one in variants]
    record.fields = [Field(tag, NONE, [Subfield("a", name), Subfield("x", name)]), *see]
    try:
        said = authority_of(record)
    except NoHeading:
        return
    assert authority_of(written(said, AT)) == said
