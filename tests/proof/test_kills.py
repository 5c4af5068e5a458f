"""Kill -9 at random while work is in flight: nothing lost, nothing doubled; and the test itself can fail."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from tests.proof.figures import write_figures
from tests.proof.kill_run import FULL, SMALL, Outcome, Size, run_kills
from tests.proof.killing import BESIDE, KINDS
from tests.proof.stacks import running_stack

pytestmark = [pytest.mark.stack, pytest.mark.kafka]
QUICK = {
    "MARK_INTERVAL_SECONDS": "5",
    "NOTIFY_LEASE_SECONDS": "10",
    "NOTIFY_FIRST_WAIT_SECONDS": "1",
    "BROKER_SESSION_SECONDS": "4",
}
AT_WORK = {*BESIDE, *(name for names in KINDS.values() for name in names)}
"""The roles that have work to lose here; half of the time of a small run would be the start of the others."""


def _run(
    tmp_path: Path,
    size: Size,
    seed: int,
    env: Mapping[str, str] | None = None,
    *,
    real_kafka: bool = True,
    only: Collection[str] | None = None,
) -> Outcome:
    environment = {**QUICK, **(env or {})}
    with running_stack(tmp_path / "var", real_kafka=real_kafka, env=environment, only=only) as stack:
        return run_kills(stack, tmp_path, size, seed)


def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    outcome = _run(tmp_path, SMALL, seed=1, only=AT_WORK)
    assert outcome.differences == []
    assert outcome.kills == SMALL.kills
    assert outcome.repeated_mails <= outcome.kills


@pytest.mark.prove
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_nothing_is_lost_or_doubled_in_full(tmp_path: Path, seed: int) -> None:
    outcome = _run(tmp_path, FULL, seed)
    write_figures(f"kills.seed-{seed}", outcome.figures())
    assert outcome.differences == []
    assert outcome.repeated_mails <= outcome.kills


@pytest.mark.prove
def test_nothing_is_lost_or_doubled_when_the_broker_forgets_everything(tmp_path: Path) -> None:
    """The embedded broker comes back empty, as another cluster, and is refilled from the outboxes."""
    outcome = _run(tmp_path, Size(documents=8, loans=600, kills=15, rest_seconds=420), seed=31, real_kafka=False)
    write_figures("kills.embedded", outcome.figures())
    assert outcome.differences == []
    assert outcome.repeated_mails <= outcome.kills


@pytest.mark.prove
def test_without_the_inbox_something_is_done_twice(tmp_path: Path) -> None:
    differences = _run_without("inbox", tmp_path, {"INBOX": "false"})
    assert any(found > wanted for found, wanted in differences)


@pytest.mark.prove
def test_without_the_sweep_something_stays_behind(tmp_path: Path) -> None:
    differences = _run_without("sweep", tmp_path, {"RELAY_SWEEP": "false"})
    assert any(found < wanted for found, wanted in differences)


def _run_without(part: str, tmp_path: Path, env: Mapping[str, str]) -> list[tuple[int, int]]:
    """What was found and what was wanted, wherever the two differ at the end."""
    outcome = _run(tmp_path, Size(documents=4, loans=600, kills=20, rest_seconds=120), seed=21, env=env)
    write_figures(f"kills.without-{part}", outcome.figures())
    told = (re.search(r": (\d+), wanted (\d+)$", difference) for difference in outcome.differences)
    return [(int(one[1]), int(one[2])) for one in told if one]
