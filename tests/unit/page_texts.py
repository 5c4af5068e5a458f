"""What tests of the pages' messages have in common."""

import re
from pathlib import Path
from string import Formatter


def placeholders(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name}


def sources_of(*packages: Path) -> str:
    """Templates and code of some packages."""
    return "".join(
        path.read_text(encoding="utf-8")
        for package in packages
        for path in (*package.glob("templates/*.html"), *package.glob("*.py"))
    )


def is_named_in(sources: str, key: str) -> bool:
    return re.search(f"[\"']{re.escape(key)}[\"']", sources) is not None
