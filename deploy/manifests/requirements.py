"""The part of requirements.lock that the image needs: what the platform stands on, not what its developers use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.manifests.plan import ROOT

_PIN = re.compile(r"^(?P<name>[\w.-]+)(\[[^]]*\])?==.*\n(?:    .*\n?)*", re.MULTILINE)


def image_requirements() -> str:
    """The lock's own lines, hashes included; what needs what is asked of the installed packages."""
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    needed = _needed()
    return "".join(pin[0] for pin in _PIN.finditer(locked) if canonicalize_name(pin["name"]) in needed)


def _needed() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    seen: dict[str, set[str]] = {}
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        if not extras <= seen.get(name, set()):
            seen.setdefault(name, set()).update(extras)
            waiting.extend(_requirements_of(name, extras))
    return set(seen)


def _requirements_of(name: str, extras: set[str]) -> Iterator[Requirement]:
    for line in requires(name) or []:
        requirement = Requirement(line)
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement
