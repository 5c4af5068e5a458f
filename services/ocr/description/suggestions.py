"""A language model's suggestions beside the rules' findings: marked, never in their place; a person takes them.

Off unless OCR_DESCRIPTION_MODEL_URL is set. The model is any HTTP service that answers a `Question` with `Answers`;
what it says is untrusted: bounded, of known fields, and without effect on any finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Protocol

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ocr.description.page import DraftPage
from shared.events.draft import MetadataDraft, Suggestion

log = structlog.get_logger()

TEXT_CHARACTERS = 12_000
MOST_SUGGESTIONS = 40
ANSWER_BYTES = 200_000
FIELDS = frozenset(MetadataDraft.model_fields) - {"form", "suggestions"}


class ModelUnavailable(Exception):
    """The model did not answer, or not in the agreed form; the draft stands without it."""


class SuggestingModel(Protocol):
    """The port. May take seconds; raises ModelUnavailable."""

    name: str

    def suggest(self, question: Question) -> Sequence[Answer]: ...


class Question(BaseModel):
    """What a model is told: the text's beginning and what the rules found."""

    model_config = ConfigDict(frozen=True)

    text: str
    found: dict[str, Any]
    fields: tuple[str, ...]


class Answer(BaseModel):
    """A value for one field."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    field: Annotated[str, Field(max_length=40)]
    value: Annotated[str, Field(min_length=1, max_length=10_000)]
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


class Answers(BaseModel):
    suggestions: Annotated[tuple[Answer, ...], Field(max_length=MOST_SUGGESTIONS)]


class HttpModel:
    """Posts the question as JSON to a URL that the operator set."""

    def __init__(self, url: str, *, seconds: float, name: str = "model") -> None:
        self.name = name
        self._url = url
        self._seconds = seconds

    def suggest(self, question: Question) -> Sequence[Answer]:
        try:
            with httpx.stream("POST", self._url, json=question.model_dump(), timeout=self._seconds) as response:
                response.raise_for_status()
                return Answers.model_validate_json(_body(response)).suggestions
        except (httpx.HTTPError, ValidationError) as error:
            raise ModelUnavailable(type(error).__name__) from error


def model_at(url: str, seconds: float) -> SuggestingModel | None:
    """None where no address is set."""
    return HttpModel(url, seconds=seconds) if url else None


def _body(response: httpx.Response) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES:
            raise ModelUnavailable("answer too long")
    return body


def suggested(draft: MetadataDraft, pages: Sequence[DraftPage], model: SuggestingModel | None) -> MetadataDraft:
    """With a model's suggestions where there is one and it answers; a draft does not wait for more."""
    if model is None:
        return draft
    try:
        return with_suggestions(draft, pages, model)
    except ModelUnavailable as error:
        log.warning("description_model_unavailable", reason=str(error))
        return draft


def with_suggestions(draft: MetadataDraft, pages: Sequence[DraftPage], model: SuggestingModel) -> MetadataDraft:
    """The draft with what the model suggests where it differs; every finding stays. Raises ModelUnavailable."""
    text = "\f".join(page.text for page in pages)[:TEXT_CHARACTERS]
    found = draft.model_dump(mode="json", exclude={"suggestions"}, exclude_none=True)
    answers = model.suggest(Question(text=text, found=found, fields=tuple(sorted(FIELDS))))
    told = [answer for answer in answers[:MOST_SUGGESTIONS] if answer.field in FIELDS]
    suggestions = tuple(
        Suggestion(field=answer.field, value=answer.value, confidence=answer.confidence, rule=model.name[:100])
        for answer in told
        if answer.value not in _values(draft, answer.field)
    )
    return draft.model_copy(update={"suggestions": suggestions})


def _values(draft: MetadataDraft, field: str) -> set[str]:
    found = getattr(draft, field)
    return {finding.value for finding in (found if isinstance(found, tuple) else (found,)) if finding}
