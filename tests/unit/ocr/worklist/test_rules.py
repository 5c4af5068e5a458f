"""Stages, parts and the plan."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.ocr.worklist.arrangement import check_parts
from services.ocr.worklist.plan import Goal, load_goals, progress
from services.ocr.worklist.stages import Action, Stage, may_act, stage_of
from shared.web.problems import Problem

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("state", "ruling", "stage"),
    [
        ("reading", None, Stage.READING),
        ("binding", None, Stage.TO_CHECK),
        ("recognised", None, Stage.TO_CHECK),
        ("failed", None, Stage.UNREADABLE),
        ("a state of later", None, Stage.READING),
        ("recognised", "approved", Stage.APPROVED),
        ("reading", "rearranged", Stage.REARRANGED),
    ],
)
def test_a_ruling_stands_above_how_far_the_reading_is(state: str, ruling: str | None, stage: Stage) -> None:
    assert stage_of({"state": state, "ruling": ruling}) == stage


def test_nothing_is_done_with_what_was_rearranged() -> None:
    row = {"state": "recognised", "ruling": Stage.REARRANGED}
    assert [action for action in Action if may_act(row, action)] == []


def test_parts_cover_the_document_without_overlap() -> None:
    assert [list(part) for part in check_parts(5, [2, 4])] == [[1], [2, 3], [4, 5]]
    for firsts in ([], [1], [6], [3, 2], [2, 2]):
        with pytest.raises(Problem):
            check_parts(5, firsts)


def goal(share: float, by: int) -> Goal:
    return Goal(
        library="thu-vien-tinh", collection_class="rare", registered=15, share=share, by=by, source="Kế hoạch thử"
    )


def test_the_plan_counts_what_is_approved_towards_the_nearest_year() -> None:
    stages = Counter({Stage.APPROVED: 6, Stage.TO_CHECK: 2, Stage.REARRANGED: 3, Stage.TO_RESCAN: 1})
    goals = [goal(100, 2030), goal(70, 2027)]
    rare, other = progress(goals, {("thu-vien-tinh", "rare"): stages, ("thu-vien-xa", "ancient"): Counter()})
    assert rare.goal is goals[1]
    assert (rare.digitised, rare.approved, rare.left, rare.share) == (8, 6, 5, 40.0)
    assert (other.goal, other.left, other.share) == (None, None, None)


def test_the_goals_of_the_local_stack_are_goals(tmp_path: Path) -> None:
    assert load_goals(None) == ()
    assert {one.library for one in load_goals(ROOT / "deploy" / "local" / "plan.yaml")} == {"thu-vien-tinh"}
    wrong = tmp_path / "plan.yaml"
    wrong.write_text("- {library: x, collection_class: rare, registered: -1, share: 10, by: 2027, source: y}")
    with pytest.raises(ValidationError):
        load_goals(wrong)
