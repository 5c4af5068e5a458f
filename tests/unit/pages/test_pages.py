"""The held-out pages are the frozen ones, and share nothing with those that reading is tuned on."""

import json

import pytest

from tests.pages import fonts
from tests.pages.__main__ import FROZEN, frozen
from tests.pages.grammar import grammar
from tests.pages.sets import described, kinds, page, pages, strip


def entries() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(FROZEN.read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("kind", "number"), [("scan", 0), ("bad", 7), ("bilevel", 4), ("rotated_90", 1), ("spread", 2)]
)
def test_a_held_out_page_is_the_frozen_one(kind: str, number: int) -> None:
    drawn = page("held_out", kind, number)
    assert json.loads(json.dumps(frozen(drawn))) == entries()[drawn.name]


@pytest.mark.prove
def test_all_held_out_pages_are_the_frozen_ones() -> None:
    drawn = {page.name: page.fingerprint for page in pages("held_out")}
    kept = {name: {"pixels": entry["pixels"], "text": entry["text"]} for name, entry in entries().items()}
    assert drawn == kept


def test_enough_is_held_out() -> None:
    kept = entries()
    assert len(kept) >= 200
    assert len(kinds("held_out")) >= 8
    assert len({entry["font"] for entry in kept.values()}) >= 6
    assert {entry["layout"] for entry in kept.values()} >= {"prose", "columns", "table", "form", "verse", "french"}
    assert len({str(entry["text"]) for entry in kept.values()}) == len(kept)


def test_the_sets_share_no_font_size_margin_or_strength() -> None:
    tuned, held_out = described("tuned"), described("held_out")
    for described_by in ("points", "margins", "spacing"):
        assert not set(tuned[described_by]) & set(held_out[described_by])
    assert not {files[0] for files in tuned["fonts"]} & {files[0] for files in held_out["fonts"]}
    for kind, strengths in tuned["kinds"].items():
        differing = {name for name, span in strengths.items() if span != held_out["kinds"][kind][name]}
        assert differing or kind in {"clean", "rotated_90", "rotated_180"}


def test_the_sets_share_no_sentence() -> None:
    numbers = {"day", "month", "few", "many", "year", "recent"}
    one, other = (
        {symbol: said for symbol, said in grammar(name).symbols.items() if symbol not in numbers}
        for name in ("tuned", "held_out")
    )
    assert not {text for texts in one.values() for text in texts} & {text for texts in other.values() for text in texts}


def test_a_page_is_the_same_each_time_and_each_page_another() -> None:
    assert page("tuned", "bad", 1).fingerprint == page("tuned", "bad", 1).fingerprint
    assert strip("tuned", "noisy", 0, harsh=True).fingerprint != strip("tuned", "noisy", 1, harsh=True).fingerprint


def test_a_form_may_be_read_in_several_orders() -> None:
    (form,) = (one for one in pages("tuned", only=("clean",)) if one.layout == "form")
    assert len(form.texts) == 4
    assert len({"".join(sorted(text.split())) for text in form.texts}) == 1


def test_a_font_without_vietnamese_letters_is_refused() -> None:
    with pytest.raises(fonts.FontMissing, match=r"lacks .*ế"):
        fonts.proven("truetype/dejavu/DejaVuSansMono.ttf")
