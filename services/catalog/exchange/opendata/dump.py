"""What a dump is, and when the next is due."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from shared.events.vocabulary import Moment, Value
from shared.web.languages import VIETNAM_TIME


class DumpFile(Value):
    """A file of a dump. `records`: how many clusters are in it."""

    name: str
    key: str
    media_type: str
    conforms_to: str
    size: Annotated[int, Field(ge=0)]
    sha256: str
    records: Annotated[int, Field(ge=0)]


class Dump(Value):
    """All public clusters as they were at a moment. Its id sorts by time."""

    id: str
    made_at: Moment
    files: tuple[DumpFile, ...]


def id_of(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def is_due(last: datetime, now: datetime, hour: int) -> bool:
    """Whether the last dump is from before this night's hour, Vietnam time."""
    tonight = now.astimezone(VIETNAM_TIME).replace(hour=hour, minute=0, second=0, microsecond=0)
    if tonight > now:
        tonight -= timedelta(days=1)
    return last < tonight
