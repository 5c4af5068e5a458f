"""The reader's pages: what they say, what they escape, what they never load."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.portal import (
    ASSETS,
    ClusterPage,
    DumpView,
    ErrorView,
    FacetView,
    HeldView,
    HolderView,
    Language,
    OpenDataView,
    PageView,
    RecordView,
    SearchView,
    render_cluster,
    render_error,
    render_open_data,
    render_record,
    render_search,
)
from services.catalog.search import Bucket, Copy, Facet, Highlighted, Hit, Holder, SearchPage, Sort, highlight, parse

ATTACK = "<script>alert(1)</script>\" onload='x' </title>"
SCRIPT_ADDRESS = re.compile(r"/assets/suggest\.js\?v=[0-9a-f]{12}")
VOID = {"meta", "link", "img", "input", "br"}


def text_of(name: str) -> str:
    """An asset as it is served."""
    return Path(ASSETS.answer(name).path).read_text(encoding="utf-8")


class Page(HTMLParser):
    """A parsed page: refuses tags that do not match, keeps elements, ids and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self) -> list[str]:
        return [link["href"] or "" for link in self.all("a")]


def hit(record_id: str = "r1", title: str = "Làng gốm", **given: Any) -> Hit:
    described: dict[str, Any] = {
        "id": record_id,
        "libraries": (Holder(library="tv-tinh"),),
        "added_at": datetime(2026, 3, 5, tzinfo=UTC),
        "language": "vi",
        "title": highlight(title, parse("gom")),
        "snippet": highlight("Đất gốm lấy ở bờ sông", parse("gom")),
        "snippet_source": "text",
    }
    return Hit(**(described | given))


def copy(record: str = "r1", **given: Any) -> Copy:
    described: dict[str, Any] = {
        "record": record,
        "library": "tv-tinh",
        "library_name": "Thư viện tỉnh",
        "access_level": "public",
        "collection_class": "local-history",
        "pages": 3,
        "readable": True,
    }
    return Copy(**(described | given))


def held(text: str = "", **given: Any) -> HeldView:
    said: dict[str, Any] = dict.fromkeys(("number", "location", "shelf_mark", "part", "note"), text)
    return HeldView(**(said | {"copies": 1, "state": "available", "due": None} | given))


ITEMS = (
    held(number="TK.1", location="Kho mượn", shelf_mark="895", part="2"),
    held(number="TK.2", state="on-loan", due=date(2026, 12, 3)),
    held(copies=2, state="unknown"),
)


def cluster(**given: Any) -> ClusterPage:
    described: dict[str, Any] = {
        "id": "c-1",
        "permalink": "https://example.vn/clusters/c-1",
        "title": "Làng gốm",
        "parts": ("2",),
        "people": (("Đàng Thị Phan", "aut"), ("Lê A", "chủ biên")),
        "year": 1998,
        "subjects": ("Gốm",),
        "summary": "Tóm tắt",
        "record_language": "vi",
        "holders": (HolderView(library="tv-tinh", title="Thư viện tỉnh", copies=5, ready=1, items=ITEMS),),
        "libraries": 1,
        "digitised": (copy(),),
        "formats": (("marcxml", "application/marcxml+xml"), ("tcvn", "text/plain")),
    }
    return ClusterPage(**(described | given))


FACETS = (
    FacetView(name="library", buckets=(Bucket(value="tv-tinh", count=1200),), names={"tv-tinh": "Thư viện tỉnh"}),
    FacetView(name="year", buckets=(Bucket(value="1990..1999", count=2),), chosen="1990..1999"),
    FacetView(name="class", buckets=(Bucket(value="900", count=1),)),
)


def record(**given: Any) -> RecordView:
    described: dict[str, Any] = {
        "id": "r1",
        "title": "Làng gốm",
        "library_name": "Thư viện tỉnh",
        "collection_class": "local-history",
        "access_level": "public",
        "permalink": "https://example.vn/records/r1",
        "published_at": datetime(2026, 3, 4, 20, tzinfo=UTC),
        "page_total": 1,
    }
    return RecordView(**(described | given))


def answer(*hits: Hit, total: int | None = None, **given: Any) -> SearchPage:
    return SearchPage(total=len(hits) if total is None else total, hits=hits, **given)


