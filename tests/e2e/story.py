"""What happens on the shared stack before the tests look: scans become records, loans become notices."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo.doors import wait_for
from deploy.local.samples.drawing import PAGE_SIZE, draw_page
from tests.e2e.visits import Client

LIBRARY = "thu-vien-tinh"
SCHOOL = "truong-thpt-le-loi"
COMMUNE = "thu-vien-xa-ha-loi"
OVERRIDE = {"override_unscanned": True, "note": "Máy thử không có ClamAV"}
STATES = (
    ("draft", "viết nháp"),
    ("reviewed", "biên tập"),
    ("appraised", "thẩm định"),
    ("published", "công bố"),
    ("withdrawn", "thu hồi"),
)
STRIP_HEIGHT = 1000
"""Of a page: enough for a heading and a few lines, and read in a second."""


@dataclass(frozen=True)
class Scan:
    """A document that was handed in, and the trace id of its upload."""

    title: str
    content: bytes
    access_level: str
    id: str
    correlation_id: str

    @property
    def record(self) -> str:
        return self.id.replace("d-", "r-", 1)


@dataclass(frozen=True)
class Story:
    """What was done. `records` in the states of the workflow are for tests that change them."""

    published: Scan
    closed: Scan
    records: Mapping[str, Scan]
    patron: str
    loan: dict[str, Any]
    counted_before: Mapping[str, int]


def tell(client: Client) -> Story:
    """Do everything once, through the front doors."""
    before = totals(client)
    published = submit(client, "Hội làng Phù Ủng", "Hội mở ngày mười một tháng giêng, có rước kiệu và đấu vật.")
    closed = submit(client, "Gia phả họ Đặng Kẻ Sặt", "Sổ này ghi lời dặn kín của cụ tổ khuê danh.", "closed")
    records = {state: submit(client, f"Bản thử {name}", f"Tờ này dùng để thử bước {name}.") for state, name in STATES}
    for scan in (published, closed, *records.values()):
        await_draft(client, scan)
    for scan in (published, closed):
        advance(client, scan, "published")
    for state, scan in records.items():
        advance(client, scan, state)
    patron = register_reader(client, "BD0001")
    loan = loan_event(patron)
    publish_events(client, [loan])
    wait_for(lambda: totals(client)["loans-made"] > before["loans-made"] or None, "the loan to be counted")
    return Story(published, closed, records, patron, loan, before)


def submit(client: Client, title: str, text: str, access_level: str = "public") -> Scan:
    """Hand in a page as an operator does."""
    content = page_strip(title, text)
    answer = upload(client, content, title=title, access_level=access_level).raise_for_status()
    trace = answer.headers["traceresponse"].split("-")[1]
    return Scan(title, content, access_level, answer.json()["id"], trace)


def upload(client: Client, content: bytes, name: str = "trang.png", role: str = "librarian", **metadata: Any) -> Any:
    files = {"files": (name, content, "application/octet-stream")}
    form = {"metadata": json.dumps({"title": "Tài liệu thử", **metadata})}
    return client.send("ingest", "POST", "/v1/documents", role, files=files, data=form)


def page_strip(title: str, text: str) -> bytes:
    """The upper part of a printed page, as PNG."""
    strip = draw_page(f"{title}\n\n{text}", points=14).crop((0, 0, PAGE_SIZE[0], STRIP_HEIGHT))
    content = io.BytesIO()
    strip.save(content, "PNG", dpi=(300, 300))
    return content.getvalue()


def await_draft(client: Client, scan: Scan) -> None:
    wait_for(lambda: state_of(client, scan), f"the record of {scan.title}")


def state_of(client: Client, scan: Scan) -> str | None:
    """The state of the document's record; None while there is none."""
    answer = client.send("catalog", "GET", f"/v1/records/{scan.record}", "operator")
    return answer.json()["state"] if answer.is_success else None


def advance(client: Client, scan: Scan, state: str) -> None:
    """Take a draft to a state: a librarian reviews, the authority's appraiser appraises."""
    steps = [
        ("reviewed", "review", "librarian", {"note": "Đã đối chiếu"}),
        ("appraised", "appraise", "appraiser", {"note": "Đủ điều kiện"}),
        ("published", "publish", "librarian", OVERRIDE),
        ("withdrawn", "withdraw", "librarian", {"note": "Theo yêu cầu"}),
    ]
    reached = ["draft", *(step[0] for step in steps)].index(state)
    for _, verb, role, body in steps[:reached]:
        client.tell("catalog", f"/v1/records/{scan.record}/{verb}", role, body)


def register_reader(client: Client, local_id: str, library: str = SCHOOL, role: str = "library-system") -> str:
    address = f"{local_id.lower()}@{library}.example"
    card = {"library": library, "local_id": local_id, "name": "Nguyễn Thảo Vy", "email": address}
    return str(client.tell("catalog", "/v1/patrons", role, card)["patron"])


def loan_event(patron: str, library: str = SCHOOL, **attributes: Any) -> dict[str, Any]:
    """A loan as the library's own system tells of it."""
    item = f"i-{uuid.uuid4().hex[:12]}"
    due = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    data = {"library": library, "item": item, "loan": f"l-{item}", "patron": patron, "due": due, "title": "Tắt đèn"}
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"https://{library}.example/circulation",
        "type": "vn.lienthong.loan.made.v1",
        "subject": f"{library}/{item}",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    } | attributes


def publish_events(client: Client, events: list[dict[str, Any]]) -> Any:
    headers = {"content-type": "application/cloudevents-batch+json"}
    answer = client.send("ingest", "POST", "/v1/events", "library-system", content=json.dumps(events), headers=headers)
    return answer.raise_for_status().json()


def unknown_patron() -> str:
    """A pseudonym that nobody has."""
    return "p-" + hashlib.sha256(uuid.uuid4().bytes).hexdigest()[:32]


def totals(client: Client, library: str | None = None) -> dict[str, int]:
    """Each indicator's total."""
    query = {"library": library} if library else {}
    return {one["id"]: one["total"] for one in client.ask("stats", "/v1/indicators", **query)["indicators"]}
