"""What a record says about its edition, as Vietnamese libraries type it."""

import unicodedata

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.identity import Description, Form, Kind, Level, Part, describe
from tests.editions.sets import descriptions
from tests.unit.catalog.identity.records import made


def parts(title: str) -> list[tuple[str, str]]:
    return [(part.number, part.name) for part in describe(made(title)).parts]


@pytest.mark.parametrize(
    ("typed", "main", "expected"),
    [
        ("245 $aToán cao cấp.$nT.2", "toan cao cap", [("2", "")]),
        ("245 $aToán cao cấp. T. 2, Giải tích", "toan cao cap", [("2", "Giải tích")]),
        ("245 $aToán cao cấp - Tập hai", "toan cao cap", [("2", "")]),
        ("245 $aToán cao cấp (TẬP II)", "toan cao cap", [("2", "")]),
        ("245 $aToán cao cấp.$nTập 2,$pGiải tích", "toan cao cap", [("2", "Giải tích")]),
        ("245 $aToán cao cấp$pTập 2", "toan cao cap", [("2", "")]),
        ("245 $aTam quốc, tập mười hai", "tam quoc", [("12", "")]),
        ("245 $aConan. T.101", "conan", [("101", "")]),
        ("245 $aTổng tập văn học Việt Nam. Tập 3A", "tong tap van hoc viet nam", [("3a", "")]),
        ("245 $aTừ điển.$nQuyển thượng", "tu dien", [("thuong", "")]),
        ("245 $aLịch sử. Tập 2, quyển 1", "lich su", [("2", ""), ("1", "")]),
        ("245 $aTuyển tập 2", "tuyen tap", [("2", "")]),
        ("245 $aHistory of art. Vol. III", "history of art", [("3", "")]),
        ("245 $aĐại Việt sử ký toàn thư tập 2", "dai viet su ki toan thu", [("2", "")]),
        ("245 $aDuoc ly hoc T2", "duoc li hoc", [("2", "")]),
        ("245 $aKinh tế học tập 2", "kinh te hoc", [("2", "")]),
        ("245 $aThủy thủ mặt trăng #12", "thuy thu mat trang", [("12", "")]),
        ("245 $aTiếng Việt lớp 3/1", "tieng viet 3", [("1", "")]),
        ("245 $aTạp chí Sông Hương. Số 171", "tap chi song huong", [("171", "")]),
        ("245 $aPhiếu học tập 2", "phieu hoc tap 2", []),
        ("245 $aBài tập 2", "bai tap 2", []),
        ("245 $aBài tập Toán 6", "bai tap toan 6", []),
        ("245 $aTuyển tập Nam Cao", "tuyen tap nam cao", []),
        ("245 $aTẬP NAM CAO", "tap nam cao", []),
        ("245 $aPhần mềm 2005", "phan mem 2005", []),
    ],
)
def test_volumes_are_taken_from_wherever_they_stand(typed: str, main: str, expected: list[tuple[str, str]]) -> None:
    described = describe(made(typed))
    assert [(part.number, part.name) for part in described.parts] == expected
    assert described.main_title == main


@pytest.mark.parametrize(
    "typed",
    [
        "245 $aĐịa chí Quảng Trị /$cNguyễn Văn A",
        "245 $aĐỊA CHÍ QUẢNG TRỊ",
        "245 $a" + unicodedata.normalize("NFD", "Địa chí Quảng Trị."),
        "245 $a Địa  chí Quảng Trị :",
        "245 $aĐịa chí Quảng Trị / Nguyễn Văn A",
        "245 $aĐỊA CHÍ QUẢNG TRỊ/ Nguyễn Văn A ch.b.",
        "245 $aĐịa chí Quảng Trị [bản đồ]/ Nguyễn Văn A",
        "245 $aĐịa chí Quảng Trị (Tái bản 2014)",
    ],
)
def test_one_title_whatever_the_form_and_the_punctuation(typed: str) -> None:
    assert describe(made(typed)).title_exact == "địa chí quảng trị"
    assert describe(made(typed)).title_folded == "dia chi quang tri"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Vật lý hòa tan", "Vật lí hoà tan"), ("Thế kỷ XX", "Thế kỉ 20"), ("Đại hội lần thứ IX", "Đại hội lần thứ chín")],
)
def test_spellings_of_one_word_are_one(one: str, other: str) -> None:
    assert describe(made(f"245 $a{one}")).title_exact == describe(made(f"245 $a{other}")).title_exact


@pytest.mark.parametrize(("one", "other"), [("Tiếng vọng", "Tiếng võng"), ("C", "C++"), ("Toán 6", "Toán 7")])
def test_titles_of_two_books_stay_two(one: str, other: str) -> None:
    assert describe(made(f"245 $a{one}")).title_exact != describe(made(f"245 $a{other}")).title_exact


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("SGK Toán 6", "toan 6"),
        ("SBT Vật lí 11", "bai tap vat li 11"),
        ("SGV. Toán 6: tập 1", "toan 6 sach giao vien"),
        ("Sóng 1/ 2", "song 1 2"),
        ("SGKT", "sgkt"),
    ],
)
def test_what_schools_shorten_is_spelt_out(typed: str, expected: str) -> None:
    assert describe(made(f"245 $a{typed}")).title_folded == expected


@pytest.mark.parametrize(
    ("typed", "places", "publishers", "year"),
    [
        ("260 $aH.: Văn học, 2005", ("ha noi",), ("van hoc",), 2005),
        ("260 $aTp. Hồ Chí Minh : Nxb. Trẻ", ("thanh pho ho chi minh",), ("tre",), None),
        ("260 $aHuế", ("hue",), (), None),
        ("260 $bNXBGiáo dục$c2005", (), ("giao duc",), 2005),
        ("260 $bNXBG.D", (), ("giao duc",), None),
        ("260 $bNhà xuất-bản Văn-học", (), ("van hoc",), None),
    ],
)
def test_an_imprint_is_read_however_it_was_typed(
    typed: str, places: tuple[str, ...], publishers: tuple[str, ...], year: int | None
) -> None:
    found = describe(made("245 $aThơ", typed))
    assert (found.place_keys, found.publisher_keys, found.year) == (places, publishers, year)


def people(*lines: str) -> list[tuple[str, str]]:
    return [(name.key, name.role) for name in describe(made(*lines)).people]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("100 $aNguyễn Văn An", [("an nguyen van", "")]),
        ("100 $aNguyễn, Văn An$etác giả", [("an nguyen van", "aut")]),
        ("100 $aNGUYỄN VĂN AN (chủ biên)", [("an nguyen van", "edt")]),
        ("100 $aPGS.TS. Nguyễn Văn An", [("an nguyen van", "")]),
        ("100 $aHugo, Victor, 1802-1885", [("hugo victor", "")]),
        ("100 $aGarcía Márquez, Gabriel", [("gabriel garcia marquez", "")]),
        ("100 $aTrần A, dịch", [("a tran", "")]),
        ("100 $aNguyễn Du, Đào Duy Anh (hiệu đính)", [("du nguyen", ""), ("anh dao duy", "edt")]),
        ("100 $aTrần A (ch.b.) ; Lê B ; Đỗ C (dịch)", [("a tran", "edt"), ("b le", ""), ("c do", "trl")]),
        ("245 $aThơ /$cB.s.: Trần A (ch.b.), Lê B ; Dịch: Đỗ C", [("a tran", "edt"), ("b le", "com"), ("c do", "trl")]),
        ("100 $aTrần A, chủ biên", [("a tran", "")]),
        ("100 $aNhiều tác giả", []),
        ("245 $aThơ /$cTrần A, Lê B... [và những người khác]", [("a tran", ""), ("b le", "")]),
    ],
)
def test_people_are_told_apart_and_by_role(typed: str, expected: list[tuple[str, str]]) -> None:
    assert people(typed) == expected


@pytest.mark.parametrize(
    ("typed", "key", "kind"),
    [
        ("100 $aSở Văn hóa - Thông tin Hà Nam", "ha hoa nam so thong tin van", Kind.BODY),
        ("100 $aViệt Nam (CHXHCN)", "nam viet", Kind.BODY),
        ("110 $aĐảng Cộng sản Việt Nam.$bBan Tuyên giáo", "ban cong dang giao nam san tuyen viet", Kind.BODY),
        ("100 $aĐoàn Thị Quý", "doan qui thi", Kind.PERSON),
        ("100 $aĐặng Văn Hội", "dang hoi van", Kind.PERSON),
        ("100 $aDang Van Hoi", "dang hoi van", Kind.PERSON),
        ("100 $aTruong Dai hoc Vinh", "dai hoc truong vinh", Kind.BODY),
    ],
)
def test_bodies_are_no_people(typed: str, key: str, kind: Kind) -> None:
    (name,) = describe(made(typed)).people
    assert (name.key, name.kind) == (key, kind)


