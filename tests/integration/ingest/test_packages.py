"""Packages of scanning firms: taken whole and in order, or refused by file and reason."""

from contextlib import AsyncExitStack

import httpx
import orjson
import pytest

from services.ingest.app import build_intake
from services.ingest.documents.refusal import NoSpace
from services.ingest.packages.archive import PackageLimits, unpack
from tests.integration.ingest.conftest import LIBRARY, files_under, page, serving, token
from tests.integration.ingest.packing import DC, MODS, bag, mets_package, scans, tarred, zipped
from tests.integration.ingest.test_uploads import uploaded

BOMB = (
    '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><mets xmlns="http://www.loc.gov/METS/">&b;</mets>'
)


@pytest.fixture(autouse=True)
def package_limits(monkeypatch):
    monkeypatch.setenv("INGEST_PACKAGE_MAX_ENTRIES", "50")
    monkeypatch.setenv("INGEST_PACKAGE_MAX_BYTES", "6000000")
    monkeypatch.setenv("INGEST_PACKAGE_XML_BYTES", "100000")
    monkeypatch.setenv("INGEST_MAX_TOTAL_BYTES", "20000000")


async def hand_in(client, archive: bytes, name: str = "hop-01.zip", **more):
    return await client.post("/v1/packages", json={"upload": await uploaded(client, archive, name), **more})


async def refused(answer, outbox, runtime, tmp_path) -> tuple[str, str]:
    """The reason and the file of a refusal that was announced and left nothing."""
    assert 400 <= answer.status_code < 500, answer.text
    [event] = await outbox()
    assert event["type"] == "vn.lienthong.document.rejected.v1"
    assert event["data"]["reason"] == answer.json()["reason"]
    assert await runtime.objects.list("originals") == []
    assert files_under(tmp_path / "spool") == []
    errors = answer.json()["errors"]
    return answer.json()["reason"], errors[0]["where"] if errors else ""


async def test_a_mets_gives_pages_in_its_order_metadata_and_alto(client, outbox, runtime):
    answer = await hand_in(client, zipped({f"hop-01/{name}": content for name, content in mets_package().items()}))

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert [file["name"] for file in event["data"]["files"]] == ["b.png", "a.png"]
    assert all(file["alto"]["key"].startswith("originals/") for file in event["data"]["files"])
    metadata = event["data"]["metadata"]
    assert metadata["title"] == "Cuốn Sổ bộ làng Phú Cam: quyển thượng"
    assert (metadata["creators"], metadata["date"], metadata["language"]) == (["Nguyễn Đình Khôi"], "1924", "vi")
    assert (metadata["subjects"], metadata["summary"]) == (["Hương ước"], "Sổ chép tay.")
    package = (await client.get(answer.json()["status_url"])).json()["package"]
    assert (package["kind"], package["name"], package["unverified"]) == ("mets", "hop-01.zip", 0)
    assert [(one["name"], one["describes"]) for one in package["companions"]] == [
        ("mets.xml", None),
        ("b.xml", 1),
        ("a.xml", 2),
    ]
    for companion in package["companions"]:
        assert len(await runtime.objects.get(companion["original"]["key"])) == companion["original"]["size"]


@pytest.mark.parametrize("pack", [zipped, tarred])
async def test_a_bag_with_a_mets(client, outbox, tmp_path, pack):
    answer = await hand_in(client, pack(bag(tmp_path / "bag", mets_package(description=DC))), "hop.tar.gz")

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert (event["data"]["metadata"]["title"], event["data"]["metadata"]["language"]) == ("Địa bạ", "fr")
    assert (await client.get(answer.json()["status_url"])).json()["package"]["kind"] == "bagit+mets"


async def test_a_bag_without_a_mets_is_in_the_order_of_its_names(client, outbox, tmp_path):
    payload = {f"trang {n}.png": page(n) for n in (10, 2)} | {"dc.xml": DC.encode()}
    answer = await hand_in(client, zipped(bag(tmp_path / "bag", payload)))

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert [file["name"] for file in event["data"]["files"]] == ["trang 2.png", "trang 10.png"]


async def test_what_the_sender_says_replaces_what_the_package_says(client, outbox):
    said = {"metadata": {"title": "Nhan đề khác"}, "access_level": "closed"}
    answer = await hand_in(client, zipped(mets_package()), **said)

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert (event["data"]["metadata"]["title"], event["data"]["metadata"]["access_level"]) == ("Nhan đề khác", "closed")


async def test_the_same_package_again_is_the_same_document(client, outbox):
    first = await hand_in(client, zipped(mets_package()))
    again = await hand_in(client, tarred(mets_package()), "other.tar")

    assert (again.json()["id"], again.json()["duplicate"]) == (first.json()["id"], True)
    assert len(await outbox()) == 1


