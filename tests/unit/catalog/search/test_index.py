"""What only the embedded index promises: one folder, one layout, one writer."""

from pathlib import Path

import pytest
import tantivy

from services.catalog.search import SearchIndex
from services.catalog.search.index import IncompatibleIndex
from tests.unit.catalog.search.entries import entry, find


def test_an_index_of_another_layout_is_refused(tmp_path: Path) -> None:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("other")
    tantivy.Index(builder.build(), str(tmp_path))
    with pytest.raises(IncompatibleIndex):
        SearchIndex(tmp_path)


def test_a_searcher_beside_the_writer_sees_what_is_committed(tmp_path: Path) -> None:
    writer, reader = SearchIndex(tmp_path), SearchIndex(tmp_path)
    writer.put(entry("a", "Mùa gặt"))
    writer.commit()
    reader.commit()
    assert find(reader, "gat").total == 1
    writer.close()


def test_a_closed_index_gives_the_folder_to_the_next_writer(tmp_path: Path) -> None:
    first, second = SearchIndex(tmp_path), SearchIndex(tmp_path)
    first.put(entry("a", "Mùa gặt"))
    first.close()
    second.put(entry("b", "Mùa gặt"))
    second.commit()
    assert [hit.id for hit in find(second, "gat").hits] == ["b"]
    second.close()
