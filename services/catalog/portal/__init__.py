"""The reader's web pages: view models in, HTML out; no engine, no request enters here."""

from services.catalog.portal.render import (
    CONTENT_SECURITY_POLICY,
    STYLESHEET_FILE,
    STYLESHEET_PATH,
    render_error,
    render_record,
    render_search,
)
from services.catalog.portal.views import ErrorView, PageView, RecordView, SearchView
from shared.web.languages import Language, choose_language

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "STYLESHEET_FILE",
    "STYLESHEET_PATH",
    "ErrorView",
    "Language",
    "PageView",
    "RecordView",
    "SearchView",
    "choose_language",
    "render_error",
    "render_record",
    "render_search",
]
