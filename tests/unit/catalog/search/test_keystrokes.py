"""Words typed while the keyboard did not make marks of its keys."""

import pytest

from services.catalog.search.keystrokes import readings


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("truyeenj", "truyện"),
        ("truyenej", "truyện"),
        ("truyejen", "truyện"),
        ("kieeuf", "kiều"),
        ("nguyeenx", "nguyễn"),
        ("ddaats", "đất"),
        ("dda", "đa"),
        ("hocj", "học"),
        ("nuwowcs", "nước"),
        ("nuowcs", "nước"),
        ("thuwowng", "thương"),
        ("hoaf", "hòa"),
        ("quys", "quý"),
        ("giaos", "giáo"),
        ("gif", "gì"),
        ("khoer", "khỏe"),
        ("truye65n", "truyện"),
        ("truye6n5", "truyện"),
        ("kie62u", "kiều"),
        ("d9a61t", "đất"),
        ("nu7o71c", "nước"),
        ("nuo7c1", "nước"),
        ("a8n", "ăn"),
    ],
)
def test_the_keys_of_telex_and_vni_are_read(typed: str, meant: str) -> None:
    assert meant in readings(typed)


@pytest.mark.parametrize("typed", ["viet", "nam", "windows", "2010", "th", "x" * 500, "việt", "", "a1b2c3d4"])
def test_what_makes_no_syllable_is_left_alone(typed: str) -> None:
    assert readings(typed) == ()
