"""A figure beside its baseline, and var/bench.json, which keeps the newest of each name."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.local.settings import ROOT

BENCH = ROOT / "var" / "bench.json"


@dataclass(frozen=True)
class Figure:
    """`value` and `baseline` are medians of their runs; without a baseline there is no ratio."""

    name: str
    unit: str
    command: str
    runs: Sequence[float]
    baseline_runs: Sequence[float] = ()
    baseline: float | None = None
    """Set where the baseline is an aim or a known quantity, not measured."""
    details: dict[str, Any] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        value = statistics.median(self.runs)
        baseline = statistics.median(self.baseline_runs) if self.baseline_runs else self.baseline
        return {
            "value": rounded(value),
            "unit": self.unit,
            "baseline": None if baseline is None else rounded(baseline),
            "ratio": round(value / baseline, 3) if baseline else None,
            "command": self.command,
            "runs": [rounded(run) for run in self.runs],
            "baseline_runs": [rounded(run) for run in self.baseline_runs],
            "commit": _commit(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **self.details,
        }


def rounded(value: float) -> float:
    """Three decimals for small figures, one for larger ones."""
    return round(value, 3 if abs(value) < 10 else 1)


def read_figures(path: Path = BENCH) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return figures


def write_figures(entries: Mapping[str, dict[str, Any]], path: Path = BENCH) -> None:
    """Put figures among those that are there already."""
    path.parent.mkdir(exist_ok=True)
    kept = dict(sorted({**read_figures(path), **entries}.items()))
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _commit() -> str:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return commit.stdout.strip() or "unknown"
