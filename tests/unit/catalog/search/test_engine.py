"""What every search engine must do, run over the real index."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.catalog.search import (
    BadCursor,
    Facet,
    Field,
    Holder,
    Match,
    Query,
    SearchEngine,
    SearchIndex,
    SearchPage,
    Sort,
)
from services.catalog.search.collation import sort_key
from services.catalog.search.entry import Description
from services.catalog.search.terms import everything, term
from tests.unit.catalog.search.entries import digitised, entry, find

Reopen = Callable[[], SearchEngine]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    opened: list[SearchIndex] = []

    def again() -> SearchEngine:
        for index in opened:
            index.close()
        opened.append(SearchIndex(tmp_path / "index"))
        return opened[-1]

    yield again
    for index in opened:
        index.close()


@pytest.fixture
def engine(reopen: Reopen) -> SearchEngine:
    return reopen()


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def put(engine: SearchEngine, *titles: str) -> None:
    """Index one record for each title, with the title as id."""
    for title in titles:
        engine.put(entry(title, title))
    engine.commit()


@pytest.mark.parametrize(
    "query",
    [
        "Đường về Huế",
        "duong ve hue",
        "ĐƯỜNG VỀ HUẾ",
        "DUONG VE HUE",
        unicodedata.normalize("NFD", "Đường về Huế"),
        "đương vê huê",
        "  huế,  đường…",
        '"đường về huế"',
        "“duong ve” hue",
    ],
)
def test_one_record_is_found_however_it_is_typed(engine: SearchEngine, query: str) -> None:
    put(engine, "Đường về Huế", "Chợ Bến Thành")
    assert ids(find(engine, query)) == ["Đường về Huế"]


def test_a_decomposed_record_is_found_by_a_composed_query(engine: SearchEngine) -> None:
    engine.put(entry("a", unicodedata.normalize("NFD", "Tiếng Việt")))
    engine.commit()
    assert ids(find(engine, "tiếng việt")) == ["a"]


def test_matches_with_the_typed_marks_come_first(engine: SearchEngine) -> None:
    put(engine, "ma", "mà", "mả", "má má má", "mạ", "Bà má miền Nam trong những năm tháng xa nhà")
    found = find(engine, "má")
    assert found.total == 6
    assert set(ids(found)[:2]) == {"má má má", "Bà má miền Nam trong những năm tháng xa nhà"}
    assert find(engine, "ma").total == 6


def test_a_tone_with_two_accepted_places_is_one_exact_match(engine: SearchEngine) -> None:
    put(engine, "Tỉnh Hoà Bình", "Hoa bình hoa bình hoa bình")
    assert ids(find(engine, "hòa bình"))[0] == "Tỉnh Hoà Bình"


def test_all_words_must_be_there_in_any_field(engine: SearchEngine) -> None:
    engine.put(entry("kieu", "Truyện Kiều", creators=("Nguyễn Du",), year=1820, digitised=(digitised(),)))
    engine.put(entry("luc-van-tien", "Truyện Lục Vân Tiên", creators=("Nguyễn Đình Chiểu",)))
    engine.commit()
    assert ids(find(engine, "nguyen du truyen")) == ["kieu"]
    assert ids(find(engine, "kiều 1820 thư viện tỉnh")) == ["kieu"]
    assert find(engine, "kiều 1821").total == 0


@pytest.mark.parametrize("field", ["summary", "text"])
def test_summary_and_text_are_searched(engine: SearchEngine, field: str) -> None:
    engine.put(entry("a", "Một", **{field: "Giỗ tổ nghề gốm"}))
    engine.put(entry("b", "Hai", subjects=("Lễ hội", "Nghề mộc")))
    engine.commit()
    assert ids(find(engine, "nghe gom")) == ["a"]
    assert ids(find(engine, "nghe moc")) == ["b"]


def test_a_phrase_matches_side_by_side_only(engine: SearchEngine) -> None:
    put(engine, "Sách giáo khoa", "Khoa học và sách cho nhà giáo", "Giáo án; khoa")
    assert find(engine, "giáo khoa").total == 3
    assert ids(find(engine, '"giáo khoa"')) == ["Sách giáo khoa"]
    assert ids(find(engine, '"giao khoa')) == ids(find(engine, "giao khoa"))


def test_a_phrase_does_not_cross_two_values(engine: SearchEngine) -> None:
    engine.put(entry("a", creators=("Trần Văn An", "Bình Minh")))
    engine.commit()
    assert find(engine, '"an bình"').total == 0
    assert find(engine, '"bình minh"').total == 1


def test_words_side_by_side_outrank_words_apart(engine: SearchEngine) -> None:
    put(engine, "Viện bảo tàng cho thư tín và sách", "Sách về bảo tàng cho thư viện và tín")
    assert ids(find(engine, "thu vien"))[0].startswith("Sách")


def test_a_title_outranks_a_mention(engine: SearchEngine) -> None:
    engine.put(entry("mention", "Sổ tay", text="Có nhắc tới chợ nổi ở đây"))
    engine.put(entry("title", "Chợ nổi Cái Răng"))
    engine.commit()
    assert ids(find(engine, "chợ nổi")) == ["title", "mention"]


def test_every_ideograph_can_be_searched(engine: SearchEngine) -> None:
    put(engine, "金雲翹新傳", "詩經")
    assert ids(find(engine, "翹")) == ["金雲翹新傳"]
    assert ids(find(engine, '"雲翹"')) == ["金雲翹新傳"]


def test_a_change_is_seen_after_the_commit(engine: SearchEngine) -> None:
    engine.put(entry("a", "Mùa gặt"))
    assert find(engine, "gặt").total == 0
    engine.commit()
    assert find(engine, "gặt").total == 1
    engine.remove("a")
    assert find(engine, "gặt").total == 1
    engine.commit()
    assert find(engine, "gặt").total == 0


@pytest.mark.parametrize("committed", [True, False])
def test_an_older_version_never_replaces_a_newer_one(engine: SearchEngine, *, committed: bool) -> None:
    engine.put(entry("a", "mới", version=3))
    if committed:
        engine.commit()
    engine.put(entry("a", "cũ", version=2))
    engine.commit()
    assert (find(engine, "mới").total, find(engine, "cũ").total) == (1, 0)
    engine.put(entry("a", "mới hơn", version=4))
    engine.commit()
    assert [hit.title.text for hit in find(engine, "mới").hits] == ["mới hơn"]


def test_a_removed_record_comes_back_only_as_a_newer_version(engine: SearchEngine, reopen: Reopen) -> None:
    engine.put(entry("a", "Chuyện làng", version=3))
    engine.remove("a")
    engine.commit()
    engine = reopen()
    engine.put(entry("a", "Chuyện làng", version=3))
    engine.commit()
    assert find(engine, "làng").total == 0
    engine.put(entry("a", "Chuyện làng", version=4))
    engine.commit()
    assert find(engine, "làng").total == 1


def test_removing_what_is_not_there_is_no_error(engine: SearchEngine) -> None:
    engine.remove("nothing")
    engine.commit()
    assert find(engine, "nothing").total == 0


def test_committed_records_outlive_the_process_and_others_do_not(engine: SearchEngine, reopen: Reopen) -> None:
    put(engine, "Đã ghi")
    engine.put(entry("b", "Chưa ghi"))
    assert ids(find(reopen(), "ghi")) == ["Đã ghi"]


def test_a_hit_carries_what_the_reader_sees(engine: SearchEngine) -> None:
    record = entry(
        "a", "Gốm Bàu Trúc", creators=("Đàng Năng Thọ",), subjects=("Nghề gốm",), year=1998, digitised=(digitised(),)
    )
    engine.put(record)
    engine.commit()
    hit = find(engine, "gom").hits[0]
    assert hit.title.spans == ((0, 3),)
    shown = {field.name for field in fields(Description)}
    assert {name: getattr(hit, name) for name in shown} == {name: getattr(record, name) for name in shown}


def read_all(engine: SearchEngine, query: str, limit: int, sort: Sort = Sort.RELEVANCE) -> list[str]:
    page = find(engine, query, limit, sort=sort)
    found = ids(page)
    while page.next_cursor:
        page = find(engine, query, limit, page.next_cursor, sort=sort)
        assert page.start == len(found)
        found += ids(page)
    return found


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_of_equal_scores_show_each_record_once(engine: SearchEngine, limit: int) -> None:
    for number in range(40):
        engine.put(entry(f"r{number}", "Lịch sử đảng bộ xã"))
        if number % 10 == 0:
            engine.commit()
    engine.commit()
    found = read_all(engine, "lich su", limit)
    assert sorted(found) == sorted(f"r{number}" for number in range(40))


def test_more_equal_scores_than_are_fetched_at_once(engine: SearchEngine) -> None:
    for number in range(600):
        engine.put(entry(f"r{number}", "Hương ước" if number % 2 else "Hương ước làng"))
    engine.commit()
    assert find(engine, "huong uoc").total == 600
    found = read_all(engine, "huong uoc", 50)
    assert len(found) == len(set(found)) == 600


def test_the_order_of_equal_scores_does_not_depend_on_how_they_came(tmp_path: Path) -> None:
    orders = []
    for folder, numbers in (("up", range(30)), ("down", reversed(range(30)))):
        index = SearchIndex(tmp_path / folder)
        for number in numbers:
            index.put(entry(f"r{number}", "Gia phả"))
        index.commit()
        orders.append(read_all(index, "gia phả", 10))
        index.close()
    assert orders[0] == orders[1]


def test_paging_goes_on_after_the_last_hit_when_better_ones_come(engine: SearchEngine) -> None:
    for number in range(20):
        engine.put(entry(f"r{number}", "Văn bia"))
    engine.commit()
    first = find(engine, "văn bia", 5)
    for number in range(3):
        engine.put(entry(f"better{number}", "Văn bia văn bia"))
    engine.commit()
    second = find(engine, "văn bia", 20, first.next_cursor)
    assert not set(ids(first)) & set(ids(second))
    assert {f"r{number}" for number in range(20)} <= {*ids(first), *ids(second)}


def test_paging_goes_on_when_the_last_hit_is_gone(engine: SearchEngine) -> None:
    put(engine, *(f"Văn bia {number}" for number in range(10)))
    first = find(engine, "văn bia", 4)
    engine.remove(ids(first)[-1])
    engine.commit()
    second = find(engine, "văn bia", 4, first.next_cursor)
    assert not set(ids(first)) & set(ids(second))
    assert second.hits


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "đ", "\ud800", "=" * 9, "A" * 27, "A" * 10_000])
def test_a_bad_cursor_is_a_typed_error(engine: SearchEngine, cursor: str) -> None:
    put(engine, "Văn bia")
    with pytest.raises(BadCursor):
        find(engine, "văn bia", 4, cursor)


def test_a_cursor_of_another_query_is_a_bad_cursor(engine: SearchEngine) -> None:
    put(engine, *(f"Văn bia {number}" for number in range(10)))
    cursor = find(engine, "văn bia", 2).next_cursor
    assert find(engine, "VĂN  BIA", 2, cursor).hits
    with pytest.raises(BadCursor):
        find(engine, "van bia", 2, cursor)


@pytest.mark.parametrize("limit", [-1, 0, 1, 1_000_000])
def test_any_limit_is_answered(engine: SearchEngine, limit: int) -> None:
    put(engine, *(f"Văn bia {number}" for number in range(101)))
    assert len(find(engine, "van bia", limit).hits) == min(max(limit, 1), 100)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    index = SearchIndex(tmp_path_factory.mktemp("filled"))
    put(index, "Thư viện (tỉnh) OR AND NOT *:* title:x", "Văn bia", 'Dấu " ngoặc')
    yield index
    index.close()


HOSTILE = st.one_of(
    st.text(max_size=400),
    st.text('"“”*:()[]{}^~+-\\/ANDORT\x00\ud800\u0301 aă', max_size=400),
    st.text("ab \"'", min_size=2_000, max_size=4_000),
)


@settings(
    max_examples=300, deadline=20_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example]
)
@given(query=HOSTILE)
def test_any_string_is_a_query(filled: SearchEngine, query: str) -> None:
    page = find(filled, query)
    assert 0 <= len(page.hits) <= page.total <= 3


@pytest.mark.parametrize("query", ["", "   ", '"', '""', "***", "\x00", "\ud800", "\u0301", "🙂"])
def test_a_query_without_words_finds_nothing(filled: SearchEngine, query: str) -> None:
    assert find(filled, query) == SearchPage(total=0, hits=())


@pytest.mark.parametrize("query", ["a " * 100_000, "a" * 1_000_000, '"' * 100_000, "\u0301" * 100_000 + "a"])
def test_a_huge_query_is_answered_at_once(filled: SearchEngine, query: str) -> None:
    assert find(filled, query).total <= 3


def test_query_syntax_of_the_engine_is_only_words(filled: SearchEngine) -> None:
    assert find(filled, "title_whole:x").total == 0
    assert find(filled, "van^5 bia~2 +van -bia [a TO b] /v.*/").total == 0
    assert find(filled, "van^ bia~ +van -bia").total == 1


def test_fields_say_where_words_must_stand(engine: SearchEngine) -> None:
    engine.put(entry("by", "Bàn về thơ", creators=("Xuân Diệu",), year=1958, isbns=("9780306406157",)))
    engine.put(entry("on", "Thơ Xuân Diệu", creators=("Hà Minh Đức",), subjects=("Văn học",), year=2001))
    engine.commit()
    for query, found in (
        ("author:diệu", ["by"]),
        ("title:diệu", ["on"]),
        ('author:"xuân diệu" thơ', ["by"]),
        ("subject:van", ["on"]),
        ("year:2001..2010", ["on"]),
        ("year:..1960", ["by"]),
        ("isbn:0-306-40615-2", ["by"]),
        ("978-0-306-40615-7", ["by"]),
        ("thơ NOT author:diệu", ["on"]),
        ("author:diệu OR author:đức", ["by", "on"]),
        ("library:tv-tinh year:1958", ["by"]),
        ("library:tv-khac", []),
    ):
        assert sorted(ids(find(engine, query))) == found, query


def test_a_tree_may_ask_for_any_and_for_whole_values(engine: SearchEngine) -> None:
    put(engine, "Truyện Kiều", "Truyện Kiều và thời đại", "Kim Vân Kiều truyện")
    whole = Query(term(Field.TITLE, "truyen kieu", Match.EXACT))
    either = Query(term(Field.TITLE, "đại vân", Match.ANY))
    assert ids(find(engine, whole)) == ["Truyện Kiều"]
    assert sorted(ids(find(engine, either))) == ["Kim Vân Kiều truyện", "Truyện Kiều và thời đại"]
    assert find(engine, Query(everything())).total == 3


@pytest.mark.parametrize(
    ("query", "found"), [("ngu*", 2), ("nguyên tr*", 1), ('"nguyễn tr*"', 1), ("n*", 0), ("x*", 0)]
)
def test_a_beginning_of_a_word_is_enough(engine: SearchEngine, query: str, found: int) -> None:
    put(engine, "Nguyễn Trãi", "Tôi và Ngữ", "Trần Nhân Tông")
    assert find(engine, query).total == found


def test_what_must_not_match_does_not(engine: SearchEngine) -> None:
    put(engine, "Chợ nổi", "Chợ phiên")
    engine.put(entry("gone", "Chợ quê"))
    engine.remove("gone")
    engine.commit()
    assert ids(find(engine, "chợ NOT nổi")) == ["Chợ phiên"]
    assert ids(find(engine, "NOT nổi")) == ["Chợ phiên"]


def test_facets_count_all_that_is_found(engine: SearchEngine) -> None:
    for number in range(30):
        holders = (Holder(library="a"), Holder(library="b")) if number % 3 == 0 else (Holder(library="a"),)
        engine.put(
            entry(
                f"r{number}",
                "Lịch sử",
                libraries=holders,
                year=1990 + number,
                classes=("959.7",) if number % 2 else ("610",),
                subjects=("Lịch sử", "Lịch sử"),
                digitised=(digitised(f"r-{number}"),) if number < 5 else (),
            )
        )
    engine.commit()
    facets = find(engine, "lich su", 1, facets=tuple(Facet)).facets
    counted = {facet: {bucket.value: bucket.count for bucket in buckets} for facet, buckets in facets.items()}
    assert counted == {
        Facet.LIBRARY: {"a": 30, "b": 10},
        Facet.FORM: {"text": 30},
        Facet.YEAR: {"2010..2019": 10, "2000..2009": 10, "1990..1999": 10},
        Facet.LANGUAGE: {},
        Facet.CLASS: {"600": 15, "900": 15},
        Facet.COLLECTION: {"local-history": 5},
        Facet.TOPIC: {"Lịch sử": 30},
        Facet.ACCESS: {"none": 25, "public": 5},
    }
    for facet, values in counted.items():
        for value, count in values.items():
            node = term(Field(facet.value), value)
            assert node is not None
            assert find(engine, Query(node)).total == count, (facet, value)


def test_order_by_title_year_and_coming(engine: SearchEngine) -> None:
    for place, (title, year) in enumerate((("Đất", 1990), ("Dân", None), ("Ăn", 2005), ("An", 2005), ("Ấn", 1800))):
        engine.put(
            entry(title, title, year=year, subjects=("mọi thứ",), added_at=datetime(2026, 1, 1 + place, tzinfo=UTC))
        )
    engine.put(entry("Tập 10", "Địa chí", parts=("10",), subjects=("mọi thứ",), year=1700))
    engine.put(entry("Tập 9", "Địa chí", parts=("9",), subjects=("mọi thứ",), year=1701))
    engine.commit()
    by_title = ids(find(engine, "mọi thứ", sort=Sort.TITLE))
    assert by_title == ["An", "Ăn", "Ấn", "Dân", "Đất", "Tập 9", "Tập 10"]
    assert ids(find(engine, "mọi thứ", sort=Sort.YEAR))[2:] == ["Đất", "Ấn", "Tập 9", "Tập 10", "Dân"]
    assert ids(find(engine, "mọi thứ", sort=Sort.NEWEST))[2:] == ["Ấn", "An", "Ăn", "Dân", "Đất"]


@pytest.mark.parametrize("sort", list(Sort))
def test_every_order_can_be_read_to_its_end_and_from_anywhere(engine: SearchEngine, sort: Sort) -> None:
    for number in range(130):
        engine.put(entry(f"r{number}", f"Văn bia {number % 7}", year=1900 + number % 9))
        if number % 50 == 0:
            engine.commit()
    engine.commit()
    found = read_all(engine, "van bia", 30, sort)
    assert len(found) == len(set(found)) == 130
    for start in (0, 1, 64, 129, 130, 5000):
        assert ids(find(engine, "van bia", 5, start=start, sort=sort)) == found[start : start + 5]


def test_the_end_of_a_long_order_by_title_is_the_end_of_the_whole(engine: SearchEngine) -> None:
    titles = [f"{word} {number}" for number in range(180) for word in ("Giáo trình toán", "An", "Đất", "Yên", "字")]
    for title in titles:
        engine.put(entry(title, title, subjects=("mọi thứ",)))
    engine.commit()
    found = read_all(engine, "mọi thứ", 100, Sort.TITLE)
    assert found == sorted(titles, key=sort_key)
    for start in (299, 301, 555, 895, 900, 5000):
        page = find(engine, "mọi thứ", 10, start=start, sort=Sort.TITLE)
        assert (ids(page), page.total) == (found[start : start + 10], 900)


def test_what_is_only_narrowed_comes_newest_first(engine: SearchEngine) -> None:
    for day in (1, 2, 3):
        engine.put(entry(f"day{day}", "Văn bia", added_at=datetime(2026, 1, day, tzinfo=UTC)))
    engine.commit()
    assert ids(find(engine, "library:tv-tinh")) == ["day3", "day2", "day1"]


def test_a_cursor_of_another_order_is_a_bad_cursor(engine: SearchEngine) -> None:
    put(engine, *(f"Văn bia {number}" for number in range(10)))
    cursor = find(engine, "văn bia", 2).next_cursor
    with pytest.raises(BadCursor):
        find(engine, "văn bia", 2, cursor, sort=Sort.TITLE)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("truyện k", ("Truyện Kiều", Field.TITLE, 2)),
        ("truyen k", ("Truyện Kiều", Field.TITLE, 2)),
        ("TRUYE", ("Truyện Kiều", Field.TITLE, 2)),
        ("nguyen d", ("Nguyễn Du", Field.AUTHOR, 2)),
        ("du", ("Nguyễn Du", Field.AUTHOR, 2)),
        ("dụ", ("Dụ ngôn", Field.TITLE, 1)),
        ("van hoc v", ("Văn học Việt Nam", Field.SUBJECT, 3)),
    ],
)
def test_suggestions_go_on_from_what_was_typed(engine: SearchEngine, typed: str, first: tuple[str, Field, int]) -> None:
    subjects = ("Văn học Việt Nam",)
    engine.put(entry("1", "Truyện Kiều", creators=("Nguyễn Du",), subjects=subjects))
    engine.put(entry("2", "Truyện Kiều", creators=("Nguyễn Du",), subjects=subjects))
    engine.put(entry("3", "Truyện Lục Vân Tiên", creators=("Nguyễn Đình Chiểu",), subjects=subjects))
    engine.put(entry("4", "Dụ ngôn", creators=("Kahlil Gibran",)))
    engine.commit()
    offered = engine.suggest(typed)
    assert (offered[0].text, offered[0].kind, offered[0].count) == first
    assert len({one.text for one in offered}) == len(offered)


@pytest.mark.parametrize("typed", ["", "t", "…", "\ud800", "zz", "a" * 5000, "( *", "nguyễn văn trần lê"])
def test_anything_may_be_typed(filled: SearchEngine, typed: str) -> None:
    assert filled.suggest(typed) == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("truyeenj kieeuf", "truyện kiều"),
        ("truye65n kie62u", "truyện kiều"),
        ("truyeenj kiều", "truyện kiều"),
        ("truyenkieu", "truyện kiều"),
        ("truyen kieeu", "truyện kiều"),
        ("truyne kieu", "truyện kiều"),
        ("author:nguyem du", "author:nguyễn du"),
        ("Chinh phu ngaam", "Chinh phụ ngâm"),
    ],
)
def test_what_was_meant_is_said_in_the_words_of_the_index(engine: SearchEngine, typed: str, meant: str) -> None:
    engine.put(entry("1", "Truyện Kiều", creators=("Nguyễn Du",)))
    engine.put(entry("2", "Chinh phụ ngâm", creators=("Đặng Trần Côn",)))
    engine.commit()
    assert find(engine, typed).total == 0
    corrected = engine.correct(typed)
    assert (corrected or "").casefold() == meant.casefold()
    assert find(engine, corrected or "").total == 1


@pytest.mark.parametrize("typed", ["truyện kiều", "qwxzj", "", "year:1999", "( OR", "x " * 300, "\ud800"])
def test_what_cannot_be_bettered_is_left(engine: SearchEngine, typed: str) -> None:
    put(engine, "Truyện Kiều")
    assert engine.correct(typed) is None


def test_a_vocabulary_is_leafed_through_in_order(engine: SearchEngine) -> None:
    for number, name in enumerate(("Nguyễn Du", "Nguyễn Du", "Nguyên Ngọc", "Tô Hoài", "Anh Đức", "8X", "Nguyễn Trãi")):
        engine.put(entry(str(number), "Thơ", creators=(name,)))
    engine.commit()
    scanned = engine.scan(Field.AUTHOR, "nguyễn")
    assert [(one.display, one.count) for one in scanned] == [
        ("Nguyễn Du", 2),
        ("Nguyên Ngọc", 1),
        ("Nguyễn Trãi", 1),
        ("Tô Hoài", 1),
    ]
    assert [one.value for one in engine.scan(Field.AUTHOR, "", 3)] == ["8x", "anh duc", "nguyen du"]
    assert [one.value for one in engine.scan(Field.ANYWHERE, "ng", 3)] == ["ngoc", "nguyen", "tho"]
    assert engine.scan(Field.YEAR, "1") == engine.scan(Field.AUTHOR, "zz") == ()
    assert [(one.value, one.count) for one in engine.scan(Field.LIBRARY, "")] == [("tv-tinh", 7)]
