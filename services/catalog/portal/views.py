"""What each page shows. The routes fill these; the templates read nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from urllib.parse import quote

from services.catalog.search import Bucket, Copy, Facet, Highlighted, Hit, Holder, SearchPage, Sort
from shared.web.languages import Language

Problem = Literal["bad-cursor", "unavailable"]
Params = dict[str, str | int | None]


@dataclass(frozen=True, kw_only=True)
class View:
    """`language_chosen`: the reader asked with ?lang=, so links keep it. `query` is as typed."""

    language: Language = Language.VIETNAMESE
    language_chosen: bool = False
    query: str = ""

    @property
    def params(self) -> Params:
        """What the page's own address carries after the question mark, without the language."""
        return {}


@dataclass(frozen=True, kw_only=True)
class FacetView:
    """One way to narrow an answer down. `chosen` is the value it is narrowed to; `names` of values, where known."""

    name: str
    buckets: tuple[Bucket, ...]
    chosen: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def useful(self) -> bool:
        return self.chosen is not None or len(self.buckets) > 1


@dataclass(frozen=True, kw_only=True)
class ScopeLink:
    """A sector catalogue by its id and title."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class SearchView(View):
    """The search page. `page` is None before anything was asked, or when there is a problem instead of an answer.

    `chosen`: values by facet that the answer is narrowed to. `scope`: the sector catalogue that is searched; `scopes`:
    all of them, offered before anything was asked. `instead`: what was searched for in place of the query;
    `meant`: what finds much more than it.
    """

    page: SearchPage | None = None
    cursor: str | None = None
    problem: Problem | None = None
    chosen: Mapping[Facet, str] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    scope: ScopeLink | None = None
    scopes: tuple[ScopeLink, ...] = ()
    facets: tuple[FacetView, ...] = ()
    library_titles: Mapping[str, str] = field(default_factory=dict)
    instead: str | None = None
    meant: str | None = None

    @property
    def params(self) -> Params:
        return {**self.asked, "cursor": self.cursor}

    @property
    def asked(self) -> Params:
        """What was asked, from the first hit on."""
        sort = None if self.sort is Sort.RELEVANCE else self.sort.value
        chosen = {facet.value: value for facet, value in self.chosen.items()}
        return {"q": self.query or None, "scope": self.scope.id if self.scope else None, **chosen, "sort": sort}

    @property
    def sorts(self) -> tuple[Sort, ...]:
        return tuple(Sort)

    def holders(self, held: tuple[Holder, ...]) -> list[str]:
        """What the libraries are called."""
        return [self.library_titles.get(one.library, one.library) for one in held]


@dataclass(frozen=True, kw_only=True)
class PageView:
    """One page of a document. `text` is empty where nothing was read; `width`, `height` are the image's, in pixels."""

    number: int
    text: Highlighted
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True)
class RecordView(View):
    """A record with the pages that one view shows; `earlier_from` and `later_from` are page numbers to go on from.

    `access_level` and `collection_class` are codes, `record_language` a BCP 47 tag, `permalink` an absolute URL,
    `rights` a note in the library's own words.
    """

    id: str
    title: str
    library_name: str
    collection_class: str
    access_level: str
    permalink: str
    published_at: datetime
    page_total: int
    pages: tuple[PageView, ...] = ()
    creators: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    summary: str = ""
    year: int | None = None
    record_language: str | None = None
    rights: str | None = None
    pages_from: int | None = None
    earlier_from: int | None = None
    later_from: int | None = None

    @property
    def params(self) -> Params:
        return {"q": self.query or None, "from": self.pages_from}

    @property
    def pages_with_hits(self) -> tuple[int, ...]:
        return tuple(page.number for page in self.pages if page.text.spans)

    def image_path(self, page: PageView) -> str:
        return f"/v1/records/{quote(self.id, safe='')}/pages/{page.number}/image"


@dataclass(frozen=True, kw_only=True)
class HeldView:
    """Items alike in what is known of them. `number`: what one is lent under; `state` and `due`: see Availability."""

    number: str
    location: str
    shelf_mark: str
    part: str
    note: str
    copies: int
    state: str
    due: date | None