DUMP = DumpView(
    id="20260304T190000Z",
    made_at=datetime(2026, 3, 4, 19, tzinfo=UTC),
    files=(("mrc", "union.mrc.gz", 2_500_000, "0" * 64, 1234),),
)
EVERY_PAGE = [
    render_search(SearchView()),
    render_search(SearchView(query="gốm", page=answer(hit()))),
    render_search(
        SearchView(query="gốm", page=answer(hit(digitised=(copy(),)), total=9, next_cursor="abc"), cursor="x")
    ),
    render_search(SearchView(page=answer(hit(), total=9), facets=FACETS, chosen={Facet.YEAR: "1990..1999"})),
    render_search(SearchView(query="gomm", page=answer(hit()), instead="gốm")),
    render_search(SearchView(query="gomm", page=answer(hit()), meant="gốm", sort=Sort.TITLE)),
    render_cluster(cluster(query="gốm")),
    render_cluster(cluster(digitised=(), holders=(), people=(), year=None, language=Language.ENGLISH)),
    render_search(SearchView(query="gốm", page=answer())),
    render_search(SearchView(query="gốm", problem="bad-cursor", language=Language.ENGLISH, language_chosen=True)),
    render_search(SearchView(query="gốm", problem="unavailable")),
    render_record(record()),
    render_record(
        record(
            pages=(PageView(number=21, text=highlight("nghề gốm", parse("gom"))),),
            query="gom",
            creators=("Một", "Hai"),
            subjects=("Gốm",),
            summary="Tóm tắt",
            year=1998,
            record_language="vi",
            rights="Ghi rõ nguồn",
            earlier_from=1,
            later_from=41,
            pages_from=21,
        )
    ),
    render_open_data(OpenDataView(licence="https://example.vn/cc0", contact="mo@example.vn")),
    render_open_data(OpenDataView(licence="https://example.vn/cc0", contact="mo@example.vn", dumps=(DUMP, DUMP))),
    render_error(ErrorView(status=404)),
    render_error(ErrorView(status=403, language=Language.ENGLISH)),
]


