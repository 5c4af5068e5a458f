"""The contracts as others see them: JSON Schemas, AsyncAPI, the picture and the integrator's page, all generated."""

from __future__ import annotations

from pathlib import Path

from shared.events.reference.asyncapi import asyncapi_document
from shared.events.reference.page import page
from shared.events.reference.picture import picture
from shared.events.reference.schemas import SCHEMA_SUFFIX, as_json, event_schemas

ROOT = Path(__file__).parents[3]
DOCS = Path("docs/contracts")
SCHEMAS = DOCS / "schemas"


def documents() -> dict[Path, str]:
    """Every generated file by its path below the repository's root; the same contracts give the same bytes."""
    return {
        DOCS / "README.md": page(),
        DOCS / "asyncapi.yaml": asyncapi_document(),
        DOCS / "producers-and-readers.svg": picture(),
        **{SCHEMAS / (name + SCHEMA_SUFFIX): as_json(schema) for name, schema in event_schemas().items()},
    }


def write_documents(root: Path = ROOT) -> None:
    """Write the generated files and remove the schemas of types that are no more."""
    for path in outdated(root):
        (root / path).unlink(missing_ok=True)
    for path, text in documents().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def outdated(root: Path = ROOT) -> list[Path]:
    """Generated files that are missing, differ from what the contracts say now, or describe no type any more."""
    wanted = documents()
    present = {path.relative_to(root) for path in (root / SCHEMAS).glob("*" + SCHEMA_SUFFIX)}
    changed = {path for path, text in wanted.items() if _text(root / path) != text}
    return sorted(changed | (present - wanted.keys()))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