@dataclass(frozen=True, kw_only=True)
class HolderView:
    """A library that has the edition. `copies` and `ready` count its items, `items` are those that are listed."""

    library: str
    title: str
    copies: int = 0
    ready: int = 0
    items: tuple[HeldView, ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def listed(self) -> int:
        return sum(item.copies for item in self.items)


@dataclass(frozen=True, kw_only=True)
class ClusterPage(View):
    """An edition. `people` with what they did; `holders` are those of its `libraries` that come behind `holders_from`,
    and more come behind `holders_after`; `record_language` ISO 639; `formats`: name and media type of each in which the
    record can be had.
    """

    id: str
    permalink: str
    title: str
    parts: tuple[str, ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    headings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The pages of the headings that its creators and subjects stand under, by ("creator" or "subject", name)."""
    statement: str = ""
    edition: str = ""
    imprint: str = ""
    year: int | None = None
    extent: str = ""
    form: str = "text"
    record_language: str | None = None
    isbns: tuple[str, ...] = ()
    issns: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    summary: str = ""
    holders: tuple[HolderView, ...] = ()
    libraries: int = 0
    holders_from: str | None = None
    holders_after: str | None = None
    digitised: tuple[Copy, ...] = ()
    formats: tuple[tuple[str, str], ...] = ()

    @property
    def params(self) -> Params:
        return {"q": self.query or None, "holders": self.holders_from}


@dataclass(frozen=True)
class WorksView:
    """The first works of a heading; `query` finds them all, `total` in number."""

    query: str
    total: int
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HeadingView(View):
    """A heading of the authority file. `kind`: person, body, place, subject; `variants` with what kind of name each is;
    `related` with their pages, where they have one; `provisional`: no person has looked at it yet.
    """

    id: str
    permalink: str
    kind: str
    name: str
    by: WorksView
    about: WorksView
    dates: str = ""
    variants: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str | None], ...] = ()
    classes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    note: str = ""
    provisional: bool = False

    @property
    def list(self) -> str:
        """The list that the heading stands in."""
        return "chu-de" if self.kind in {"subject", "place"} else "tac-gia"


@dataclass(frozen=True)
class ListedName:
    """A name in an alphabetical list; `see`: the heading that it leads to, None where it is one."""

    text: str
    path: str
    see: str | None = None


@dataclass(frozen=True, kw_only=True)
class NamesView(View):
    """A stretch of an alphabetical list of headings and variants: `list` is tac-gia or chu-de."""

    list: str
    start: str = ""
    names: tuple[ListedName, ...] = ()
    following: str | None = None

    @property
    def params(self) -> Params:
        return {"tu": self.start or None}


@dataclass(frozen=True, kw_only=True)
class DumpView:
    """A dump of the open data. `files`: kind (mrc, jsonl, csv), name, bytes, SHA-256, records of each."""

    id: str
    made_at: datetime
    files: tuple[tuple[str, str, int, str, int], ...]


@dataclass(frozen=True, kw_only=True)
class OpenDataView(View):
    """What of the union anyone may take away, the newest dump first; `licence` is a URI."""

    licence: str
    contact: str
    dumps: tuple[DumpView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScopePage(View):
    """A sector catalogue. `newest`: what came into it last; `formats`: name and media type of files of all of it."""

    id: str
    permalink: str
    title: str
    about: str = ""
    total: int = 0
    newest: tuple[Hit, ...] = ()
    library_titles: Mapping[str, str] = field(default_factory=dict)
    oai_set: str = ""
    formats: tuple[tuple[str, str], ...] = ()

    @property
    def link(self) -> ScopeLink:
        return ScopeLink(id=self.id, title=self.title)


@dataclass(frozen=True, kw_only=True)
class ErrorView(View):
    """A page that cannot be shown: 403 forbidden, 404 not found. It tells nothing of what it hides."""

    status: Literal[403, 404]
