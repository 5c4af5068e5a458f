"""No request, by whomever, makes a service fail; and every operation works."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from tests.e2e import subjects as made
from tests.e2e.story import Story
from tests.e2e.subjects import Subjects
from tests.e2e.visits import ROLES, Client, Operation
from tests.proof.figures import write_figures

pytestmark = pytest.mark.stack

SERVICES = ("ingest", "ocr", "catalog", "stats", "notify")
FEW, MANY = 4, 80
"""Cases per operation and mode, each sent by everybody."""

GENERATE_ONLY = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))

DEEP = "[" * 100_000
HOSTILE_BODIES = {
    "empty": b"",
    "not-json": b"{",
    "not-utf-8": b'{"note": "\xff\xfe"}',
    "lone-surrogate-value": b'{"note": "\\ud800", "title": "\\ud800", "library": "\\udfff"}',
    "lone-surrogate-name": b'{"\\ud800": 1}',
    "nul": b'{"note": "\\u0000", "title": "\\u0000", "name": "\\u0000"}',
    "endless-integer": b'{"note": ' + b"9" * 5000 + b"}",
    "not-a-number": b'{"note": NaN, "due": Infinity, "title": 1e999}',
    "deep": DEEP.encode(),
    "array": b"[[], {}, null]",
    "null": b"null",
}
HOSTILE_TEXTS = {
    "nul": "%00",
    "not-utf-8": "%ff%fe",
    "lone-surrogate": "%ed%a0%80",
    "path": "..%2f..%2fetc%2fpasswd",
    "long": "a" * 5000,
    "mongo": "%24ne",
    "query-syntax": "%22%2B%28%5B%7B%7E%5E%2A%3A%5C",
    "cursor-out-of-the-calendar": base64.urlsafe_b64encode(b"0001-01-01T00:00:00+23:59|r-a").decode(),
    "listed-cursor-out-of-the-calendar": base64.urlsafe_b64encode(b'["0001-01-01T00:00:00+23:59","d"]').decode(),
    "infinite": "1e999",
    "great-integer": "9" * 400,
}
HOSTILE_HEADERS = (
    {"authorization": b"Bearer \xff\xfe"},
    {"authorization": b"Bearer " + b"a." * 4000},
    {"authorization": b"Bearer ltk_\xff_\x80"},
    {"traceparent": b"00-\xff-1-01"},
    {"accept-language": b"\xff;q=\xfe,,;;," + b"x" * 4000},
    {"if-match": b'"' + b"9" * 300 + b'"'},
    {"content-type": b"multipart/form-data; boundary=\xff"},
    {"content-type": b"application/json; charset=klingon"},
    {"ce-specversion": b"1.0", "ce-id": b"\xff", "ce-time": b"0000-99-99", "content-type": b"text/plain"},
)


@pytest.fixture(scope="module")
def subjects(client: Client, told: Story) -> Subjects:
    return made.prepare(client, told)


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def test_every_operation_succeeds(client: Client, subjects: Subjects) -> None:
    assert client.without_success() == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_generated_request_breaks_a_service(client: Client, subjects: Subjects, service: str) -> None:
    assert _fuzz(client, subjects, service, FEW) == []


@pytest.mark.prove
@pytest.mark.parametrize("service", SERVICES)
def test_no_generated_request_breaks_a_service_in_full(client: Client, subjects: Subjects, service: str) -> None:
    broken = _fuzz(client, subjects, service, MANY)
    report = {name: answers for name, answers in client.report().items() if name.startswith(service)}
    write_figures(f"fuzz.{service}", {"broken": broken, "answers": report})
    assert broken == []


@pytest.mark.parametrize("hostile", HOSTILE_BODIES)
def test_no_body_breaks_an_operation(client: Client, subjects: Subjects, hostile: str) -> None:
    broken = []
    for operation in _that_read_bodies(client):
        path = _path(operation, subjects)
        kind = next(iter(_definition(client, operation)["requestBody"]["content"]))
        for role in _everybody(_definition(client, operation)):
            headers = (
                {"content-type": f"{kind}; boundary=x"} if kind.startswith("multipart") else {"content-type": kind}
            )
            options = {"content": HOSTILE_BODIES[hostile], "headers": headers}
            answer = client.send(operation.service, operation.method, path, role, **options)
            broken += _judge(operation, role, answer.status_code, answer.text)
    assert broken == []


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_no_path_and_no_query_breaks_an_operation(client: Client, subjects: Subjects, hostile: str) -> None:
    text = HOSTILE_TEXTS[hostile]
    broken = []
    for operation in client.operations:
        queries = [one["name"] for one in _definition(client, operation).get("parameters", []) if one["in"] == "query"]
        targets = [f"{_path(operation, subjects)}?{name}={text}" for name in queries]
        if "{" in operation.path:
            targets.append(_path(operation, {}, otherwise=text))
        for target in targets:
            answer = client.send(operation.service, operation.method, target, "operator")
            broken += _judge(operation, target[:80], answer.status_code, answer.text)
    assert broken == []


def test_no_header_breaks_an_operation(client: Client, subjects: Subjects) -> None:
    broken = []
    for operation in client.operations:
        for headers in HOSTILE_HEADERS:
            answer = client.send(operation.service, operation.method, _path(operation, subjects), headers=headers)
            broken += _judge(operation, str(headers)[:80], answer.status_code, answer.text)
    assert broken == []


def _fuzz(client: Client, subjects: Subjects, service: str, examples: int) -> list[str]:
    """Send generated requests, valid and not, as everybody; those that a service answered with a failure."""
    schema = schemathesis.openapi.from_dict(client.documents[service])
    broken: list[str] = []
    for result in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = _cases(result.ok().as_strategy(generation_mode=mode), subjects, examples)
            assert cases or mode is GenerationMode.NEGATIVE, f"nothing was generated for {result.ok().label}"
            for case in cases:
                for role in _everybody(result.ok().definition.raw):
                    broken += _send_case(client, service, case, role)
    return broken


def _cases(strategy: st.SearchStrategy[Case], subjects: Subjects, examples: int) -> list[Case]:
    """Generated requests; half of those that name a thing name one that exists. None where none can be generated."""
    found: list[Case] = []

    @seed(1)
    @settings(GENERATE_ONLY, max_examples=examples)
    @given(case=strategy, chance=st.randoms(use_true_random=False), existing=st.booleans())
    def collect(case: Case, chance: Random, existing: bool) -> None:
        if existing and case.path_parameters:
            known = {name: chance.choice(subjects[name]) for name in case.path_parameters if name in subjects}
            case.path_parameters.update(known)
        found.append(case)

    with suppress(Unsatisfiable):
        collect()
    return found


def _send_case(client: Client, service: str, case: Case, role: str | None) -> list[str]:
    operation = Operation(service, case.method.upper(), case.path)
    try:
        answer = case.call(base_url=client.url(service), headers=client.token(role))
    except requests.RequestException as error:
        return [f"{' '.join(operation)} as {role}: {error}"]
    client.answers[operation][answer.status_code] += 1
    return _judge(operation, role, answer.status_code, case.as_curl_command()[:2000])


def _judge(operation: Operation, what: str | None, status: int, more: str) -> list[str]:
    return [f"{status}: {' '.join(operation)} with {what}: {more}"] if status >= 500 else []


def _that_read_bodies(client: Client) -> list[Operation]:
    return [operation for operation in client.operations if "requestBody" in _definition(client, operation)]


def _everybody(definition: Mapping[str, Any]) -> Sequence[str | None]:
    """All roles; nobody in particular where no token is read, as the service answers all of them alike."""
    return ROLES if "security" in definition else (None,)


def _definition(client: Client, operation: Operation) -> dict[str, Any]:
    definition: dict[str, Any] = client.documents[operation.service]["paths"][operation.path][operation.method.lower()]
    return definition


def _path(operation: Operation, subjects: Subjects, otherwise: str = "0") -> str:
    """The operation's path with things that exist, or with something else."""
    parts = operation.path.split("/")
    named = [part[1:-1] if part.startswith("{") else None for part in parts]
    return "/".join(
        part if name is None else str(subjects.get(name, (otherwise,))[0])
        for part, name in zip(parts, named, strict=True)
    )
