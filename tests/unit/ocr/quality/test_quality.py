"""Flaws are found on pages that have them and on no others."""

import cv2
import numpy as np
import pytest

from deploy.local.samples import damage
from deploy.local.samples.render import generate_pages
from services.ocr.quality.capture import CaptureMeasures, measure_capture
from services.ocr.quality.fingerprint import bands, distance, fingerprint
from services.ocr.quality.profile import Flaw, ScannedPage, findings_of, printed_number, profile_of
from services.ocr.reading.measures import measure
from shared.events.vocabulary import CollectionClass

PROFILE = profile_of(CollectionClass.LOCAL_HISTORY)


@pytest.fixture(scope="module")
def drawn():
    return [page.image for page in generate_pages(4, seed=19)]


@pytest.fixture(scope="module")
def greys(drawn):
    return [np.asarray(page.convert("L")) for page in drawn]


def scanned(grey, dpi=300, number=1):
    height, width = grey.shape
    return ScannedPage(number, width, height, measure(grey, dpi), measure_capture(grey, dpi))


def flaws(grey, dpi=300, profile=PROFILE):
    return {finding.flaw for finding in findings_of([scanned(grey, dpi)], profile)}


def rescanned(grey, *, tilt=1.5, scale=0.97, light=0.85):
    """The same sheet on another day: laid down otherwise, darker, at half the resolution, as a JPEG."""
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, scale)
    turn[:, 2] += (40, -30)
    moved = cv2.warpAffine(grey, turn, (width, height), borderValue=240)
    half = cv2.resize((moved * light).astype(np.uint8), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", half, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)


def test_a_good_page_has_no_flaw(greys):
    assert all(flaws(grey) == set() for grey in greys)


def test_an_old_page_is_not_a_bad_scan(drawn):
    aged = np.asarray(damage.age(drawn[0], drawn[1], 3).convert("L"))
    assert flaws(aged, damage.DPI, profile_of(CollectionClass.REFERENCE)) == set()


def test_flaws_of_light_and_focus(greys):
    grey = greys[0]
    assert flaws((grey * 0.25).astype(np.uint8)) == {Flaw.DARK}
    assert flaws((215 + grey * 0.12).astype(np.uint8)) == {Flaw.FAINT}
    assert flaws(cv2.GaussianBlur(grey, (0, 0), 4)) == {Flaw.BLUR}
    assert flaws(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 150) == {Flaw.RESOLUTION}
    assert flaws(np.full_like(grey, 250)) == {Flaw.BLANK}


@pytest.mark.parametrize("side", ["top", "right", "bottom", "left"])
def test_a_cut_edge_names_its_side(greys, side):
    grey = greys[0]
    rows, columns = np.where((grey < 128).any(axis=1))[0], np.where((grey < 128).any(axis=0))[0]
    cut = {
        "top": grey[rows[0] + 15 :],
        "bottom": grey[: rows[-1] - 18],
        "left": grey[:, columns[0] + 60 :],
        "right": grey[:, : columns[-1] - 60],
    }[side]
    (finding,) = findings_of([scanned(np.ascontiguousarray(cut))], PROFILE)
    assert (finding.flaw, finding.sides, finding.rescan) == (Flaw.CUT_EDGE, (side,), True)


def test_a_dark_frame_is_no_cut_writing(greys):
    framed = cv2.copyMakeBorder(greys[0], 80, 80, 80, 80, cv2.BORDER_CONSTANT, value=20)
    assert flaws(framed) == set()


def test_a_page_scanned_twice_is_found_though_every_byte_differs(greys):
    first, again = fingerprint(greys[0]), fingerprint(rescanned(greys[0]))
    assert distance(first, again) <= PROFILE.near
    assert set(bands(first)) & set(bands(again))
    others = [fingerprint(grey) for grey in greys[1:]]
    assert min(distance(first, other) for other in others) > PROFILE.near


def test_near_identical_neighbours_are_told_and_not_dropped(greys):
    pages = [scanned(greys[0]), scanned(rescanned(greys[0]), 150, number=2), scanned(greys[1], number=3)]
    found = [finding for finding in findings_of(pages, PROFILE) if finding.flaw == Flaw.NEAR_IDENTICAL]
    assert [(finding.page, finding.other, finding.rescan) for finding in found] == [(2, 1, False)]


def test_empty_pages_are_not_alike():
    assert fingerprint(np.full((400, 300), 255, np.uint8)) is None
    assert fingerprint(np.zeros((4, 9), np.uint8)) is None


def test_a_page_that_could_not_be_read_is_to_be_scanned_again():
    (finding,) = findings_of([ScannedPage(3)], PROFILE)
    assert (finding.page, finding.flaw, finding.rescan) == (3, Flaw.UNREADABLE, True)


def numbered(*printed):
    """Pages of a book with these printed numbers; what is not to be looked at is without flaw."""
    measures = measure(np.full((200, 150), 255, np.uint8), 300).model_copy(update={"ink": 0.05, "contrast": 200.0})
    capture = CaptureMeasures(cut=(0, 0, 0, 0), fingerprint=None)
    return [
        ScannedPage(number, 2480, 3508, measures, capture, printed=text) for number, text in enumerate(printed, start=1)
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ((None, "1", "2", "3", None, "5"), []),
        (("1", "2", "3", "5", "6"), [(4, "missing-page", 4)]),
        (("1", "2", "3", "7"), [(4, "missing-page", 4), (4, "missing-page", 5), (4, "missing-page", 6)]),
        (("- 10 -", "Trang 11", "11", "12", "13"), [(3, "repeated-page", 2)]),
        (("1", "2", "1", "2", "3"), []),
        (("5", "99", "3"), []),
        (("1", "2", "3", "900", "5", "6"), []),
    ],
)
def test_printed_numbers(printed, expected):
    found = findings_of(numbered(*printed), PROFILE)
    assert [(finding.page, finding.flaw, finding.other) for finding in found] == expected


def test_numbers_are_read_from_what_stands_around_them():
    assert [printed_number(text) for text in ("12", " – 12 – ", "Trang 7", "xii", "1987-1990", None)] == [
        12,
        12,
        7,
        None,
        None,
        None,
    ]


def test_each_class_has_its_profile():
    assert profile_of(CollectionClass.ANCIENT).dpi == 300
    assert profile_of(CollectionClass.TEXTBOOK).dpi == 200
    thing = np.full((2000, 1500), 128, np.uint8)
    cv2.circle(thing, (700, 900), 400, 30, -1)
    profile = profile_of(CollectionClass.MUSEUM_OBJECT)
    assert Flaw.PIXELS in flaws(thing, profile=profile)
    assert all(profile_of(kind) for kind in CollectionClass)
