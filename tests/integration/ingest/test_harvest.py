"""Open content is fetched within limits, by a licence that is known, through the same door as an upload."""

import json
import threading
from contextlib import AsyncExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.ingest.app import messages, open_harvest
from services.ingest.documents.refusal import Refused
from services.ingest.harvest.command import harvest as run_harvest
from services.ingest.resources.resource import ResourceForm
from shared.web.outward import is_public
from tests.integration.ingest.conftest import LIBRARY, files_under, page

OPEN = "https://creativecommons.org/licenses/by/4.0/"
CLOSED = "http://rightsstatements.org/vocab/InC/1.0/"


class _Source(BaseHTTPRequestHandler):
    """A site with good pages and bad ones."""

    ended = threading.Event()

    def do_GET(self):
        self.server.asked.append(self.path)
        {"/inside": self._inside, "/round": self._round, "/slow": self._slow, "/none": self._none}.get(
            self.path, self._file
        )()

    def _inside(self):
        self._answer(302, {"Location": f"http://127.0.0.2:{self.server.server_port}/a.png"})

    def _round(self):
        self._answer(302, {"Location": "/round"})

    def _none(self):
        self._answer(404, {})

    def _slow(self):
        self._answer(200, {"Content-Length": "10"})
        self.ended.wait(120)

    def _file(self):
        body = page(7) if self.path != "/big.png" else b"x" * 3_000_000
        more = {"/other.png": {"Link": f'<{CLOSED}>; rel="license"'}, "/zipped.png": {"Content-Encoding": "gzip"}}
        self._answer(200, more.get(self.path, {}), body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def source():
    _Source.ended.clear()
    with ThreadingHTTPServer(("0.0.0.0", 0), _Source) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        _Source.ended.set()
        server.shutdown()
        thread.join()


@pytest.fixture
async def harvest(runtime, registered):
    """Reaches one loopback address, as if it lay outside."""
    async with AsyncExitStack() as stack:
        harvest = open_harvest(runtime, stack)
        limits = replace(harvest.limits, seconds=60, may_reach=lambda one: one == "127.0.0.1" or is_public(one))
        yield replace(harvest, limits=limits)


def resource(source, path: str, licence: str = OPEN, host: str = "127.0.0.1") -> ResourceForm:
    url = f"http://{host}:{source.server_port}{path}"
    return ResourceForm(url=url, title="Địa chí", creators=("Ai đó",), open_licence=licence)


async def test_an_open_page_is_taken_in_with_its_licence_and_where_it_came_from(harvest, source, client, outbox):
    first = await harvest.take(resource(source, "/trang%201.png"), LIBRARY)
    again = await harvest.take(resource(source, "/trang%201.png"), LIBRARY)

    assert (again.document, again.duplicate) == (first.document, True)
    [event] = await outbox()
    assert event["data"]["files"][0]["name"] == "trang 1.png"
    assert (event["data"]["metadata"]["title"], event["data"]["metadata"]["rights_statement"]) == ("Địa chí", OPEN)
    [shown] = (await client.get("/v1/resources")).json()["resources"]
    assert (shown["document"], shown["open_licence"]) == (first.document, OPEN)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/inside", "harvest-inside"),
        ("/round", "harvest-away"),
        ("/none", "harvest-away"),
        ("/slow", "harvest-away"),
        ("/zipped.png", "harvest-away"),
        ("/big.png", "file-too-large"),
        ("/other.png", "harvest-other-licence"),
    ],
)
async def test_what_is_not_as_it_should_be_leaves_nothing(  # noqa: PLR0917 (fixtures)
    harvest, source, outbox, tmp_path, path, reason
):
    patience = 1 if path == "/slow" else harvest.limits.seconds
    with pytest.raises(Refused) as refused:
        await replace(harvest, limits=replace(harvest.limits, seconds=patience)).take(resource(source, path), LIBRARY)

    assert refused.value.reason == reason
    assert await outbox() == []
    assert files_under(tmp_path / "objects") == files_under(tmp_path / "spool") == []


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "[::ffff:127.0.0.2]", "2130706434"])
async def test_nothing_inside_is_called_by_whatever_name(harvest, source, host):
    guarded = replace(harvest, limits=replace(harvest.limits, may_reach=is_public))
    with pytest.raises(Refused) as refused:
        await guarded.take(resource(source, "/a.png", host=host), LIBRARY)

    assert refused.value.reason == "harvest-inside"
    assert source.asked == []


async def test_an_unknown_licence_is_not_even_asked_for(harvest, source):
    with pytest.raises(Refused) as refused:
        await harvest.take(resource(source, "/a.png", CLOSED), LIBRARY)

    assert (refused.value.reason, source.asked) == ("oai-not-open", [])


async def test_a_list_says_what_became_of_each_line(settings, harvest, source, tmp_path, capsys):
    forms = [resource(source, "/a.png"), resource(source, "/none")]
    lines = [*(form.model_dump_json(exclude_none=True) for form in forms), "", json.dumps({"url": "x"})]
    listed = tmp_path / "list.jsonl"
    listed.write_text("\n".join(lines), encoding="utf-8")

    assert await run_harvest(settings, listed, LIBRARY, lambda *_: harvest, messages()) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line[1:2] == ":"]
    assert told[0].startswith("1: d-")
    assert told[1].startswith("2: harvest-away: Không tải được http")
    assert told[2].startswith("4: url: ")
