"""Turn a view into a page of HTML: pure functions, everything escaped, nothing loaded from elsewhere."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.filesize import decimal

from services.catalog.portal.messages import messages
from services.catalog.portal.views import (
    ClusterPage,
    ErrorView,
    HeadingView,
    NamesView,
    OpenDataView,
    RecordView,
    ScopePage,
    SearchView,
    View,
)
from services.catalog.search import Facet
from shared.web.assets import PALETTE, Assets
from shared.web.languages import PageMessages

_HERE = Path(__file__).parent

ASSETS = Assets("/assets", (PALETTE, *sorted((_HERE / "assets").iterdir())))

_LABELS = {Facet.CLASS.value: "dewey", Facet.COLLECTION.value: "class"}
"""Under which name the messages have the values of a facet, where it is not the facet's own."""

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_search(view: SearchView) -> str:
    """Return the search page: the form, and the answer, the empty answer or the problem."""
    return _render("search.html", view)


def render_record(view: RecordView) -> str:
    """Return the page of one record with its page images and texts."""
    return _render("record.html", view, citation=_citation(view, messages(view.language)))


def render_cluster(view: ClusterPage) -> str:
    """Return the page of one edition with the libraries that have it."""
    return _render("cluster.html", view)


def render_open_data(view: OpenDataView) -> str:
    """Return the page of the open data."""
    return _render("open-data.html", view)


def render_scope(view: ScopePage) -> str:
    """Return the page of one sector catalogue with what came into it last."""
    return _render("scope.html", view)


def render_heading(view: HeadingView) -> str:
    """Return the page of a heading with its works."""
    return _render("heading.html", view)


def render_names(view: NamesView) -> str:
    """Return a stretch of an alphabetical list of headings."""
    return _render("names.html", view)


def render_error(view: ErrorView) -> str:
    """Return the page that says why there is nothing to show."""
    return _render("error.html", view)


def _render(template: str, view: View, **more: object) -> str:
    def link(path: str, **params: str | int | None) -> str:
        lang = view.language if view.language_chosen else None
        given = {name: value for name, value in {**params, "lang": lang}.items() if value is not None}
        return f"{path}?{_encoded(given)}" if given else path

    say = messages(view.language)
    return _templates.get_template(template).render(
        view=view,
        say=say,
        part_label=partial(_part_label, say),
        facet_label=partial(_facet_label, say),
        link=link,
        record_path=_record_path,
        cluster_path=_cluster_path,
        scope_path=_scope_path,
        other_language=messages(view.language.other),
        other_language_url=_in_other_language(view),
        asset=ASSETS.addresses,
        style_sheets=ASSETS.style_sheets,
        size=partial(_size, say),
        **more,
    )


def _size(say: PageMessages, count: int) -> str:
    return decimal(count).replace(".", say.texts["number.decimal"])


def _record_path(record_id: str) -> str:
    return f"/records/{quote(record_id, safe='')}"


def _cluster_path(cluster: str) -> str:
    return f"/clusters/{quote(cluster, safe='')}"


def _scope_path(scope: str) -> str:
    return f"/tm/{quote(scope, safe='')}"


def _part_label(say: PageMessages, part: str) -> str:
    """A volume's designation as the language says it: "2" is volume 2."""
    return say.text("part.volume", part=part) if part[:1].isdigit() else part


def _facet_label(say: PageMessages, facet: str, value: str, libraries: Mapping[str, str]) -> str:
    if facet == Facet.LIBRARY:
        return libraries.get(value, value)
    if facet == Facet.YEAR:
        return value.replace("..", "–")
    return say.label(_LABELS.get(facet, facet), value)


def _in_other_language(view: View) -> str:
    given = {name: value for name, value in view.params.items() if value is not None}
    return f"?{_encoded({**given, 'lang': view.language.other})}"


def _encoded(params: dict[str, str | int]) -> str:
    # A query may hold half a surrogate pair, which no URL can carry.
    return urlencode(params, errors="replace")


def _citation(view: RecordView, say: PageMessages) -> str:
    """Return the record cited as author (year), title, library, address; the title leads when there is no author."""
    dated = f"({view.year or say.text('cite.undated')})"
    title = view.title.rstrip(".")
    lead = [f"{'; '.join(view.creators)} {dated}", title] if view.creators else [f"{title} {dated}"]
    return ". ".join([*lead, view.library_name, view.permalink])
