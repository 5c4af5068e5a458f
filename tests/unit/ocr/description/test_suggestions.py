"""A language model beside the rules: a real HTTP server answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.ocr.description.drafting import draft_of
from services.ocr.description.page import DraftPage
from services.ocr.description.suggestions import ModelUnavailable, model_at, suggested, with_suggestions

PAGES = [
    DraftPage(
        1, "ỦY BAN NHÂN DÂN\nTỈNH KON TUM\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 7/KH-UBND\nKẾ HOẠCH\nSố hóa địa chí"
    )
]


@pytest.fixture
def answering():
    """Starts a server that answers with these bytes; gives its address and what it was asked."""
    servers, asked = [], []

    def start(body: bytes) -> tuple[str, list[dict]]:
        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_without_an_address_nobody_is_asked():
    draft = draft_of(PAGES)
    assert model_at("", 1) is None
    assert suggested(draft, PAGES, None) == draft


def test_suggestions_stand_beside_the_findings(answering):
    said = [
        {"field": "title", "value": "Another title", "confidence": 0.99},
        {"field": "number", "value": "7/KH-UBND"},
        {"field": "form", "value": "book"},
        {"field": "password", "value": "x"},
    ]
    url, asked = answering(json.dumps({"suggestions": said}).encode())
    draft = draft_of(PAGES)
    after = suggested(draft, PAGES, model_at(url, 60))
    assert after.model_copy(update={"suggestions": ()}) == draft
    assert [(s.field, s.value, s.origin) for s in after.suggestions] == [("title", "Another title", "model")]
    assert asked[0]["found"]["number"]["value"] == "7/KH-UBND"


@pytest.mark.parametrize("body", [b"", b"no json", b'{"suggestions": [{"field": "title"}]}', b" " * 300_000])
def test_an_answer_out_of_form_leaves_the_draft_as_it_is(answering, body):
    url, _ = answering(body)
    draft = draft_of(PAGES)
    assert suggested(draft, PAGES, model_at(url, 60)) == draft
    with pytest.raises(ModelUnavailable):
        with_suggestions(draft, PAGES, model_at(url, 60))
