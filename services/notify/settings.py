"""What the notify service alone is told by its environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.notify.addresses.mailbox import NotAMailbox, mailbox


class NotifySettings(BaseSettings):
    """Variables by field name in capitals. A ValidationError names the one that is wrong."""

    model_config = SettingsConfigDict(extra="ignore")

    smtp_url: str = "smtp://127.0.0.1:25"
    """`smtp://user:password@host:port`, or `smtps://` for TLS from the first byte; percent-encode user and password."""
    notify_from: str = "thong-bao@lienthong.example"
    """The sender's address; its domain stands in every Message-ID."""
    notify_operators: Annotated[tuple[str, ...], NoDecode] = ()
    """Who hears of documents that failed: addresses separated by commas. Empty: nobody but the library does."""
    notify_give_up_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72
    notify_first_wait_seconds: Annotated[float, Field(gt=0, le=3600)] = 15
    """The wait after the first failed attempt; it doubles with each further one."""
    notify_lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 300
    """How long a sender may hold a notice; an attempt is broken off after half of it."""

    @field_validator("notify_operators", mode="before")
    @classmethod
    def _split(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())

    @field_validator("notify_operators")
    @classmethod
    def _check_operators(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked(address) for address in value)

    @field_validator("notify_from")
    @classmethod
    def _check_from(cls, value: str) -> str:
        return _checked(value)

    @property
    def domain(self) -> str:
        return self.notify_from.rpartition("@")[2]


def _checked(address: str) -> str:
    try:
        return mailbox(address)
    except NotAMailbox as error:
        raise ValueError(str(error)) from error
