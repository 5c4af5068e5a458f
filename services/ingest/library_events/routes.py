"""HTTP door for the events of library systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from pymongo.errors import BulkWriteError

from services.ingest.bodies import BodyLimits, read_body
from services.ingest.library_events import binding, store
from services.ingest.library_events.check import BadEvent, check_batch
from services.ingest.metrics import LIBRARY_EVENTS
from services.ingest.registry.key_holder import KEY_PREFIX, KeyHolder
from services.ingest.registry.store import find_key_holder
from shared.events import Event, EventData
from shared.runtime import Runtime
from shared.web.problems import Messages, Problem, language_of

log = structlog.get_logger(__name__)

DUPLICATE_KEY = 11000
FORBIDDEN = frozenset({"may-not-say", "not-your-library", "source-not-yours"})

_bearer = HTTPBearer(
    auto_error=False, scheme_name="LibraryKey", description="The key of a library's own system: ltk_<id>_<secret>."
)
_ONE: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "type": {"type": "string", "pattern": r"^vn\.lienthong\.[a-z-]+\.[a-z-]+\.v[1-9]\d*$"},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "traceparent": {"type": "string"},
        "data": {"type": "object"},
    },
}


class Stored(BaseModel):
    """What became of a batch."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    accepted: int
    """Events stored; they are on their way."""
    duplicates: int
    """Events of a source and id that came before: nothing was done again."""


@dataclass(frozen=True)
class EventLimits:
    body: BodyLimits
    max_events: int


def library_event_routes(runtime: Runtime, limits: EventLimits) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["library events"])
    content = {
        binding.STRUCTURED: {"schema": _ONE},
        binding.BATCH: {"schema": {"type": "array", "items": _ONE, "maxItems": limits.max_events}},
    }

    async def key_holder(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> KeyHolder:
        token = credentials.credentials if credentials else ""
        holder = await find_key_holder(runtime.database, token) if token.startswith(KEY_PREFIX) else None
        if holder is None:
            raise Problem(401, "library-key-needed", headers={"www-authenticate": "Bearer"})
        return holder

    @router.post(
        "",
        status_code=202,
        operation_id="publish_events",
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )
    async def publish_events(request: Request, holder: KeyHolder = Depends(key_holder)) -> Stored:
        """Publish one CloudEvent (structured or binary mode) or a batch: all of it is stored, or nothing.

        An event of the same source and id as an earlier one is accepted and has no second effect.
        """
        batch = _read(request.headers, await read_body(request, limits.body), limits)
        checked = check_batch(batch, holder, datetime.now(UTC), runtime.settings.max_message_bytes)
        if checked.bad:
            raise _refusal(checked.bad, len(batch), request)
        try:
            accepted = await _keep(runtime, holder, checked.events)
        except BadEvent as error:
            raise Problem(403, error.reason, **error.facts) from error
        LIBRARY_EVENTS.labels("stored").inc(accepted)
        LIBRARY_EVENTS.labels("duplicate").inc(len(batch) - accepted)
        log.info("library_events_stored", library=holder.library, key=holder.key, accepted=accepted, sent=len(batch))
        return Stored(accepted=accepted, duplicates=len(batch) - accepted)

    return router


async def _keep(runtime: Runtime, holder: KeyHolder, events: list[Event[EventData]] | Any) -> int:
    keep = partial(store.keep_batch, library=holder.library, events=events)
    try:
        return await runtime.works.transact(keep)
    except BulkWriteError as error:
        if not any(one["code"] == DUPLICATE_KEY for one in error.details["writeErrors"]):
            raise
    # The same event came in through another request at the same moment; now it can be seen.
    return await runtime.works.transact(keep)


def _read(headers: Mapping[str, str], body: bytes, limits: EventLimits) -> list[Any]:
    try:
        batch = binding.read_batch(headers, body)
    except binding.NotCloudEvents as error:
        raise Problem(415, "cloudevents-needed") from error
    except binding.Unreadable as error:
        raise Problem(400, "events-unreadable", what=str(error)) from error
    if not batch:
        raise Problem(422, "no-events")
    if len(batch) > limits.max_events:
        raise Problem(413, "too-many-events", allowed=limits.max_events)
    return batch


def _refusal(bad: Mapping[int, BadEvent], count: int, request: Request) -> Problem:
    """403 where nothing but permission is missing, else 422; each bad event with its index and reason."""
    LIBRARY_EVENTS.labels("refused").inc(count)
    messages, language = request.app.state.messages, language_of(request)
    errors = [_described(index, error, messages, language) for index, error in bad.items()]
    forbidden = all(error.reason in FORBIDDEN for error in bad.values())
    return Problem(403 if forbidden else 422, "events-refused", bad=len(bad), count=count, errors=errors)


def _described(index: int, error: BadEvent, messages: Messages, language: str) -> dict[str, str]:
    text = messages.text(error.reason, language, **error.facts)
    return {"where": str(index), "reason": error.reason, "what": text}
