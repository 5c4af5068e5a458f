"""Notices that are due: claimed by one sender at a time, settled together with the event that tells of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from services.notify.notices.notice import Notice, State
from services.notify.notices.store import NOTICES
from services.notify.sender.verdict import Verdict
from shared.bus.work import Work, Works
from shared.events.notices import NoticeFailed, NoticeSent

_NO_RETRY = (State.SENT, State.ERASED)


@dataclass(frozen=True)
class Claim:
    """A notice that this sender alone may send until its lease ends."""

    notice: Notice
    token: str
    repeats: bool
    """An earlier attempt is in doubt: this one may be a repeat."""


class Queue:
    """The notices by when they are due. A claim pushes `due` to the end of its lease: should the sender die, the
    notice becomes due by itself.
    """

    def __init__(self, works: Works, lease: timedelta) -> None:
        self._works = works
        self._rows = works.database[NOTICES]
        self._lease = lease

    async def claim(self) -> Claim | None:
        """The notice that has been due the longest; None when nothing is."""
        now, token = datetime.now(UTC), uuid.uuid4().hex
        taken = {
            "state": State.SENDING,
            "claimed_by": token,
            "due": now + self._lease,
            "attempts": {"$add": ["$attempts", 1]},
            "possible_repeats": {"$add": ["$possible_repeats", {"$toInt": "$in_doubt"}]},
            "in_doubt": True,
        }
        before = await self._rows.find_one_and_update(
            {"due": {"$lte": now}}, [{"$set": taken}], sort=[("due", 1)], return_document=ReturnDocument.BEFORE
        )
        if before is None:
            return None
        notice = Notice.model_validate({**before, "attempts": before["attempts"] + 1})
        return Claim(notice, token, before["in_doubt"])

    async def settle(self, claim: Claim, verdict: Verdict, due: datetime | None) -> bool:
        """Store the verdict; one that is final is announced in the same transaction. False when the lease was lost.

        Erased notices and those without an address are not announced: nobody was told, and nothing failed. `version`
        counts the announcements only: each version of a notice is one event.
        """
        mine = {"_id": claim.notice.id, "claimed_by": claim.token}
        change = _change(verdict, due)
        if verdict.state not in (State.SENT, State.FAILED):
            return bool((await self._rows.update_one(mine, change)).matched_count)

        async def do(work: Work) -> bool:
            row = await work.advance(NOTICES, mine, change)
            if row:
                work.announce(_told(claim.notice, verdict), version=row["version"])
            return row is not None

        return await self._works.transact(do)


def _change(verdict: Verdict, due: datetime | None) -> dict[str, Any]:
    values: dict[str, Any] = {"state": verdict.state, "reason": verdict.reason, "in_doubt": verdict.in_doubt}
    gone = ["claimed_by"]
    if due:
        values["due"] = due
    else:
        values["settled_at"] = datetime.now(UTC)
        gone.append("due")
    if verdict.state in _NO_RETRY:
        gone.append("facts")
    return {"$set": values, "$unset": dict.fromkeys(gone, "")}


def _told(notice: Notice, verdict: Verdict) -> NoticeSent | NoticeFailed:
    facts = {"notice": notice.id, "kind": notice.kind, "channel": notice.channel, "cause": notice.cause}
    if verdict.state is State.SENT:
        return NoticeSent(**facts)
    return NoticeFailed(**facts, reason=verdict.reason or "unknown")
