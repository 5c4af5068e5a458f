"""Atom feeds, of titles of any kind."""

from datetime import UTC, datetime

from lxml import etree

from services.catalog.exchange.atom import Entry, Feed, as_atom

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_a_feed_is_atom_whatever_titles_hold() -> None:
    wild = "<b>&\x00\x0b “Đất” ]]> \ud800"
    entries = [
        Entry("https://x.vn/clusters/c-1", wild, NOW, (wild,), wild),
        Entry("https://x.vn/clusters/c-2", "B", NOW),
    ]
    feed = as_atom(Feed("https://x.vn/tm/x/feed", "https://x.vn/tm/x", wild, "", "Liên hợp", "vi", NOW, entries))
    root = etree.fromstring(feed)
    assert root.xpath("count(a:entry)", namespaces=ATOM) == 2
    for required in ("a:id", "a:title", "a:updated", "a:author/a:name"):
        assert root.xpath(required, namespaces=ATOM), required
    assert root.xpath("a:entry[1]/a:title/text()", namespaces=ATOM)[0].startswith("<b>&")
    assert root.xpath("a:entry/a:updated/text()", namespaces=ATOM) == ["2026-03-01T00:00:00Z"] * 2
