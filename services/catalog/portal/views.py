"""What each page shows. The routes fill these; the templates read nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from services.catalog.search import Highlighted, SearchPage
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
class SearchView(View):
    """The search page. `page` is None before anything was asked, or when there is a problem instead of an answer."""

    page: SearchPage | None = None
    cursor: str | None = None
    problem: Problem | None = None

    @property
    def params(self) -> Params:
        return {"q": self.query or None, "cursor": self.cursor}


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
class ErrorView(View):
    """A page that cannot be shown: 403 forbidden, 404 not found. It tells nothing of what it hides."""

    status: Literal[403, 404]
