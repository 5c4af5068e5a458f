"""The import rules of pyproject.toml, and that they would notice."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("lint-imports")


def lint(*arguments: str, config: Path = ROOT / "pyproject.toml") -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), "--no-logo", "--no-cache", "--config", str(config), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_import_rule_is_kept() -> None:
    found = lint()
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    "rule",
    [
        'type = "forbidden"\nsource_modules = ["services.stats"]\nforbidden_modules = ["shared.events"]',
        'type = "protected"\nprotected_modules = ["services.*.settings"]\nallowed_importers = []\nas_packages = false',
    ],
)
def test_a_broken_rule_is_noticed(tmp_path: Path, rule: str) -> None:
    config = tmp_path / "pyproject.toml"
    contract = f'[[tool.importlinter.contracts]]\nname = "never"\n{rule}'
    config.write_text(f'[tool.importlinter]\nroot_packages = ["services", "shared"]\n{contract}\n', encoding="utf-8")
    found = lint(config=config)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "never BROKEN" in found.stdout