@pytest.mark.parametrize(
    "typed",
    ["Giáo dục,", "Nxb. GD", "NXB Giáo Dục", "Nhà xuất bản Giáo dục", "nxb gd", "Giáo dục Việt Nam", "GIAO DUC"],
)
def test_one_publisher_however_shortened(typed: str) -> None:
    assert describe(made(f"260 $b{typed}")).publisher_keys == ("giao duc",)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Nhà xuất bản Trẻ TP.HCM", "tre"),
        ("Tổng hợp An Giang", "tong hop an giang"),
        ("Trường ĐH Sư phạm Huế", "dai hoc su pham hue"),
        ("NXB T.thức", "tri thuc"),
        ("Công ty TNHH MTV NXB Kim Đồng", "kim dong"),
    ],
)
def test_houses_of_several_towns_stay_apart(typed: str, key: str) -> None:
    assert describe(made(f"260 $b{typed}")).publisher_keys == (key,)


@pytest.mark.parametrize("typed", ["H.", "Hà Nội :", "HN", "[Hà Nội]", "Ha Noi"])
def test_one_place_however_shortened(typed: str) -> None:
    assert describe(made(f"260 $a{typed}")).place_keys == ("ha noi",)


@pytest.mark.parametrize(
    ("typed", "year"),
    [
        ("2005", 2005),
        ("c2005.", 2005),
        ("[2005?]", 2005),
        ("5/2005", 2005),
        ("2005-2007", 2005),
        ("20005", None),
        ("", None),
    ],
)
def test_years(typed: str, year: int | None) -> None:
    assert describe(made(f"260 $c{typed}")).year == year


@pytest.mark.parametrize(
    ("typed", "coded", "others"), [("2005, c2003", "2005", (2003,)), ("2006", "2005", (2005,)), ("2006", "1998", ())]
)
def test_years_beside_the_first_are_kept(typed: str, coded: str, others: tuple[int, ...]) -> None:
    assert describe(made(f"008 200326s{coded}", f"260 $c{typed}")).other_years == others


def test_a_year_only_in_the_control_field_counts() -> None:
    assert describe(made("008 110520s2007    vm            000 0 vie d")).year == 2007


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("Tái bản lần thứ năm", 6),
        ("Tái bản lần 5, có sửa chữa, bổ sung", 6),
        ("T.b. lần 5", 6),
        ("In lần thứ 2", 2),
        ("Xuất bản lần thứ nhất", 1),
        ("2nd ed.", 2),
        ("Second revised edition", 2),
        ("2e éd.", 2),
        ("3. Aufl.", 3),
        ("Tái bản có sửa chữa", None),
        ("Bản đặc biệt", None),
    ],
)
def test_editions_count_printings(typed: str, number: int | None) -> None:
    """ "Tái bản lần thứ nhất" is the second printing."""
    assert describe(made(f"250 $a{typed}")).edition_number == number


def test_an_edition_inside_the_title_is_taken_out_of_it() -> None:
    described = describe(made("245 $aDế mèn : truyện, tái bản lần thứ 5"))
    assert described.edition_number == 6
    assert described.title_exact == "dế mèn truyện"


@pytest.mark.parametrize(
    ("typed", "pages", "height"),
    [
        ("300 $a320 tr. ;$c21 cm", 320, 21),
        ("300 $aXV, 320 tr. ; 21cm", 320, 21),
        ("300 $a320tr.;14x21cm", 320, 21),
        ("300 $a320 trang", 320, None),
        ("300 $a320", 320, None),
        ("300 $a15, 320, 12 tr.", 12, None),
        ("300 $avii, 51 p. ;$c27 cm.", 51, 27),
        ("300 $a3 tập", None, None),
        ("300 $atr. 45-60", None, None),
        ("300 $a320 tr. + 1 CD-ROM", 320, None),
    ],
)
def test_extents(typed: str, pages: int | None, height: int | None) -> None:
    described = describe(made(typed))
    assert (described.pages, described.height_cm) == (pages, height)


def test_several_volumes_at_once_are_counted() -> None:
    assert describe(made("300 $a3 tập")).volumes == 3


@pytest.mark.parametrize(
    ("typed", "isbn"),
    [
        ("978-604-0-00001-9", "9786040000019"),
        ("9786040000019 : 35000đ", "9786040000019"),
        ("604000001X", ""),
        ("0306406152", "9780306406157"),
        ("000123", ""),
        ("1234567890", ""),
        ("0000000000", ""),
        ("35000đ", ""),
        ("8936036290011", ""),
    ],
)
def test_only_numbers_with_a_right_check_digit_are_isbns(typed: str, isbn: str) -> None:
    assert describe(made(f"020 $a{typed}")).isbns == ((isbn,) if isbn else ())


