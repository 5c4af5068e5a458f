"""Published plans as text, where the checkout's neighbour has them: drafts of documents that nobody generated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.local.settings import ROOT
from services.ocr.description.page import DraftPage
from tests.benchmarks.description.generator import RESOURCES, Case

SEEDS = Path(os.environ.get("LIENTHONG_SHARED", ROOT.parent / "shared")) / "seeds"
MISREAD = {"004"}


def seed_cases() -> Iterator[Case]:
    """None where the folder is absent."""
    truths = yaml.safe_load((RESOURCES / "seeds.yaml").read_text("utf-8"))
    for file in sorted(SEEDS.glob("*.txt")):
        name = file.name[:3]
        if name in truths:
            way = "text-misread" if name in MISREAD else "text"
            yield Case(file.name, "administrative", way, (DraftPage(1, file.read_text("utf-8")),), truths[name])
