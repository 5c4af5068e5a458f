"""Notices for operators: addresses are never shown, only who a notice is for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from services.notify.addresses.mailbox import masked
from services.notify.addresses.recipient import Recipient, RecipientType
from services.notify.notices.notice import ID_PATTERN, Kind, Notice, State
from services.notify.notices.store import Notices
from shared.telemetry.tracing import correlation_of
from shared.web.auth import Role, needs
from shared.web.problems import Problem

NoticeId = Annotated[str, Path(pattern=ID_PATTERN, examples=["n-0b7e41d25a9f4c68a1b2c3d4"])]
Cursor = Annotated[str | None, Query(pattern=ID_PATTERN, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class NoticeView(BaseModel):
    """A notice as operators see it."""

    id: str
    """Also the left part of the mail's Message-ID."""
    kind: Kind
    channel: str
    state: State
    recipient: Recipient
    """A patron's pseudonym, a library's id, or an operator's address with its letters hidden."""
    library: str
    cause: str
    correlation_id: str
    created_at: datetime
    due: datetime | None
    attempts: int
    possible_repeats: int
    reason: str | None
    settled_at: datetime | None


class NoticePage(BaseModel):
    notices: list[NoticeView]
    next_cursor: str | None


def notices_router(notices: Notices) -> APIRouter:
    """`/v1/notices`: list, one, retry. Operators only."""
    router = APIRouter(prefix="/v1/notices", tags=["notices"], dependencies=[Depends(needs(Role.OPERATOR))])

    @router.get("")
    async def list_notices(state: State | None = None, cursor: Cursor = None, limit: Limit = 50) -> NoticePage:
        """Notices, newest first; 404 for a cursor that is not of this list."""
        after = await notices.one(cursor) if cursor else None
        if cursor and after is None:
            raise Problem(404, "cursor-unknown", cursor=cursor)
        found = await notices.page(state, after, limit + 1)
        shown = found[:limit]
        return NoticePage(
            notices=[view(notice) for notice in shown], next_cursor=shown[-1].id if len(found) > limit else None
        )

    @router.get("/{notice}")
    async def get_notice(notice: NoticeId) -> NoticeView:
        """One notice; 404 when there is none of that id."""
        return view(await _existing(notice))

    @router.post("/{notice}/retry")
    async def retry_notice(notice: NoticeId) -> NoticeView:
        """Try a notice again at once that failed, lacks an address or waits; 409 in any other state."""
        again = await notices.retry(notice)
        if again is None:
            await _existing(notice)
            raise Problem(409, "notice-not-retriable", notice=notice)
        return view(again)

    async def _existing(notice: str) -> Notice:
        found = await notices.one(notice)
        if found is None:
            raise Problem(404, "notice-unknown", notice=notice)
        return found

    return router


def view(notice: Notice) -> NoticeView:
    shown = notice.model_dump(include=set(NoticeView.model_fields))
    recipient = notice.recipient
    if recipient.type is RecipientType.OPERATOR:
        recipient = Recipient(type=recipient.type, name=masked(recipient.name))
    shown |= {"recipient": recipient, "correlation_id": correlation_of(notice.traceparent)}
    return NoticeView.model_validate(shown)
