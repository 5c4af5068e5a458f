"""A client of the front doors that remembers which operation of which OpenAPI document answered what."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import httpx

TIMEOUT_SECONDS = 60
METHODS = ("get", "post", "put", "patch", "delete")
ROLES = ("librarian", "appraiser", "operator", "library-system", "reader", "authority", None)
"""Everybody who may knock; None has no token."""


class Operation(NamedTuple):
    """An operation as the OpenAPI document of its service names it."""

    service: str
    method: str
    path: str


class Client:
    """Sends requests with the tokens of a stack."""

    def __init__(self, addresses: Mapping[str, Any]) -> None:
        self.addresses = addresses
        self.answers: defaultdict[Operation, Counter[int]] = defaultdict(Counter)
        # A connection that is kept may be closed by the server at the very moment of its next use.
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))
        self.documents = {service: self._document(service) for service in addresses["services"]}
        self.operations = [
            Operation(service, method.upper(), path)
            for service, document in self.documents.items()
            for path, methods in document["paths"].items()
            for method in METHODS
            if method in methods
        ]

    def url(self, service: str) -> str:
        return str(self.addresses["services"][service]["url"])

    def token(self, role: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.addresses['tokens'][role]}"} if role else {}

    def send(self, service: str, method: str, path: str, role: str | None = None, **options: Any) -> httpx.Response:
        """Send a request and remember its status."""
        headers = {**self.token(role), **options.pop("headers", {})}
        answer = self._http.request(method, self.url(service) + path, headers=headers, **options)
        self.note(service, method, answer.request.url.path, answer.status_code)
        return answer

    def ask(self, service: str, path: str, role: str | None = None, **query: Any) -> Any:
        return self.send(service, "GET", path, role, params=query).raise_for_status().json()

    def tell(self, service: str, path: str, role: str, body: Any) -> Any:
        return self.send(service, "POST", path, role, json=body).raise_for_status().json()

    def note(self, service: str, method: str, path: str, status: int) -> None:
        for operation in self.operations:
            if operation[:2] == (service, method) and _pattern(operation.path).fullmatch(path):
                self.answers[operation][status] += 1
                return

    def without_success(self) -> list[Operation]:
        """Operations that never answered with a 2xx."""
        return [one for one in self.operations if not any(200 <= status < 300 for status in self.answers[one])]

    def report(self) -> dict[str, dict[str, int]]:
        """How often each operation answered with which status."""
        return {
            " ".join(operation): {str(status): count for status, count in sorted(self.answers[operation].items())}
            for operation in self.operations
        }

    def _document(self, service: str) -> dict[str, Any]:
        document: dict[str, Any] = self._http.get(self.url(service) + "/openapi.json").raise_for_status().json()
        return document


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"{[^}]*}", path)))
