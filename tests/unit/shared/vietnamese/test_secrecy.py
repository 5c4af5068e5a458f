"""Marks of state secrets in names and titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vietnamese.secrecy import degree_in_name, degree_in_title, is_declassified, stamp_of


@pytest.mark.parametrize(
    ("name", "degree"),
    [
        ("tuyet_mat-01.pdf", "tuyet-mat"),
        ("Báo cáo (Tuyệt mật).pdf", "tuyet-mat"),
        ("TOI MAT", "toi-mat"),
        ("kế hoạch tối mật 1975.tif", "toi-mat"),
        ("[MẬT] Báo cáo quý.pdf", "mat"),
        ("bao_cao_MẬT.pdf", "mat"),
        ("MẬT", "mat"),
        ("MẬT 01.tif", "mat"),
        ("TOP SECRET.png", "tuyet-mat"),
    ],
)
def test_marked_names(name, degree):
    assert degree_in_name(name) == degree


@pytest.mark.parametrize(
    "name",
    [
        "mat-ong.pdf",
        "Mật ong rừng.pdf",
        "MẬT ONG.pdf",
        "khi-toi-mat-nha.pdf",
        "luat-bao-ve-bi-mat-nha-nuoc.pdf",
        "BÍ MẬT.pdf",
        "BẢO MẬT.pdf",
        "mat-do-dan-so.pdf",
        "mật tông.tif",
        "page-0001.tif",
    ],
)
def test_ordinary_names(name):
    assert degree_in_name(name) is None


def test_titles():
    assert degree_in_title("Báo cáo tình hình biên giới [TỐI MẬT]") == "toi-mat"
    assert degree_in_title("MẬT") == "mat"
    assert degree_in_title("Hồ sơ tuyệt mật") is None
    assert degree_in_title("MẬT ONG VÀ BÍ MẬT") is None


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text):
    for ask in (stamp_of, degree_in_name, degree_in_title):
        assert ask(text) in {None, "mat", "toi-mat", "tuyet-mat"}
    assert is_declassified(text) in {True, False}
