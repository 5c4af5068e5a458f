"""Figures of the proof: var/proof.json, each with commit and time."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import Any

from deploy.local.settings import ROOT

PROOF = ROOT / "var" / "proof.json"


def write_figures(name: str, figures: dict[str, Any]) -> None:
    """Put figures under a name, beside those of other runs."""
    proof: dict[str, Any] = json.loads(PROOF.read_text(encoding="utf-8")) if PROOF.exists() else {}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    proof[name] = {"commit": commit.stdout.strip(), "at": now, **figures}
    PROOF.parent.mkdir(exist_ok=True)
    PROOF.write_text(json.dumps(proof, indent=2, ensure_ascii=False), encoding="utf-8")
