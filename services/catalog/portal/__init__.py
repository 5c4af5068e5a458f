"""The reader's web pages: view models in, HTML out; no engine, no request enters here."""

from services.catalog.portal.render import (
    CONTENT_SECURITY_POLICY,
    SCRIPT_FILE,
    SCRIPT_PATH,
    STYLESHEET_FILE,
    STYLESHEET_PATH,
    render_cluster,
    render_error,
    render_open_data,
    render_record,
    render_search,
)
from services.catalog.portal.views import (
    ClusterView,
    DumpView,
    ErrorView,
    FacetView,
    HeldView,
    HolderView,
    OpenDataView,
    PageView,
    RecordView,
    SearchView,
)
from shared.web.languages import Language, choose_language

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "SCRIPT_FILE",
    "SCRIPT_PATH",
    "STYLESHEET_FILE",
    "STYLESHEET_PATH",
    "ClusterView",
    "DumpView",
    "ErrorView",
    "FacetView",
    "HeldView",
    "HolderView",
    "Language",
    "OpenDataView",
    "PageView",
    "RecordView",
    "SearchView",
    "choose_language",
    "render_cluster",
    "render_error",
    "render_open_data",
    "render_record",
    "render_search",
]
