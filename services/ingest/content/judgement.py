"""Rules of judging content: what marks a submission as a state secret, which concerns a judgement covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.ingest.documents.document import Submission
from shared.events.concerns import Judgement
from shared.events.vocabulary import AccessLevel
from shared.vietnamese.secrecy import degree_in_name, degree_in_title

STATE_SECRET = "state-secret"  # noqa: S105 (a reason, no password)


class JudgementForm(BaseModel):
    """What a person decides, and why."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True, use_attribute_docstrings=True)

    judgement: Judgement
    reason: Annotated[str, Field(min_length=10, max_length=1000)]
    access_level: AccessLevel | None = None
    """The widest that a restricted document may have."""

    @model_validator(mode="after")
    def _restricted_has_a_level(self) -> Self:
        if (self.judgement == Judgement.RESTRICTED) != (self.access_level is not None):
            raise ValueError("judgement restricted, and no other, has access_level")
        return self


def is_marked_secret(submission: Submission) -> bool:
    """Whether its sender says so, or its title, its own name or a name of its files or folders has the mark."""
    declared = submission.rights is not None and submission.rights.secrecy is not None
    names = [submission.item, *(file.name for file in submission.files)]
    package = submission.package
    inside = [package.name, *package.paths] if package else []
    return declared or bool(degree_in_title(submission.metadata.title)) or bears_mark(*names, *inside)


def bears_mark(*paths: str) -> bool:
    """Whether a file or folder of these paths has the mark in its name."""
    return any(degree_in_name(part) for path in paths for part in path.split("/"))


def is_condemned(row: Mapping[str, Any]) -> bool:
    """Whether a person has judged this very document a state secret: it is refused from then on, marked or not."""
    judgements = row.get("judgements", ())
    return bool(judgements) and judgements[-1]["judgement"] == Judgement.STATE_SECRET


def is_covered(concerns: Iterable[Mapping[str, Any]], judged: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a person has seen all of them: the same rule on the same page counts as seen."""
    seen = {_identity(concern) for concern in judged}
    return all(_identity(concern) in seen for concern in concerns)


def seen_of(concerns: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a judgement keeps of the concerns it was about: enough for `is_covered`, and no words of the document."""
    return [{name: concern[name] for name in ("kind", "rule", "page")} for concern in concerns]


def _identity(concern: Mapping[str, Any]) -> tuple[str, str, int]:
    return str(concern["kind"]), str(concern["rule"]), int(concern["page"])
