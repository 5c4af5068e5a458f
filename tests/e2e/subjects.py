"""Things that exist on the stack, for requests that need one; every operation succeeds at least once with them."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo.doors import wait_for
from tests.e2e.story import (
    COMMUNE,
    LIBRARY,
    Story,
    await_draft,
    loan_event,
    publish_events,
    register_reader,
    submit,
    unknown_patron,
)
from tests.e2e.visits import Client
from tests.integration.catalog.union.shelves import books, catalogue, iso2709
from tests.integration.ingest.conftest import page
from tests.integration.ingest.packing import mets_package, zipped

TUS = {"tus-resumable": "1.0.0"}
OPEN_RECORD = """
<record xmlns="http://www.openarchives.org/OAI/2.0/">
  <header><identifier>oai:example.org:1</identifier><datestamp>2026-01-01</datestamp></header>
  <metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
                       xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:title>Sách mở</dc:title>
    <dc:identifier>https://example.org/sach-mo.pdf</dc:identifier>
    <dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights>
  </oai_dc:dc></metadata>
</record>
"""
OPERATION_PATHS = ("/healthz", "/readyz", "/metrics")

Subjects = Mapping[str, tuple[Any, ...]]
"""Path parameter -> what exists under that name."""


def prepare(client: Client, told: Story) -> Subjects:
    """Make one of everything that may be changed, and use every operation as its users do."""
    library = _use_registry(client)
    patron, loan = _use_desk(client)
    notice = _use_notices(client)
    _use_records(client, told)
    _use_readings(client, told)
    _use_worklist(client)
    resource = _use_resources(client)
    upload, batch, deposit = _use_intake(client)
    cluster = _use_exchange(client)
    union = _use_union(client)
    scope = _use_scopes(client)
    authorities = _use_authorities(client)
    for service in client.documents:
        for path in OPERATION_PATHS:
            client.send(service, "GET", path)
    scans = tuple(told.records.values())
    return {
        "library": (library,),
        "cluster": (cluster,),
        "dump": ("latest",),
        "file": ("union.csv.gz",),
        "patron": (patron,),
        "loan": (loan,),
        "notice": (notice,),
        "document": tuple(scan.id for scan in scans),
        "record": tuple(scan.record for scan in scans),
        "number": (1,),
        "layout": ("hocr", "alto"),
        "upload": (upload,),
        "batch": (batch,),
        "deposit": (deposit,),
        "scope": (scope,),
        "resource": (resource,),
        **union,
        **authorities,
    }


def _use_registry(client: Client) -> str:
    library = f"thu-vien-{uuid.uuid4().hex[:8]}"
    entry = {"library": library, "title": "Thư viện thử", "library_type": "community", "own_system": True}
    client.tell("catalog", "/v1/libraries", "authority", entry | {"contact": "thu@lienthong.example"})
    client.send("catalog", "PATCH", f"/v1/libraries/{library}", "operator", json={"title": "Thư viện thử nghiệm"})
    key = client.tell("catalog", f"/v1/libraries/{library}/keys", "operator", {})
    for path in ("/v1/libraries", f"/v1/libraries/{library}", f"/v1/libraries/{library}/keys"):
        client.ask("catalog", path, "operator")
    client.send("catalog", "DELETE", f"/v1/libraries/{library}/keys/{key['id']}", "operator")
    return library


def _use_desk(client: Client) -> tuple[str, str]:
    """A patron and a loan of a commune whose desk the catalog runs."""
    erased = register_reader(client, "xa-0002", COMMUNE, "librarian")
    client.send("catalog", "DELETE", f"/v1/patrons/{erased}", "librarian")
    patron = register_reader(client, "xa-0001", COMMUNE, "librarian")
    loans = [_lend(client, patron) for _ in range(2)]
    later = {"due": (datetime.now(UTC) + timedelta(days=30)).date().isoformat()}
    client.tell("catalog", f"/v1/loans/{loans[0]}/renew", "librarian", later)
    client.tell("catalog", f"/v1/loans/{loans[0]}/return", "librarian", {})
    client.ask("catalog", f"/v1/loans/{loans[1]}", "librarian")
    return patron, loans[1]


def _lend(client: Client, patron: str) -> str:
    due = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    loan = {"library": COMMUNE, "item": f"i-{uuid.uuid4().hex[:12]}", "patron": patron, "due": due}
    return str(client.tell("catalog", "/v1/loans", "librarian", loan)["id"])


def _use_notices(client: Client) -> str:
    """A notice to a patron without an address: the one state in which it can be tried again at will."""
    event = loan_event(unknown_patron())
    publish_events(client, [event])

    def waiting() -> str | None:
        page = client.ask("notify", "/v1/notices", "operator", state="no-address")
        return next((notice["id"] for notice in page["notices"] if notice["cause"] == event["id"]), None)

    notice = wait_for(waiting, "a notice without an address")
    client.ask("notify", f"/v1/notices/{notice}", "operator")
    client.tell("notify", f"/v1/notices/{notice}/retry", "operator", {})
    return notice


def _use_records(client: Client, told: Story) -> None:
    record = told.records["published"].record
    client.ask("catalog", "/v1/records", "librarian")
    for path in (f"/records/{record}", "/", "/assets/portal.css", "/v1/search", f"/v1/records/{record}/text"):
        client.send("catalog", "GET", path)
    for kind in ("image", "text"):
        client.send("catalog", "GET", f"/v1/records/{record}/pages/1/{kind}")
    client.send("catalog", "GET", f"/v1/records/{record}/pdf")
    narrower = {"access_level": "registered", "note": "Theo yêu cầu của gia đình"}
    client.tell("catalog", f"/v1/records/{record}/restrict", "librarian", narrower)


def _use_resources(client: Client) -> str:
    """A data base that was bought, and a book that is open."""
    licence = {
        "contract": "12/HĐ",
        "vendor": "Nhà cung cấp",
        "libraries": [LIBRARY],
        "starts": "2026-01-01",
        "until": "2999-12-31",
    }
    bought = {"url": "https://db.example.org/x", "title": "Cơ sở dữ liệu", "licence": licence}
    kept = client.send("ingest", "PUT", "/v1/resources", "librarian", json=bought).raise_for_status().json()["id"]
    client.tell("ingest", "/v1/resources/oai", "librarian", {"xml": OPEN_RECORD})
    for path in ("/v1/resources", f"/v1/resources/{kept}"):
        client.ask("ingest", path, "librarian")
    return str(kept)


def _use_worklist(client: Client) -> None:
    """Two documents that are merged, split again, corrected and approved."""
    scans = [submit(client, f"Bản thử {name}", f"Tờ {name} để ghép và tách.") for name in ("ghép", "tách")]
    for scan in scans:
        await_draft(client, scan)
    (merged,) = client.tell("ocr", "/v1/worklist/merge", "librarian", {"documents": [scan.id for scan in scans]})[
        "documents"
    ]
    wait_for(lambda: _has_record(client, merged), "the record of what was merged")
    part, _ = client.tell("ocr", f"/v1/worklist/{merged}/split", "librarian", {"firsts": [2]})["documents"]
    wait_for(lambda: _has_record(client, part), "the record of what was split off")
    reading = client.ask("ocr", f"/v1/documents/{part}/pages/1/readings", "librarian")[-1]["id"]
    line = {"reading": reading, "lines": {"1": "Bản thử đã sửa"}}
    client.tell("ocr", f"/v1/worklist/{part}/pages/1/corrections", "librarian", line)
    client.tell("ocr", "/v1/worklist/acts", "librarian", {"action": "approve", "documents": [part]})
    for path in ("", "/plan", f"/{part}"):
        client.ask("ocr", f"/v1/worklist{path}", "librarian")


def _has_record(client: Client, document: str) -> bool | None:
    record = document.replace("d-", "r-", 1)
    return client.send("catalog", "GET", f"/v1/records/{record}", "operator").is_success or None


def _use_exchange(client: Client) -> str:
    """A cluster that stands in the union, asked for by every protocol."""
    listed = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}

    def present() -> str | None:
        answer = client.send("catalog", "GET", "/oai", params=listed).text
        found = re.search(r"<header><identifier>oai:[^:]+:([^<]+)</identifier>", answer)
        return found[1] if found else None

    cluster = wait_for(present, "a cluster in the union")
    client.send("catalog", "POST", "/oai", data=listed)
    for method, given in (("GET", "params"), ("POST", "data")):
        client.send("catalog", method, "/sru", **{given: {"query": "cql.allRecords=1"}})
    client.send("catalog", "GET", f"/clusters/{cluster}")
    dumped = "/open-data/latest/union.csv.gz"
    wait_for(lambda: client.send("catalog", "GET", dumped).is_success or None, "the dump of the open data")
    client.ask("catalog", "/open-data")
    return cluster


def _use_union(client: Client) -> Subjects:
    """Two sources whose files make a question; it is skipped, answered, taken back and answered otherwise."""
    thin = list(catalogue(books(1), manner=1, start=50))
    thin[0].remove_fields("020", "300", "260")
    thin[0]["008"].data = "200101s        vm            000 0 vie d"
    _import(client, "tho-2026", iso2709(catalogue(books(1))))
    run = _import(client, "so-2026", iso2709(iter(thin)))
    for path in ("/v1/sources", "/v1/sources/so-2026", "/v1/imports", f"/v1/imports/{run}/report"):
        client.ask("catalog", path, "librarian")
    for file in ("report.csv", "faulty"):
        client.send("catalog", "GET", f"/v1/imports/{run}/{file}", "librarian").raise_for_status()
    tried = _import(client, "so-2026", iso2709(iter(thin)), dry="true")
    client.tell("catalog", f"/v1/imports/{tried}/for-good", "librarian", {})
    question = client.ask("catalog", "/v1/review", "librarian")["questions"][0]["id"]
    asked = client.ask("catalog", f"/v1/review/{question}", "librarian")
    left, right = asked["left"]["contribution"], asked["right"]["contribution"]
    pair = {"left": left, "right": right}
    for same in (None, True):
        client.tell("catalog", f"/v1/review/{question}/answer", "librarian", {"same": same})
    client.send("catalog", "DELETE", f"/v1/pins/{left}/{right}", "librarian").raise_for_status()
    client.tell("catalog", "/v1/pins", "librarian", {**pair, "same": True, "reason": "cùng bản in"})
    split = client.tell("catalog", f"/v1/contributions/{left}/split-off", "librarian", {"reason": "khác bản in"})
    deed = client.ask("catalog", f"/v1/clusters/{split['cluster']}/decisions", "librarian")["pins"][0]["deed"]
    client.send("catalog", "DELETE", f"/v1/deeds/{deed}", "librarian").raise_for_status()
    pin = {**pair, "same": False, "reason": "khác bản in"}
    cluster = client.tell("catalog", "/v1/pins", "librarian", pin)["left_cluster"]
    client.ask("catalog", f"/v1/clusters/{cluster}")
    client.ask("catalog", f"/v1/clusters/{cluster}/holdings")
    for path in (f"/v1/clusters/{cluster}/decisions", f"/v1/contributions/{left}"):
        client.ask("catalog", path, "librarian")
    client.ask("catalog", "/v1/search/suggestions", q="lịch")
    client.send("catalog", "GET", "/assets/suggest.js")
    client.tell("catalog", "/v1/search/rebuild", "operator", {})
    known = {"source": "so-2026", "run": run, "question": question, "contribution": left, "deed": deed, **pair}
    return {name: (value,) for name, value in known.items()}


def _use_scopes(client: Client) -> str:
    """A sector catalogue that comes and goes, and one that stays."""
    defined = {"title": "Lúa nước", "title_en": "Rice", "subjects": ["Lúa nước"]}
    for scope in ("thu-qua", "lua-nuoc"):
        kept = client.send("catalog", "PUT", f"/v1/scopes/{scope}", "authority", json=defined)
        kept.raise_for_status()
    client.send("catalog", "DELETE", "/v1/scopes/thu-qua", "authority").raise_for_status()
    for path in ("/v1/scopes", "/v1/scopes/lua-nuoc", "/tm/lua-nuoc", "/tm/lua-nuoc/feed", "/tm/lua-nuoc/records"):
        client.send("catalog", "GET", path).raise_for_status()
    return "lua-nuoc"


def _use_authorities(client: Client) -> Subjects:
    """Headings: two that look the same and are kept apart, one that ended in another and came back, a subject."""
    marked, unmarked, other = (
        _establish(client, "person", name) for name in ("Lê Văn Thử", "Le Van Thu", "Trần Thị Mẫu Đơn")
    )
    subject = _establish(client, "subject", "Nghề làm thử")
    merge = client.tell("catalog", f"/v1/authorities/{marked}/merges", "librarian", {"ended": other})["merge"]
    client.tell("catalog", f"/v1/authority-merges/{merge}/undo", "librarian", {})
    said = {"kind": "subject", "heading": {"name": "Nghề làm thử"}, "variants": [{"name": "Thử nghề"}]}
    client.send("catalog", "PUT", f"/v1/authorities/{subject}", "librarian", json=said).raise_for_status()
    pairs = [like["id"] for like in client.ask("catalog", "/v1/authority-likenesses", "librarian")["likenesses"]]
    pair = next(pair for pair in pairs if set(pair.split("|")) == {marked, unmarked})
    client.tell("catalog", f"/v1/authority-likenesses/{pair}/answer", "librarian", {"same": False})
    for path in ("", "/export", f"/{marked}", f"/{marked}/marc"):
        client.send("catalog", "GET", f"/v1/authorities{path}").raise_for_status()
    client.ask("catalog", f"/v1/authorities/{marked}/history", "librarian")
    for path in ("/tac-gia", "/chu-de", f"/tac-gia/{marked}", f"/chu-de/{subject}"):
        client.send("catalog", "GET", path).raise_for_status()
    return {"authority": (marked,), "heading": (marked, subject), "merge_id": (merge,), "pair": (pair,)}


def _establish(client: Client, kind: str, name: str) -> str:
    said = {"kind": kind, "heading": {"name": name}}
    return str(client.tell("catalog", "/v1/authorities", "librarian", said)["authority"])


def _import(client: Client, source: str, body: bytes, **how: str) -> str:
    """Name a source, send its file, wait until it is taken in."""
    client.send("catalog", "PUT", f"/v1/sources/{source}", "librarian", json={"library": LIBRARY}).raise_for_status()
    asked = {"source": source, "name": "sach.mrc", **how}
    sent = client.send("catalog", "POST", "/v1/imports", "librarian", params=asked, content=body)
    run = sent.raise_for_status().json()["run"]

    def taken_in() -> bool | None:
        return client.ask("catalog", f"/v1/imports/{run}", "librarian")["state"] == "done" or None

    wait_for(taken_in, "the file to be imported")
    return str(run)


def _use_intake(client: Client) -> tuple[str, str, str]:
    """An unfinished upload, a batch with a package and a document, a signed deposit."""
    items = [{"item": "goi.zip"}, {"item": "a.png"}]
    batch = client.tell("ingest", "/v1/batches", "librarian", {"title": uuid.uuid4().hex, "items": items})["id"]
    agreement = {"number": f"HT-{uuid.uuid4().int % 10**9}", "kind": "gift", "donor": "ND-1"}
    agreed = client.send("ingest", "PUT", "/v1/deposits", "librarian", json=agreement).raise_for_status()
    deposit = agreed.json()["id"]
    package = {"upload": _upload(client, "goi.zip", zipped(mets_package())), "batch": batch}
    client.tell("ingest", "/v1/packages", "librarian", package)
    given = {"title": "T", "batch": batch, "deposit": deposit, "uploads": [_upload(client, "a.png", page(77))]}
    client.tell("ingest", "/v1/documents", "librarian", given)
    terms = {"text_version": "1", "signed_at": "2026-03-02T08:00:00Z", "signed_by": "ND-1"}
    proof = {"confirmation": {"sha256": "0" * 64, "means": "e-mail"}}
    client.send("ingest", "PUT", f"/v1/deposits/{deposit}/terms", "librarian", json=terms | proof).raise_for_status()
    for path in ("/v1/batches", f"/v1/batches/{batch}", "/v1/deposits", f"/v1/deposits/{deposit}"):
        client.ask("ingest", path, "librarian")
    client.send("ingest", "DELETE", _begin(client, "b.png", 10), "librarian", headers=TUS)
    return _begin(client, "c.png", 10).rpartition("/")[2], batch, deposit


def _begin(client: Client, name: str, length: int) -> str:
    filename = base64.b64encode(name.encode()).decode()
    headers = {**TUS, "upload-length": str(length), "upload-metadata": f"filename {filename}"}
    return str(client.send("ingest", "POST", "/v1/uploads", "librarian", headers=headers).headers["location"])


def _upload(client: Client, name: str, content: bytes) -> str:
    place = _begin(client, name, len(content))
    headers = {**TUS, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    client.send("ingest", "PATCH", place, "librarian", headers=headers, content=content).raise_for_status()
    return place.rpartition("/")[2]


def _use_readings(client: Client, told: Story) -> None:
    document = told.published.id
    client.ask("ingest", "/v1/documents", "librarian")
    client.ask("ingest", f"/v1/documents/{document}", "librarian")
    judgement = {"judgement": "harmless", "reason": "Đã đọc cả tờ, không có gì phải giữ kín"}
    client.tell("ingest", f"/v1/documents/{document}/judgement", "librarian", judgement)
    for rest in ("", "/pages/1/readings", "/pages/1/hocr", "/pages/1/alto", "/quality"):
        client.send("ocr", "GET", f"/v1/documents/{document}{rest}", "operator")
