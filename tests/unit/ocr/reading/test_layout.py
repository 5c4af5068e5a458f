"""Order and parts of a page, from words and boxes alone."""

from hypothesis import given
from hypothesis import strategies as st

from services.ocr.reading.regions import Paragraph, paragraphs_of
from services.ocr.reading.word import Word

WIDTH, HEIGHT = 2480, 3508


class Sheet:
    """Words as an engine would give them: one line after the other over the whole width of the page."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._line = 0

    def line(self, y: int, *cells: tuple[int, str], height: int = 40) -> "Sheet":
        self._line += 1
        for x, text in cells:
            left = x
            for word in text.split():
                width = 22 * len(word)
                self.words.append(
                    Word(text=word, x=left, y=y, width=width, height=height, confidence=95, block=1, line=self._line)
                )
                left += width + 16
        return self

    def parts(self) -> list[Paragraph]:
        return paragraphs_of(self.words, WIDTH, HEIGHT)


def kinds_and_texts(parts: list[Paragraph]) -> list[tuple[str, str]]:
    return [(part.kind, part.text.replace("\n", " / ")) for part in parts]


def test_columns_are_read_one_after_the_other() -> None:
    sheet = Sheet().line(300, (300, "một dòng chạy suốt cả trang giấy này từ bên trái sang tận bên phải của trang"))
    for number in range(12):
        left, right = f"cột trái dòng thứ {number} của trang", f"cột phải dòng thứ {number} của trang"
        sheet.line(400 + 60 * number, (300, left), (1300, right))
    text = " ".join(part.text for part in sheet.parts()).replace("\n", " ")
    assert text.index("trái dòng thứ 11") < text.index("phải dòng thứ 0")
    assert text.startswith("một dòng")


def test_columns_that_flow_around_a_picture_stay_columns_and_its_legend_stands_apart() -> None:
    sheet = Sheet()
    for number in range(24):
        beside_picture = 8 <= number < 16
        left = f"dòng trái thứ {number:02}" if beside_picture else f"dòng trái thứ {number:02} chạy rộng hết cột này"
        right = f"dòng phải {number:02}" if beside_picture else f"dòng phải {number:02} chạy rộng hết cột bên kia"
        legend = ((1040, "Đình làng sau khi sửa"),) if number in {11, 12} else ()
        sheet.line(400 + 60 * number, (300, left), *legend, (1840 if beside_picture else 1310, right))
    parts = sheet.parts()
    text = " ".join(part.text for part in parts).replace("\n", " ")
    assert not any(part.kind == "table" for part in parts)
    order = [
        text.index(said) for said in ("trái thứ 00", "trái thứ 10", "trái thứ 23", "phải 00", "phải 12", "phải 23")
    ]
    assert order == sorted(order)
    assert text.index("phải 23") < text.index("Đình làng sau khi sửa")


def test_a_table_is_read_row_by_row_with_its_cells_apart() -> None:
    sheet = Sheet()
    for number in range(6):
        sheet.line(500 + 90 * number, (300, f"{number}"), (600, "Ao Sen"), (1200, "Chùa làng"), (1900, "hạng ba"))
    (table,) = sheet.parts()
    assert table.kind == "table"
    assert table.text.split("\n")[0] == "0\tAo Sen\tChùa làng\thạng ba"


def test_the_parts_of_an_administrative_document() -> None:
    sheet = (
        Sheet()
        .line(250, (400, "ỦY BAN NHÂN DÂN"), (1300, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"))
        .line(310, (430, "PHƯỜNG ĐÔNG CÁC"), (1420, "Độc lập - Tự do - Hạnh phúc"))
        .line(400, (450, "Số: 238/QĐ-UBND"), (1300, "Vĩnh Thuận, ngày 23 tháng 9 năm 1996"))
        .line(560, (1100, "QUYẾT ĐỊNH"))
        .line(620, (800, "Về việc cấp kinh phí mua sách"))
        .line(760, (300, "Điều 1. Kinh phí thực hiện là 347 triệu đồng, trích từ nguồn ngân sách địa phương."))
        .line(820, (300, "Điều 2. Các ông, bà trưởng ban chịu trách nhiệm thi hành quyết định này kể từ hôm nay."))
        .line(1000, (300, "Nơi nhận:"), (1500, "TM. ỦY BAN NHÂN DÂN"))
        .line(1060, (300, "- Ban Văn hóa;"), (1650, "CHỦ TỊCH"))
        .line(1120, (300, "- Lưu: VT."))
        .line(1300, (1600, "Lê Văn Thuyết"))
    )
    assert kinds_and_texts(sheet.parts()) == [
        ("issuing-body", "ỦY BAN NHÂN DÂN / PHƯỜNG ĐÔNG CÁC"),
        ("document-number", "Số: 238/QĐ-UBND"),
        ("national-motto", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM / Độc lập - Tự do - Hạnh phúc"),
        ("place-and-date", "Vĩnh Thuận, ngày 23 tháng 9 năm 1996"),
        ("document-type", "QUYẾT ĐỊNH"),
        ("abstract", "Về việc cấp kinh phí mua sách"),
        (
            "paragraph",
            (
                "Điều 1. Kinh phí thực hiện là 347 triệu đồng, trích từ nguồn ngân sách địa phương. / "
                "Điều 2. Các ông, bà trưởng ban chịu trách nhiệm thi hành quyết định này kể từ hôm nay."
            ),
        ),
        ("recipients", "Nơi nhận: / - Ban Văn hóa; / - Lưu: VT."),
        ("signature", "TM. ỦY BAN NHÂN DÂN / CHỦ TỊCH / Lê Văn Thuyết"),
    ]


def test_running_head_and_page_number_are_marked() -> None:
    sheet = Sheet().line(120, (300, "Địa chí Vĩnh Thuận"), (2100, "47"))
    for number in range(8):
        sheet.line(500 + 60 * number, (300, "những dòng chữ bình thường của trang sách, hết dòng này sang dòng khác,"))
    sheet.line(3380, (1200, "- 47 -"))
    kinds = [part.kind for part in sheet.parts()]
    assert kinds == ["running-head", "paragraph", "page-number"]


def test_every_word_is_in_one_part() -> None:
    sheet = (
        Sheet().line(100, (300, "một")).line(100, (290, "chồng lên")).line(105, (2000, "xa")).line(3000, (5, "cuối"))
    )
    places = [place for part in sheet.parts() for place in part.places]
    assert sorted(places) == list(range(len(sheet.words)))
    assert paragraphs_of([], WIDTH, HEIGHT) == []


BOXES = st.tuples(
    st.integers(0, 2400), st.integers(0, 3400), st.integers(1, 600), st.integers(1, 200), st.integers(1, 9)
)


@given(st.lists(BOXES, max_size=40))
def test_no_page_loses_a_word(boxes: list[tuple[int, int, int, int, int]]) -> None:
    words = [
        Word(text="chữ", x=x, y=y, width=width, height=height, confidence=50, block=1, line=line)
        for x, y, width, height, line in boxes
    ]
    places = [place for part in paragraphs_of(words, WIDTH, HEIGHT) for place in part.places]
    assert sorted(places) == list(range(len(words)))
