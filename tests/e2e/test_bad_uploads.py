"""What must not come in through the door: a clear reason, little memory, and nothing half-stored."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pymongo import MongoClient

from deploy.local.demo.doors import wait_for
from deploy.local.orphans import processes_of
from tests.e2e.memory import MEGABYTE, Peak, tree, watched
from tests.e2e.story import page_strip, upload
from tests.e2e.visits import Client
from tests.proof.figures import write_figures
from tests.proof.stacks import ProofStack
from tests.resources import hostile

pytestmark = pytest.mark.stack

MOST_BYTES = 1000 * MEGABYTE
HUGE_SIDE = 20_000
STALL_SECONDS = 60
"""Within which a stalled upload must be cut; the stack is told to wait far less."""
HARM = frozenset({"too-much-memory", "took-too-long", "crashed"})
DOCUMENTS = "/v1/documents"
PART = b'--ranh\r\nContent-Disposition: form-data; name="files"; filename="trang.png"\r\n\r\n'
METADATA = b'--ranh\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"title": "Nhan"}\r\n'
END = b"\r\n--ranh--\r\n"
MULTIPART = {"content-type": "multipart/form-data; boundary=ranh"}


@dataclass(frozen=True)
class Bad:
    """A file, made when it is needed, the reasons one of which must be given, and the name it is sent under."""

    content: Callable[[], bytes]
    reasons: frozenset[str]
    name: str = "trang.png"
    status: int = 422


def good() -> bytes:
    return page_strip("Trang tốt", "Trang này đọc được.")


def drawing_bomb() -> bytes:
    """Millions of strokes."""
    return hostile.pdf(hostile.deflated(b"0 0 m 9 9 l S\n", 1 << 23))


def blank_bomb() -> bytes:
    """Page content of a gigabyte."""
    return hostile.pdf(hostile.deflated(b" ", 1 << 30))


def bomb_in_bomb() -> bytes:
    packed = hostile.deflated(hostile.deflated(b" ", 1 << 30), 1)
    return hostile.pdf(packed, filters="[/FlateDecode /FlateDecode]")


def image_bomb() -> bytes:
    return hostile.pdf(hostile.deflated(b"/I Do", 1), image=(HUGE_SIDE, HUGE_SIDE))


def endless_paper() -> bytes:
    return hostile.pdf(hostile.deflated(b" ", 9), media_box="0 0 14400 14400")


FILES = {
    "empty": Bad(lambda: b"", frozenset({"empty"})),
    "truncated": Bad(lambda: good()[:-2000], frozenset({"truncated"})),
    "truncated-tiff": Bad(lambda: hostile.tiff(300, 400)[:-20], frozenset({"truncated"}), "trang.tif"),
    "damaged-pdf": Bad(lambda: b"%PDF-1.7\n" + b"rac " * 500 + b"%%EOF", frozenset({"broken-pdf"}), "sach.pdf"),
    "png-bomb": Bad(lambda: hostile.png(HUGE_SIDE, HUGE_SIDE), frozenset({"too-many-pixels"})),
    "tiff-bomb": Bad(lambda: hostile.tiff(HUGE_SIDE, HUGE_SIDE), frozenset({"too-many-pixels"}), "trang.tif"),
    "pdf-image-bomb": Bad(image_bomb, frozenset({"too-many-pixels"}), "sach.pdf"),
    "pdf-drawing-bomb": Bad(drawing_bomb, HARM, "sach.pdf"),
    "pdf-blank-bomb": Bad(blank_bomb, HARM, "sach.pdf"),
    "pdf-bomb-in-bomb": Bad(bomb_in_bomb, HARM, "sach.pdf"),
    "endless-paper": Bad(endless_paper, frozenset({"page-too-large"}), "sach.pdf"),
    "program": Bad(lambda: b"MZ" + good(), frozenset({"unsupported-type"}), "trang.png.exe", 415),
    "web-page": Bad(lambda: b"<html><script>", frozenset({"unsupported-type"}), "trang.pdf", 415),
    "path-as-name": Bad(lambda: good()[:500], frozenset({"truncated"}), "../../../etc/cron.d/trang.png"),
    "windows-path-as-name": Bad(lambda: b"", frozenset({"empty"}), "C:\\Windows\\System32\\trang.png"),
}


@dataclass(frozen=True)
class Kept:
    """What ingest holds: objects, documents that are not refused, and what lies in its spool."""

    objects: frozenset[str]
    documents: int
    spooled: frozenset[str]


@pytest.fixture(scope="module")
def memory(stack: ProofStack) -> Iterator[Peak]:
    """The peak of the door and everything it starts, over all tests of this module."""
    with watched(lambda: tree(stack.pids()["ingest-api"])) as peak:
        yield peak


@pytest.fixture(autouse=True)
def _nothing_half_stored(stack: ProofStack, memory: Peak) -> Iterator[None]:
    """Whatever a test sends: afterwards the door holds what it held before, and took little memory."""
    before = _kept(stack)
    yield
    wait_for(lambda: _kept(stack) == before or None, f"the door to hold {before}")
    assert 0 < memory.size < MOST_BYTES


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_with_a_reason(client: Client, name: str) -> None:
    bad = FILES[name]
    answer = upload(client, bad.content(), bad.name)
    assert _reason(answer, bad.status) in bad.reasons
    shown = answer.json()["errors"][0]["where"]
    assert bad.name.endswith(shown)
    assert not {"/", "\\"} & set(shown)


def test_two_gigabytes_are_refused_before_they_are_sent(client: Client) -> None:
    with _opened(client, {"content-length": str(2 << 30)}) as connection:
        connection.sendall(METADATA + PART)
        assert _answer(connection)[0] == 413


def test_an_endless_file_is_cut_at_its_limit(client: Client) -> None:
    def endless() -> Iterator[bytes]:
        yield METADATA + PART + b"\x89PNG\r\n\x1a\n"
        for _ in range(400):
            yield b"\0" * MEGABYTE

    try:
        answer = client.send("ingest", "POST", DOCUMENTS, "librarian", content=endless(), headers=MULTIPART)
    except httpx.TransportError:  # the door may hang up on what goes on sending
        return
    assert _reason(answer, 413) == "file-too-large"


def test_a_stalled_upload_is_cut(client: Client) -> None:
    with _opened(client, {"content-length": "1000000"}) as connection:
        connection.sendall(METADATA + PART + good()[:1000])
        started = time.monotonic()
        status, body = _answer(connection)
        assert status == 408
        assert json.loads(body)["reason"] == "stalled"
        assert time.monotonic() - started < STALL_SECONDS


def test_a_client_that_goes_away_leaves_nothing(client: Client) -> None:
    with _opened(client, {"content-length": "1000000"}) as connection:
        connection.sendall(METADATA + PART + good()[:1000])


def test_a_body_that_ends_too_early_is_refused(client: Client) -> None:
    body = METADATA + PART + good()[:1000]
    answer = client.send("ingest", "POST", DOCUMENTS, "librarian", content=body, headers=MULTIPART)
    assert _reason(answer, 400) == "multipart-broken"


@pytest.mark.parametrize(
    ("part", "reason", "status"),
    [
        (PART + b"x\r\n", "too-many-files", 413),
        (b'--ranh\r\nContent-Disposition: form-data; name="la"\r\n\r\nx\r\n', "unexpected-field", 422),
        (METADATA, "unexpected-field", 422),
    ],
    ids=["files", "fields", "metadata"],
)
def test_thousands_of_parts_are_refused(client: Client, part: bytes, reason: str, status: int) -> None:
    body = METADATA + part * 5000 + END
    answer = client.send("ingest", "POST", DOCUMENTS, "librarian", content=body, headers=MULTIPART)
    assert _reason(answer, status) == reason


@pytest.mark.prove
def test_the_whole_stack_stays_small(client: Client, stack: ProofStack, memory: Peak) -> None:
    with watched(lambda: processes_of(stack.settings.var.resolve())) as whole:
        for bad in FILES.values():
            assert _reason(upload(client, bad.content(), bad.name), bad.status) in bad.reasons
    write_figures("bad-uploads", {"door_megabytes": memory.megabytes, "whole_stack_megabytes": whole.megabytes})


def _reason(answer: httpx.Response, status: int) -> str:
    """The reason code of a refusal, which is explained in Vietnamese."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-language"] == "vi"
    assert not problem["detail"].isascii()
    return str(problem["reason"])


def _kept(stack: ProofStack) -> Kept:
    var = stack.settings.var
    with MongoClient(stack.mongo_url) as mongo:
        documents = mongo.ingest.documents.count_documents({"state": {"$ne": "rejected"}})
    # Other services put objects of theirs beside these at any time.
    objects = _files(var / "objects" / "originals") | _files(var / "objects" / "uploads")
    return Kept(objects, documents, _files(var / "spool"))


def _files(folder: Path) -> frozenset[str]:
    return frozenset(str(path) for path in folder.rglob("*") if path.is_file())


def _opened(client: Client, headers: dict[str, str]) -> socket.socket:
    """A connection on which the head of an upload was sent."""
    address = urlsplit(client.url("ingest"))
    lines = {"host": address.netloc, **MULTIPART, **client.token("librarian"), **headers}
    connection = socket.create_connection((str(address.hostname), address.port or 80), timeout=STALL_SECONDS)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection.sendall(f"POST {DOCUMENTS} HTTP/1.1\r\n{head}\r\n".encode())
    return connection


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body; the door ends the connection behind them."""
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
