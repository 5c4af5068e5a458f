"""Every PDF we bind is PDF/A-2b by veraPDF's rules. The checker comes by Maven, pinned in verapdf/pom.xml."""

import shutil
import subprocess
from pathlib import Path

import img2pdf
import pytest
from PIL import Image

from deploy.local.samples.render import render_samples
from services.ocr.oneoff import command

pytestmark = pytest.mark.prove

RECIPE = Path(__file__).parent / "verapdf" / "pom.xml"


@pytest.fixture(scope="module")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker's jars. Skips where Java or Maven is missing."""
    if missing := [tool for tool in ("java", "mvn") if shutil.which(tool) is None]:
        pytest.skip(f"{' and '.join(missing)} not found on this machine: run deploy/local/setup tests")
    folder = tmp_path_factory.mktemp("verapdf")
    subprocess.run(
        ["mvn", "-C", "-q", "-B", "-f", RECIPE, "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return folder


def verdicts(jars: Path, *files: Path) -> dict[str, str]:
    """PASS or FAIL by file name."""
    checker = [
        "java",
        "-cp",
        f"{jars}/*",
        "org.verapdf.apps.GreenfieldCliWrapper",
        "--flavour",
        "2b",
        "--format",
        "text",
    ]
    said = subprocess.run([*checker, *map(str, files)], check=False, capture_output=True, text=True)
    lines = [line.split() for line in said.stdout.splitlines() if line.startswith(("PASS", "FAIL"))]
    return {Path(path).parent.name: verdict for verdict, path, *_ in lines}


def test_what_the_command_binds_is_valid(jars: Path, tmp_path: Path) -> None:
    samples = [sample.path for sample in render_samples(tmp_path) if sample.pages]
    black = tmp_path / "black-and-white.tif"
    Image.open(next(path for path in samples if path.suffix == ".png")).convert("1", dither=0).save(
        black, dpi=(300, 300)
    )
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(blank)
    files = [*samples, black, blank]
    assert command.run([*map(str, files), "--out", str(tmp_path / "out")]) == 0
    bound = [tmp_path / "out" / file.name / "document.pdf" for file in files]
    assert verdicts(jars, *bound) == {file.name: "PASS" for file in files}


def test_the_checker_refuses_a_plain_pdf(jars: Path, tmp_path: Path) -> None:
    page, plain = tmp_path / "page.png", tmp_path / "plain" / "document.pdf"
    Image.new("L", (300, 200), 200).save(page)
    plain.parent.mkdir()
    plain.write_bytes(img2pdf.convert(page.read_bytes()))
    assert verdicts(jars, plain) == {"plain": "FAIL"}