@pytest.mark.parametrize("html", EVERY_PAGE)
def test_every_page_is_well_formed_and_accessible(html: str) -> None:
    page = Page(html)
    assert page.all("html")[0]["lang"] in {"vi", "en"}
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert all("alt" in image for image in page.all("img"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    referred = [
        attributes[name] or ""
        for _, attributes in page.elements
        for name in ("for", "aria-labelledby", "aria-describedby")
        if name in attributes
    ]
    assert set(referred) <= set(ids)
    assert {link[1:] for link in page.links() if link.startswith("#")} <= set(ids)


@pytest.mark.parametrize("html", EVERY_PAGE)
def test_no_page_needs_more_than_the_policy_allows(html: str) -> None:
    page = Page(html)
    assert [bool(SCRIPT_ADDRESS.fullmatch(script["src"] or "")) for script in page.all("script")] == [True]
    assert not page.all("style")
    assert not any(name == "style" or name.startswith("on") for _, given in page.elements for name in given)
    loaded = [image["src"] for image in page.all("img")]
    loaded += [link["href"] for link in page.all("link") if link["rel"] == "stylesheet"]
    assert loaded
    assert all(re.match(r"/[^/]", address or "") for address in loaded)


def test_the_style_sheets_load_nothing() -> None:
    linked = [link["href"] for link in Page(EVERY_PAGE[0]).all("link") if link["rel"] == "stylesheet"]
    assert linked == ASSETS.style_sheets
    for sheet in ("palette.css", "portal.css"):
        assert not re.search(r"url\(|@import|https?:", text_of(sheet))


def test_what_style_sheets_name_is_told_in_one_of_them() -> None:
    told = {*re.findall(r"(--[a-z-]+):", text_of("palette.css") + text_of("portal.css"))}
    assert {*re.findall(r"var\((--[a-z-]+)\)", text_of("portal.css"))} <= told


def test_the_script_asks_this_site_only() -> None:
    assert not re.search(r"https?:|import|innerHTML|eval", text_of("suggest.js"))


def test_nothing_a_document_says_becomes_markup() -> None:
    attacked = Highlighted(text=ATTACK, spans=((0, 8), (20, 30)))
    hits = answer(
        hit(title=ATTACK, snippet=attacked, creators=(ATTACK,), publishers=(ATTACK,), parts=(ATTACK,), form=ATTACK),
        hit("r2/../<b>", language=ATTACK, digitised=(copy(ATTACK, library_name=ATTACK, access_level=ATTACK),)),
        total=100,
        next_cursor=ATTACK,
    )
    pages = (PageView(number=1, text=attacked),)
    wild = record(
        id=ATTACK,
        title=ATTACK,
        library_name=ATTACK,
        collection_class=ATTACK,
        access_level=ATTACK,
        permalink=ATTACK,
        creators=(ATTACK,),
        subjects=(ATTACK,),
        summary=ATTACK,
        record_language=ATTACK,
        rights=ATTACK,
        query=ATTACK,
        pages=pages,
    )
    wild_facets = (FacetView(name="topic", buckets=(Bucket(value=ATTACK, count=1),)),)
    wild_cluster = cluster(
        id=ATTACK,
        permalink=ATTACK,
        title=ATTACK,
        parts=(ATTACK,),
        people=((ATTACK, ATTACK),),
        subjects=(ATTACK,),
        holders=(HolderView(library=ATTACK, title=ATTACK, statements=(ATTACK,), items=(held(ATTACK),)),),
        holders_after=ATTACK,
        digitised=(copy(ATTACK),),
    )
    rendered = [
        render_search(SearchView(query=ATTACK, page=hits, cursor=ATTACK)),
        render_search(SearchView(query=ATTACK, page=answer())),
        render_search(SearchView(query=ATTACK, page=answer(hit()), instead=ATTACK, chosen={Facet.TOPIC: ATTACK})),
        render_search(SearchView(query=ATTACK, page=hits, library_titles={"tv-tinh": ATTACK}, facets=wild_facets)),
        render_cluster(wild_cluster),
        render_record(wild),
        render_error(ErrorView(status=404, query=ATTACK)),
    ]
    for html in rendered:
        page = Page(html)
        assert len(page.all("script")) == 1
        assert not any(name.startswith("on") for _, given in page.elements for name in given)
        assert "<script>" not in html


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_query_can_be_shown_and_linked(query: str) -> None:
    for html in (
        render_search(SearchView(query=query, page=answer(hit(), total=30, next_cursor="abc"))),
        render_record(record(query=query, pages=(PageView(number=1, text=Highlighted(text="gốm")),))),
    ):
        assert all(link.isascii() for link in Page(html).links())


def test_half_a_surrogate_pair_in_the_query_is_no_error() -> None:
    page = answer(hit(), total=30, next_cursor="abc")
    assert "q=%3F" in render_search(SearchView(query="\ud800", page=page))


def test_hits_are_shown_with_their_matches_marked() -> None:
    shown_hit: dict[str, Any] = {
        "creators": ("Đàng Thị Phan",),
        "year": 1998,
        "parts": ("2",),
        "digitised": (copy(),),
    }
    titles = {"tv-tinh": "Thư viện tỉnh"}
    html = render_search(SearchView(query="gom", page=answer(hit(**shown_hit)), library_titles=titles))
    assert "Làng <mark>gốm</mark>" in html
    assert "Đất <mark>gốm</mark> lấy ở bờ sông" in html
    text = Page(html).text
    for shown in ("1 biểu ghi", "Đàng Thị Phan · 1998", "Thư viện tỉnh", "Tập 2", "Đọc bản số hóa", "3 trang"):
        assert shown in text
    assert {"/records/r1?q=gom", "/clusters/r1?q=gom"} <= set(Page(html).links())


def test_a_record_without_marked_years_or_authors_shows_no_stray_signs() -> None:
    assert "·" not in Page(render_search(SearchView(query="gom", page=answer(hit(year=1998))))).text
    assert "None" not in Page(render_record(record())).text


def test_paging_leads_on_and_back() -> None:
    page = answer(hit("a"), hit("b"), total=1234, start=40, next_cursor="n3xt")
    html = render_search(SearchView(query="gốm sứ", page=page, cursor="here"))
    assert {"/?q=g%E1%BB%91m+s%E1%BB%A9&cursor=n3xt", "/?q=g%E1%BB%91m+s%E1%BB%A9"} <= set(Page(html).links())
    assert "1.234 biểu ghi" in Page(html).text
    assert "Đang xem 41–42" in Page(html).text
    last = render_search(SearchView(query="gốm", page=answer(hit())))
    assert not any("cursor=" in link for link in Page(last).links())


def test_an_answer_is_narrowed_down_and_sorted_by_links() -> None:
    view = SearchView(query="gốm", page=answer(hit()), facets=FACETS, chosen={Facet.YEAR: "1990..1999"})
    page = Page(render_search(view))
    assert {
        "/?q=g%E1%BB%91m&year=1990..1999&library=tv-tinh",
        "/?q=g%E1%BB%91m&year=1990..1999&class=900",
        "/?q=g%E1%BB%91m",
        "/?q=g%E1%BB%91m&year=1990..1999&sort=title",
    } <= set(page.links())
    for shown in ("Thư viện tỉnh 1.200", "1990–1999", "Lịch sử, địa lý"):
        assert shown in page.text


def test_what_was_meant_is_said_aloud() -> None:
    instead = Page(render_search(SearchView(query="gomm", page=answer(hit()), instead="gốm")))
    assert "Không có kết quả cho “gomm”; đang xem kết quả cho gốm" in instead.text
    assert "/?q=gomm&verbatim=true" in instead.links()
    meant = Page(render_search(SearchView(query="gomm", page=answer(hit()), meant="gốm")))
    assert "/?q=g%E1%BB%91m" in meant.links()


def test_an_edition_says_who_has_it_and_how_to_take_its_record_away() -> None:
    page = Page(render_cluster(cluster()))
    for shown in ("Làng gốm · Tập 2", "Lê A (chủ biên)", "Có tại 1 thư viện", "Thư viện tỉnh 5 bản", "MARCXML"):
        assert shown in page.text
    for row in ("Kho mượn 895 · Tập 2 TK.1 Có sẵn", "TK.2 Đang cho mượn, hạn trả 3/12/2026", "và 1 bản khác"):
        assert row in page.text
    assert {"/clusters/c-1?format=marcxml", "/records/r1", "/?library=tv-tinh", "/?topic=G%E1%BB%91m"} <= set(
        page.links()
    )


def test_the_empty_answer_and_the_problem_keep_the_query() -> None:
    for view in (SearchView(query="tàu", page=answer()), SearchView(query="tàu", problem="bad-cursor")):
        assert 'value="tàu"' in render_search(view)
    assert "“tàu”" in render_search(SearchView(query="tàu", page=answer()))
    assert 'role="alert"' in render_search(SearchView(query="tàu", problem="unavailable"))


def test_a_record_shows_its_pages_beside_their_text() -> None:
    pages = (
        PageView(number=1, text=highlight("Nghề gốm\nở làng", parse("gom")), width=900, height=1200),
        PageView(number=2, text=Highlighted(text="")),
    )
    html = render_record(record(id="a/b", pages=pages, query="gom", record_language="vi"))
    page = Page(html)
    sources = [(image["src"], image["loading"]) for image in page.all("img")]
    assert sources == [(f"/v1/records/a%2Fb/pages/{number}/image", "lazy") for number in (1, 2)]
    assert "Nghề <mark>gốm</mark>\nở làng" in html
    assert "#page-1" in page.links()
    assert "#page-2" not in page.links()
    assert "Trang này chưa có văn bản." in page.text
    assert "/?q=gom" in page.links()


def test_a_record_says_what_it_is_and_how_to_cite_it() -> None:
    text = Page(render_record(record(creators=("Đàng Thị Phan",), year=1998, rights="Ghi rõ nguồn"))).text
    assert "Đàng Thị Phan (1998). Làng gốm. Thư viện tỉnh. https://example.vn/records/r1" in text
    for shown in ("Mở cho mọi người", "Ghi rõ nguồn", "Địa chí", "5/3/2026"):  # 20:00 UTC is the next day in Vietnam
        assert shown in text
    assert "Làng gốm (không rõ năm). Thư viện tỉnh." in Page(render_record(record(title="Làng gốm."))).text


def test_long_documents_are_read_in_parts() -> None:
    view = record(pages=(PageView(number=21, text=Highlighted(text="")),), earlier_from=1, later_from=41)
    assert {"/records/r1?from=1", "/records/r1?from=41"} <= set(Page(render_record(view)).links())


@pytest.mark.parametrize(("language", "size"), [(Language.VIETNAMESE, "2,5 MB"), (Language.ENGLISH, "2.5 MB")])
def test_a_size_is_written_as_the_language_writes_numbers(language: Language, size: str) -> None:
    assert size in render_open_data(OpenDataView(language=language, licence="x", contact="x", dumps=(DUMP,)))


def test_a_chosen_language_is_kept_by_every_link_of_the_site() -> None:
    page = answer(hit(), total=30, next_cursor="abc")
    view = SearchView(query="gom", page=page, language=Language.ENGLISH, language_chosen=True)
    links = [link for link in Page(render_search(view)).links() if link.startswith("/")]
    assert links
    assert all("lang=en" in link for link in links)
    assert "?q=gom&lang=vi" in Page(render_search(view)).links()


@pytest.mark.parametrize("status", [403, 404])
def test_an_error_page_says_what_to_do(status: Any) -> None:
    page = Page(render_error(ErrorView(status=status)))
    assert page.all("form")
    assert str(status) in page.text
