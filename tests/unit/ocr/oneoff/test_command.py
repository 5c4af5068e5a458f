"""Reading files from the command line: every format of every file, one bad file alone, an exit code that tells."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2 as pdfium
import pytest
from PIL import Image

from deploy.local.samples.drawing import draw_page
from services.ocr.oneoff import command
from services.ocr.reading.writers import ALTO, XHTML

TEXT = "Bến Gỗ\n\nSông chảy qua làng, thuyền đậu dưới bến."


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    page = draw_page(TEXT, points=18).resize((1240, 1754))
    made = {name: folder / name for name in ("two.tif", "one.png", "cut.png", "other/one.png", "no.png")}
    made["other/one.png"].parent.mkdir()
    page.save(made["two.tif"], save_all=True, append_images=[page], dpi=(150, 150))
    page.save(made["one.png"], dpi=(150, 150))
    Image.new("L", (1240, 1754), 252).save(made["other/one.png"], dpi=(150, 150))
    made["cut.png"].write_bytes(made["one.png"].read_bytes()[:9000])
    return made


def run(out: Path, *files: Path, language: str = "vi") -> int:
    return command.run([*map(str, files), "--out", str(out), "--jobs", "1", "--language", language])


def test_each_file_gets_all_its_formats(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, files["two.tif"], files["one.png"], files["other/one.png"]) == command.ALL_WELL
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["one.png", "one.png-2", "two.tif"]
    folder = tmp_path / "two.tif"
    assert [page.split() for page in (folder / "text.txt").read_text("utf-8").split("\f")] == [TEXT.split()] * 2
    with pdfium.PdfDocument(folder / "document.pdf") as pdf:
        assert len(pdf) == 2
        assert "thuyền đậu dưới bến" in pdf[1].get_textpage().get_text_range()
    assert sorted(path.name for path in (folder / "pages").iterdir()) == [
        "0001.alto.xml",
        "0001.hocr",
        "0002.alto.xml",
        "0002.hocr",
    ]
    words = [string.get("CONTENT") for string in ET.parse(folder / "pages/0002.alto.xml").iter(f"{{{ALTO}}}String")]
    assert words == TEXT.split()
    assert [
        span.text
        for span in ET.parse(folder / "pages/0001.hocr").iter(f"{{{XHTML}}}span")
        if span.get("class") == "ocrx_word"
    ] == words
    trust = json.loads((folder / "trust.json").read_text("utf-8"))
    assert (trust["file"], trust["decision"]) == ("two.tif", "publish")
    assert [(page["page"], page["engine"], page["decision"]) for page in trust["each"]] == [
        (1, "tesseract", "publish"),
        (2, "tesseract", "publish"),
    ]
    assert (tmp_path / "one.png-2" / "text.txt").read_text("utf-8") == ""
    said = capsys.readouterr().err
    assert "two.tif: 2 trang" in said
    assert "3/3 tệp đọc trọn vẹn" in said


def test_a_bad_file_is_named_and_the_others_are_read(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(tmp_path, files["cut.png"], files["no.png"], files["one.png"], language="en")
    assert code == command.SOME_FAILED
    assert (tmp_path / "one.png" / "text.txt").read_text("utf-8").split() == TEXT.split()
    assert not (tmp_path / "cut.png").exists()
    said = capsys.readouterr().err
    assert "cut.png: The file is cut short" in said
    assert "There is no file" in said
    assert "1 of 3 files read in full" in said


def test_a_folder_that_cannot_be_written_to_is_told_of_each_file(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    assert run(tmp_path / "out", files["one.png"]) == command.SOME_FAILED
    assert "Not a directory" in capsys.readouterr().err


def test_without_its_model_nothing_begins(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert run(tmp_path / "out", files["one.png"]) == command.CANNOT_START
    assert "tesseract-ocr-vie" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["x.png"], ["x.png", "--out", "y", "--jobs", "0"]])
def test_a_wrong_command_line_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.run(arguments)
    assert refused.value.code == command.CANNOT_START
