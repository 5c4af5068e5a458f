"""One entry asked without an index answers as the index does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.search import Field, Given, Holder, Match, Node, Query, SearchIndex, Single, parse, probe_of
from services.catalog.search.query import And, Not, Or
from services.catalog.search.terms import everything, span, term
from tests.unit.catalog.search.entries import digitised, entry, find

ENTRIES = (
    entry(
        "c-1", "Luật đất đai", creators=("Nguyễn Văn Lý",), classes=("346.59704",), year=2013, subjects=("Pháp luật",)
    ),
    entry(
        "c-2",
        "Địa chí Bắc Giang",
        classes=("959.725",),
        year=2006,
        subjects=("Địa chí", "Bắc Giang"),
        summary="Luật tục",
    ),
    entry("c-3", "Y học cổ truyền", creators=("Lê Lý",), classes=("615.8",), libraries=(Holder(library="benh-vien"),)),
    entry("c-4", "Đình làng Hạ Lôi", digitised=(digitised(),), year=1802, form="image", language="vi"),
    entry("c-5", "Giáo dục học", publishers=("Nxb Giáo dục",), series=("Tủ sách Đất Việt",), isbns=("9786042088107",)),
    entry(
        "c-6",
        "Đất",
        subjects=("Đất đai", "Luật", normalize("NFD", "Bản đồ")),
        issns=("0866-7462",),
        parts=("2",),
        also=("Tập 2",),
    ),
    entry("c-7", "", added_at=datetime(2020, 1, 1, tzinfo=UTC), classes=("V24", "590"), language="en"),
)
WORDS = ("luật", "luat", "đất", "đai", "địa", "chí", "bắc", "gia*", "lý", "2", "giáo", "dục", "y", "l*", "học")
NAMES = ("nhande:", "tacgia:", "chude:", "nxb:", "tungthu:", "phanloai:", "nam:", "thuvien:", "")
VALUES = (*WORDS, '"đất đai"', '"luat dat"', "959.7", "34", "2006", "1800..2010", "tv-tinh", "local-history", "vi")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    made = SearchIndex(Path(tmp_path_factory.mktemp("index")))
    for one in ENTRIES:
        made.put(one)
    made.commit()
    yield made
    made.close()


def agree(index: SearchIndex, node: Node) -> int:
    found = {hit.id for hit in find(index, Query(node), 100).hits}
    answers = probe_of(node)
    assert {one.id for one in ENTRIES if answers(Single(one))} == found, node
    return len(found)


pieces = st.builds(lambda name, value: name + value, st.sampled_from(NAMES), st.sampled_from(VALUES))
queries = st.recursive(
    pieces,
    lambda part: st.one_of(
        st.lists(part, min_size=2, max_size=3).map(" ".join),
        st.tuples(part, part).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(part, part).map(lambda pair: f"{pair[0]} NOT {pair[1]}"),
    ),
    max_leaves=5,
)


@given(queries)
def test_whatever_is_typed_is_answered_alike(index: SearchIndex, text: str) -> None:
    root = parse(text).root
    assert root is not None
    agree(index, root)


@pytest.mark.parametrize(
    ("node", "count"),
    [
        (term(Field.TITLE, "đất đa*", Match.PHRASE), 1),
        (term(Field.ANYWHERE, "giang đất", Match.PHRASE), 0),
        (term(Field.ISBN, "978-604-2-08810-7"), 1),
        (term(Field.ISSN, "08667462"), 1),
        (term(Field.ID, "c-3"), 1),
        (term(Field.ACCESS, "none"), 6),
        (term(Field.COLLECTION, "local-history"), 1),
        (term(Field.CLASS, "local-history"), 1),
        (term(Field.CLASS, "950"), 1),
        (term(Field.TOPIC, "Địa chí"), 1),
        (term(Field.TOPIC, "Bản đồ"), 1),
        (term(Field.SUBJECT, "bản đồ"), 1),
        (span(Field.ADDED, None, int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())), 1),
        (span(Field.YEAR, None, None), 3),
        (everything(), 7),
    ],
)
def test_what_only_programs_ask_is_answered_alike(index: SearchIndex, node: Node, count: int) -> None:
    assert agree(index, node) == count
    assert agree(index, Given(node)) == count
    assert agree(index, And((everything(), Not(node)))) == len(ENTRIES) - count
    assert agree(index, Or((node, everything()))) == len(ENTRIES)


def test_what_is_given_is_neither_shown_nor_counted(index: SearchIndex) -> None:
    given_too = Given(term(Field.SUBJECT, "địa chí", Match.PHRASE) or everything())
    (hit,) = find(index, parse("bắc giang").narrowed(given_too)).hits
    assert [hit.title.text[start:end] for start, end in hit.title.spans] == ["Bắc Giang"]
    alone = find(index, Query(Or((Given(term(Field.TITLE, "đất") or everything()), everything()))), 100)
    assert [one.id for one in alone.hits][-1] == "c-7", "the newest come first where no word is looked for"


def test_what_only_programs_ask_of_words_has_no_probe() -> None:
    for match in (Match.ANY, Match.EXACT):
        with pytest.raises(ValueError, match="no probe"):
            probe_of(term(Field.TITLE, "đất", match) or everything())


@given(st.text(max_size=20))
def test_any_title_is_found_by_itself(text: str) -> None:
    node = term(Field.TITLE, text, Match.PHRASE)
    assert node is None or probe_of(node)(Single(entry("c-8", text)))
