"""Example events, one folder per type and version, read by tests and shown in the generated documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.events.envelope import EventData

EXAMPLES = Path(__file__).parents[1] / "examples"


def examples_of(model: type[EventData]) -> dict[str, dict[str, Any]]:
    """Whole CloudEvents of one type by the name of their case, in alphabetical order."""
    folder = EXAMPLES / model.name / f"v{model.version}"
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def example_folders() -> set[tuple[str, int]]:
    """The event names and versions that have a folder of examples."""
    return {(path.parent.name, int(path.name.removeprefix("v"))) for path in EXAMPLES.glob("*/v*")}