@pytest.mark.parametrize(
    ("record", "form", "carrier"),
    [
        (made("300 $a320 tr. ;$c21 cm"), Form.TEXT, ""),
        (made("300 $a1 đĩa CD"), Form.SOUND, "disc"),
        (made("300 $a1 CD-ROM"), Form.ELECTRONIC, "disc"),
        (made("300 $a1 tệp PDF (85 tr.)"), Form.ELECTRONIC, "online"),
        (made("300 $a85 tr., 1 CD"), Form.TEXT, ""),
        (made("300 $a85 tr.$btranh, bản đồ"), Form.TEXT, ""),
        (made("300 $a85 tr.", "500 $aKèm theo 1 đĩa CD"), Form.TEXT, ""),
        (made("300 $a85 tr.", "500 $aSách chữ nổi Braille"), Form.TEXT, "braille"),
        (made("245 $aBài ca$h[băng cassette]"), Form.SOUND, "cassette"),
        (made("245 $aThép [electronic resource]"), Form.ELECTRONIC, ""),
        (made("260 $c2000-"), Form.SERIAL, ""),
        (made("337 $amáy tính"), Form.ELECTRONIC, ""),
        (made(leader="00000cem a2200000 a 4500"), Form.MAP, ""),
        (made(leader="00000cas a2200000 a 4500"), Form.SERIAL, ""),
    ],
)
def test_forms(record: pymarc.Record, form: Form, carrier: str) -> None:
    described = describe(record)
    assert (described.form, described.carrier) == (form, carrier)


def test_a_piece_names_its_host() -> None:
    described = describe(made("773 $tTạp chí Cửa Việt$gSố 5 (2003)", leader="00000nab a2200000 a 4500"))
    assert described.level is Level.PIECE
    assert described.host == "tap chi cua viet so 5 2003"


def test_languages_are_two_letters_where_there_are_two() -> None:
    described = describe(made("041 $avie$hfre"))
    assert (described.language, described.original_language) == ("vi", "fr")
    assert describe(made("041 $agrc")).language == "grc"
    assert describe(made("041 $aund")).language == ""


def test_a_row_gives_the_description_back() -> None:
    for each in descriptions("tuned")[:200]:
        described = describe(each.record)
        assert Description.of_row(described.as_row()) == described
    assert Description().as_row() == {"form": "text", "level": "whole"}
    assert Description(parts=(Part("2"),)).as_row()["parts"] == [{"number": "2", "name": ""}]


TEXTS = st.text(max_size=60)
FIELDS = st.builds(
    lambda tag, pairs: pymarc.Field(tag, pymarc.Indicators(" ", " "), [pymarc.Subfield(*pair) for pair in pairs]),
    st.sampled_from(
        ["020", "022", "035", "041", "082", "100", "110", "245", "250", "260", "264", "300", "490", "700", "773"]
    ),
    st.lists(st.tuples(st.sampled_from("abcdefghnpqtx"), TEXTS), max_size=4),
)
CONTROLS = st.builds(
    lambda tag, data: pymarc.Field(tag, data=data), st.sampled_from(["001", "006", "007", "008"]), TEXTS
)


@given(st.lists(FIELDS | CONTROLS, max_size=8), st.text(max_size=30))
def test_no_record_is_too_strange(fields: list[pymarc.Field], leader: str) -> None:
    record = pymarc.Record(force_utf8=True)
    record.leader = leader  # type: ignore[assignment]
    record.fields = fields
    described = describe(record)
    assert Description.of_row(described.as_row()) == described


@pytest.mark.parametrize("tag", ["100", "245", "250", "260", "300"])
@pytest.mark.parametrize("sign", ["a", " ", "1", "(", "tập ", "x 1", "- ", "I", "; ", "T.1 "])
def test_a_text_in_the_wrong_place_is_read_so_far(tag: str, sign: str) -> None:
    """No pattern runs away on a hundred thousand signs, and what is kept of them is bounded."""
    text = sign * 100_000
    described = describe(made(f"{tag} $a{text}$b{text}$c{text}$n{text}"))
    assert len(str(described.as_row())) < 100_000


@pytest.mark.parametrize(
    "typed",
    [
        ("245 $aSố đỏ / Vũ Trọng Phụng. - Tái bản lần thứ 2. - H. : Văn học, 2010. - 254tr. ; 21cm",),
        ("245 $aSố đỏ =$bDumb luck /$cVũ Trọng Phụng", "260 $aNXB Văn học, Hà Nội, 2010", "300 $atr. 254 ; 21cm"),
        ("245 $aSố đỏ /Vũ Trọng Phụng", "260 $aH. : Văn học , 2010 . - 254tr ; 21cm"),
        ("245 $aSố đỏ", "100 $aPhụng, Vũ Trọng", "260 $aHN$bVăn học - Nhã Nam, 2010", "300 $a254 t.$c13x21cm"),
        ("245 $aSố đỏ", "100 $aVũ Trọng Phụng", "260 $bHà Nội: NXB V. học$c2010", "300 $a254$c21cm"),
    ],
)
def test_a_description_is_read_from_wherever_it_stands(typed: tuple[str, ...]) -> None:
    found = describe(made(*typed))
    assert (found.title_exact, found.people[0].key, found.publisher_keys[0]) == ("số đỏ", "phung trong vu", "van hoc")
    assert (found.place_keys, found.year, found.pages, found.height_cm) == (("ha noi",), 2010, 254, 21)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("245 $aSách giáo viên Toán lớp 6", "toan 6 sach giao vien"),
        ("245 $aToán 6 - SGV", "toan 6 sach giao vien"),
        ("245 $aToán 6 : SGV (KNTT)", "toan 6 sach giao vien"),
        ("245 $aKinh tế vi mô :$bgiáo trình", "giao trinh kinh te vi mo"),
        ("245 $aLễ hội Đền Hùng", "le hoi den hung"),
        ("245 $aThe gioi phang", "the gioi phang"),
        ("245 $aLes misérables", "miserables"),
        ("245 $aTrờng làng và dòng nớc", "truong lang va dong nuoc"),
        ("245 $aBồi dưỡng Toán 5 T1", "boi duong toan 5"),
        ("245 $aMắt biếc (Bìa mềm)", "mat biec"),
        ("245 $aDạy học ở trường THPT", "day hoc o truong trung hoc pho thong"),
    ],
)
def test_titles_are_filed_alike(typed: str, expected: str) -> None:
    assert describe(made(typed)).title_folded == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tônxtôi, L.", "Lev Nikolayevich Tolstoy"),
        ("Victo Huygô", "HUGO, VICTOR"),
        ("BCH Đảng bộ tỉnh Hà Nam", "Ban Chấp hành Đảng bộ tỉnh Hà Nam"),
        ("Bộ GD&ĐT", "Bộ Giáo dục và Đào tạo"),
        ("PGS. TS. NGUYỄN VĂN A và những người khác", "Nguyễn Văn A"),
        ("Đoàn Giỏi", "Ðoàn Giỏi"),
        ("Nước CHXHCN Việt Nam", "Việt Nam (CHXHCN). Quốc hội"),
    ],
)
def test_names_of_one_maker_have_one_key(one: str, other: str) -> None:
    keys = [describe(made(f"100 $a{name}")).people[0].key for name in (one, other)]
    assert keys[0] == keys[1] != describe(made("100 $aTônxtôi, A.")).people[0].key


@pytest.mark.parametrize("typed", ["300 $aT.2: 312 tr.", "490 $aTập 2", "500 $aTập 2: Thị trường lao động"])
def test_a_volume_may_stand_beside_the_title(typed: str) -> None:
    assert [part.number for part in describe(made("245 $aKinh tế vi mô", typed)).parts] == ["2"]


@pytest.mark.parametrize("name", ["Lê Quốc Hội", "Lê Văn Hòa", "Trần Việt Nam", "Chu Hòa"])
def test_a_person_is_not_the_state(name: str) -> None:
    assert describe(made(f"100 $a{name}")).people[0].key != describe(made("110 $aViệt Nam. Quốc hội")).people[0].key


def test_a_maker_or_series_typed_into_the_title_is_taken_out_of_it() -> None:
    found = describe(made("245 $aTủ sách Vàng - Dế mèn", "490 $aTủ sách Vàng"))
    other = describe(made("245 $aDế mèn - Tô Hoài", "720 $aTô Hoài"))
    assert found.title_folded == other.title_folded == "de men"


def test_a_course_is_a_series_wherever_it_stands() -> None:
    typed = (("245 $aToán 6 (KNTT)",), ("245 $aToán 6", "490 $aKết nối tri thức"), ("245 $aToán 6 - Bộ sách KNTT",))
    assert {describe(made(*lines)).series for lines in typed} == {("kết nối tri thức với cuộc sống",)}


@pytest.mark.parametrize("blanks", [11, 12, 13])
def test_a_language_is_read_though_a_blank_got_lost_before_it(blanks: int) -> None:
    assert describe(made(f"008 200326s1983    vm{' ' * blanks}000 0 vie d")).language == "vi"
