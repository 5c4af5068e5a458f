from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from shared.events.__main__ import check, docs, main
from shared.events.reference import SCHEMAS, write_documents
from shared.events.topics import topics


def test_check_is_content_with_the_committed_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "nothing breaks, everything is up to date" in capsys.readouterr().out


def test_docs_writes_what_check_then_finds_up_to_date(tmp_path: Path) -> None:
    assert docs(tmp_path) == 0
    assert check(None, tmp_path) == 0


def test_check_refuses_a_revision_that_git_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--against", "no-such-branch"])
    assert stopped.value.code == 2
    assert "no-such-branch" in capsys.readouterr().err


def test_check_names_a_breaking_change_and_the_file_to_write_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path)
    path = SCHEMAS / "loan.made.v1.schema.json"
    schema = json.loads((tmp_path / path).read_bytes())
    schema["properties"]["data"]["properties"]["shelf"] = {"type": "string"}
    (tmp_path / path).write_text(json.dumps(schema))
    assert check(None, tmp_path) == 1
    said = capsys.readouterr().out
    assert "breaking    loan.made.v1 data.shelf: field removed" in said
    assert f"out of date  {path}: run python -m shared.events docs" in said


def test_check_lets_a_compatible_change_pass_once_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path)
    _commit_without_field(tmp_path, SCHEMAS / "loan.made.v1.schema.json", "title")
    assert check("HEAD", tmp_path) == 0
    said = capsys.readouterr().out
    assert "compatible  loan.made.v1 data.title: optional field added" in said
    assert f"readers first: {', '.join(topics()['circulation'].readers)}; then producer ingest, catalog" in said


def _commit_without_field(root: Path, path: Path, field: str) -> None:
    """Commit an older schema that lacks a field, and leave today's in the work tree."""
    today = (root / path).read_bytes()
    schema = json.loads(today)
    del schema["properties"]["data"]["properties"][field]
    (root / path).write_text(json.dumps(schema))
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Yesterday")):
        subprocess.run(("git", "-C", str(root), *identity, *words), check=True, capture_output=True)
    (root / path).write_bytes(today)