BAD = {
    "a changed scan": (zipped(mets_package() | {"anh/a.png": page(2)[:-1] + b"?"}), "package-checksum", "anh/a.png"),
    "an XML bomb": (zipped({"mets.xml": BOMB.encode()}), "package-xml-forbidden", "mets.xml"),
    "a zip bomb": (zipped({f"{n}": b"\0" * 1_900_000 for n in range(40)}), "package-too-large", ""),
    "no archive": (page(), "package-broken-archive", ""),
    "no title": (zipped(mets_package(description="<a/>")), "package-without-title", ""),
    "a title too long": (zipped(mets_package(description=MODS.replace("Sổ", "x" * 2000))), "metadata-wrong", ""),
    "a scan that is none": (zipped(mets_package({"anh/a.png": b"text"})), "unsupported-type", "a.png"),
    "too many scans": (zipped(mets_package(scans(6), alto=False)), "too-many-files", ""),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
async def test_a_bad_package_is_announced_and_leaves_nothing(client, outbox, runtime, tmp_path, case):
    archive, reason, file = case
    answer = await hand_in(client, archive)

    assert await refused(answer, outbox, runtime, tmp_path) == (reason, file)


def test_a_full_disk_is_said(tiny_disk, tmp_path):
    (tmp_path / "archive").write_bytes(zipped({"x": b"\0" * 1_000_000}))

    with pytest.raises(NoSpace):
        unpack(tmp_path / "archive", tiny_disk / "unpacked", PackageLimits(9, 10**9, 10**9, 10**9))


async def test_what_takes_too_long_is_stopped(runtime, monkeypatch, outbox, tmp_path):
    monkeypatch.setenv("INGEST_PACKAGE_SECONDS", "0.05")
    monkeypatch.setenv("INGEST_PACKAGE_MAX_BYTES", "20000000000")
    monkeypatch.setenv("INGEST_MAX_FILE_BYTES", "20000000000")
    headers = {"authorization": f"Bearer {token()}"}
    async with serving(runtime) as address, httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        answer = await hand_in(client, tarred({"x": b"\0" * 100_000_000}), "x.tar.gz")

        assert (await refused(answer, outbox, runtime, tmp_path))[0] == "took-too-long"


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "drop" / LIBRARY
    home.mkdir(parents=True)
    return home


@pytest.fixture
async def intake(runtime, registered):
    async with AsyncExitStack() as stack:
        yield await build_intake(runtime, stack)


def lay_down(folder, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


async def test_an_archive_in_the_drop_folder_needs_no_metadata(home, intake, outbox):
    lay_down(home, {"hop-01.zip": zipped(mets_package()), "hop-01.zip.done": b""})
    await intake.turn()

    [event] = await outbox()
    note = orjson.loads((home / "accepted" / "hop-01.zip" / "document.json").read_bytes())
    assert (event["subject"], event["data"]["metadata"]["date"]) == (note["id"], "1924")


async def test_a_package_in_a_folder_of_the_drop_folder(home, intake, outbox, tmp_path):
    lay_down(home / "hop-02", bag(tmp_path / "bag", mets_package()) | {".done": b""})
    lay_down(home / "hop-03", mets_package(scans(3)) | {"metadata.json": b'{"access_level": "on-site"}', ".done": b""})
    await intake.turn()

    assert sorted(path.name for path in (home / "accepted").iterdir()) == ["hop-02", "hop-03"]
    assert [event["data"]["metadata"]["access_level"] for event in await outbox()] == ["public", "on-site"]


async def test_a_package_may_be_described_as_any_document_is(home, intake, outbox):
    said = {"title": "Nhan đề khác", "creators": ["Ai đó"], "access_level": "closed", "lane": "interactive"}
    files = {"hop.zip": zipped(mets_package()), "hop.zip.json": orjson.dumps(said), "hop.zip.done": b""}
    lay_down(
        home, files | {"sai.zip": zipped(scans()), "sai.zip.json": b'{"title": "T", "titel": 1}', "sai.zip.done": b""}
    )
    await intake.turn()

    [event] = await outbox("document.scanned")
    metadata = event["data"]["metadata"]
    assert (metadata["title"], metadata["creators"], metadata["date"]) == ("Nhan đề khác", ["Ai đó"], None)
    assert (metadata["access_level"], event["data"]["lane"]) == ("closed", "interactive")
    assert "titel" in (home / "rejected" / "sai.zip" / "reason.txt").read_text()


async def test_a_broken_package_in_the_drop_folder_is_told_by_file(home, intake, outbox, runtime):
    lay_down(home, {"hop-01.zip": zipped(mets_package() | {"anh/a.png": page(2)[:-1] + b"?"}), "hop-01.zip.done": b""})
    lay_down(home / "hop-02", mets_package() | {".done": b""})
    (home / "hop-02" / "anh" / "l.png").symlink_to("/etc/passwd")
    await intake.turn()

    told = [(home / "rejected" / name / "reason.txt").read_text() for name in ("hop-01.zip", "hop-02")]
    assert told[0].startswith("anh/a.png: Tệp sai mã kiểm tra SHA-256")
    assert told[1].startswith("anh/l.png: Trong gói có mục không phải tệp thường")
    assert [event["data"]["reason"] for event in await outbox()] == ["package-checksum", "package-link"]
    assert await runtime.objects.list("") == []


def test_the_last_space_of_a_disk_is_not_filled(tmp_path):
    archive = tmp_path / "hop.zip"
    archive.write_bytes(zipped(mets_package()))
    limits = PackageLimits(entries=50, bytes=10**9, file_bytes=10**9, xml_bytes=10**6, spare_bytes=10**18)
    with pytest.raises(NoSpace):
        unpack(archive, tmp_path / "unpacked", limits)


async def test_a_book_of_single_pages_is_one_document(runtime, outbox, tmp_path, monkeypatch):
    for name, value in {"MAX_FILES": 1000, "MAX_PAGES": 2000, "PACKAGE_MAX_ENTRIES": 5000}.items():
        monkeypatch.setenv(f"INGEST_{name}", str(value))
    pages = {f"{place:04d}.png": page(place % 256) + place.to_bytes(2, "big") for place in range(501)}
    archive = zipped(bag(tmp_path / "bag", pages | {"dc.xml": DC.encode()}))
    async with serving(runtime) as address, httpx.AsyncClient(base_url=address, timeout=120) as client:
        client.headers["authorization"] = f"Bearer {token()}"
        answer = await hand_in(client, archive)

    assert answer.status_code == 202, answer.text
    [event] = await outbox()
    assert [file["name"] for file in event["data"]["files"]] == [*pages]
