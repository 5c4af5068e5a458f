"""The front doors of a running stack, as its stack.json names them."""

from __future__ import annotations

import json
import mailbox
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.local.samples.render import Sample

T = TypeVar("T")


class Doors:
    """HTTP with the tokens of the demo people. Errors are httpx.HTTPStatusError."""

    def __init__(self, stack_file: Path) -> None:
        self.addresses: dict[str, Any] = json.loads(stack_file.read_text(encoding="utf-8"))
        self._client = httpx.Client(timeout=60)

    def url(self, service: str, path: str) -> str:
        return f"{self.addresses['services'][service]['url']}{path}"

    def ask(self, service: str, path: str, role: str | None = None, **query: str) -> Any:
        answer = self._client.get(self.url(service, path), params=query, headers=self._headers(role))
        return answer.raise_for_status().json()

    def tell(self, service: str, path: str, role: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(self.url(service, path), json=body, headers=self._headers(role))
        return answer.raise_for_status().json()

    def register_reader(self, library: str, card: dict[str, str]) -> str:
        """Register a reader with the library's own key; the pseudonym."""
        key = self.addresses["library_keys"][library]
        headers = {"authorization": f"Bearer {key}"}
        answer = self._client.post(
            self.url("catalog", "/v1/patrons"), json={"library": library, **card}, headers=headers
        )
        patron: str = answer.raise_for_status().json()["patron"]
        return patron

    def submit(self, sample: Sample, **more: str) -> httpx.Response:
        """Hand in a sample document for its library; `more` goes into its form, e.g. lane="interactive"."""
        form = {**sample.metadata.model_dump(mode="json", exclude_none=True), "library": sample.library, **more}
        with sample.path.open("rb") as file:
            return self._client.post(
                self.url("ingest", "/v1/documents"),
                data={"metadata": json.dumps(form)},
                files={"files": (sample.path.name, file, sample.media_type)},
                headers=self._headers("operator"),
            )

    def publish_events(self, events: list[dict[str, Any]], key: str) -> Any:
        """Publish a batch as a library's own system does."""
        answer = self._client.post(
            self.url("ingest", "/v1/events"),
            content=json.dumps(events),
            headers={"authorization": f"Bearer {key}", "content-type": "application/cloudevents-batch+json"},
        )
        return answer.raise_for_status().json()

    def mails(self) -> list[mailbox.MaildirMessage]:
        """Everything that arrived at the local mail server."""
        return list(mailbox.Maildir(self.addresses["mail"]["directory"], create=False))

    def _headers(self, role: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.addresses['tokens'][role]}"} if role else {}


class TooLate(Exception):
    """Something expected did not happen in time."""


def wait_for(look: Callable[[], T | None], what: str, seconds: float = 180) -> T:
    """Ask until there is an answer. Raises TooLate."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TooLate(what)
        time.sleep(0.3)
    return found
