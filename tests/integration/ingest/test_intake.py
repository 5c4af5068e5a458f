"""The drop folder follows the same rules as uploads."""

from contextlib import AsyncExitStack

import orjson
import pytest

from services.ingest.app import build_intake
from tests.integration.ingest.conftest import LIBRARY, files_under, page, send

METADATA = '{"title": "Sổ bộ làng"}'


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "drop" / LIBRARY
    home.mkdir(parents=True)
    return home


@pytest.fixture
async def intake(runtime, registered):
    async with AsyncExitStack() as stack:
        yield await build_intake(runtime, stack)


def lay_down(home, name: str, files: dict[str, bytes | str]) -> None:
    """A complete submission: the marker is written last."""
    folder = home / name
    folder.mkdir()
    for file, body in {**files, ".done": b""}.items():
        (folder / file).write_bytes(body if isinstance(body, bytes) else body.encode())


def reason(home, name: str) -> str:
    return (home / "rejected" / name / "reason.txt").read_text(encoding="utf-8")


async def test_a_complete_folder_is_taken_announced_and_moved(home, intake, outbox, runtime, tmp_path):
    lay_down(home, "so-bo", {"metadata.json": METADATA, "10.png": page(10), "2.png": page(2)})
    await intake.turn()

    [event] = await outbox()
    assert event["type"] == "vn.lienthong.document.scanned.v1"
    assert [file["name"] for file in event["data"]["files"]] == ["2.png", "10.png"]
    assert event["data"]["submitted_by"] == f"{LIBRARY}/drop-folder"
    note = orjson.loads((home / "accepted" / "so-bo" / "document.json").read_bytes())
    assert (note["id"], note["duplicate"]) == (event["subject"], False)
    assert len(await runtime.objects.list("originals")) == 2
    assert files_under(tmp_path / "spool") == []


async def test_a_lone_file_with_its_metadata_is_taken(home, intake, outbox):
    (home / "a.png").write_bytes(page())
    (home / "a.png.json").write_text(METADATA)
    await intake.turn()
    assert await outbox() == []

    (home / "a.png.done").touch()
    await intake.turn()
    assert len(await outbox("document.scanned")) == 1
    assert sorted(path.name for path in (home / "accepted" / "a.png").iterdir()) == [
        "a.png",
        "a.png.done",
        "a.png.json",
        "document.json",
    ]


async def test_what_was_uploaded_before_is_the_same_document(home, intake, client, outbox):
    uploaded = (await send(client, ("x.png", page()))).json()
    lay_down(home, "again", {"metadata.json": METADATA, "a.png": page()})
    await intake.turn()

    note = orjson.loads((home / "accepted" / "again" / "document.json").read_bytes())
    assert (note["id"], note["duplicate"]) == (uploaded["id"], True)
    assert len(await outbox()) == 1


@pytest.mark.parametrize(
    "case",
    [
        ({"metadata.json": METADATA, "a.pdf": b""}, "empty", "Tệp rỗng"),
        ({"metadata.json": METADATA, "a.pdf": b"text"}, "unsupported-type", "Chỉ nhận PDF"),
        ({"metadata.json": METADATA, "a.png": b"x" * 2_000_001}, "file-too-large", "quá lớn"),
        ({"metadata.json": METADATA}, "no-files", "Không có tệp nào"),
        ({"metadata.json": METADATA} | {f"{n}.png": b"x" for n in range(6)}, "too-many-files", "Quá nhiều tệp"),
    ],
)
async def test_what_is_refused_is_moved_with_a_reason_and_announced(home, intake, outbox, runtime, case):
    files, code, says = case
    lay_down(home, "xấu", files)
    await intake.turn()

    assert says in reason(home, "xấu")
    [event] = await outbox()
    assert (event["type"], event["data"]["reason"]) == ("vn.lienthong.document.rejected.v1", code)
    assert await runtime.objects.list("") == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.png": page()}, "Thiếu thông tin mô tả"),
        ({"metadata.json": "{", "a.png": page()}, "thiếu hoặc sai"),
        ({"metadata.json": '{"title": "T", "library": "other"}', "a.png": page()}, "thay cho thư viện other"),
    ],
)
async def test_bad_metadata_is_moved_with_a_reason(home, intake, files, says):
    lay_down(home, "xấu", files)
    await intake.turn()

    assert says in reason(home, "xấu")


async def test_a_link_is_never_followed(home, intake, tmp_path, outbox):
    (tmp_path / "secret.png").write_bytes(page())
    lay_down(home, "link", {"metadata.json": METADATA})
    (home / "link" / "a.png").symlink_to(tmp_path / "secret.png")
    await intake.turn()

    assert "không phải tệp thường" in reason(home, "link")
    assert (tmp_path / "secret.png").exists()
    assert await outbox("document.scanned") == []


async def test_an_unregistered_library_is_told_so(tmp_path, intake, outbox):
    stranger = tmp_path / "drop" / "nowhere"
    stranger.mkdir(parents=True)
    lay_down(stranger, "a", {"metadata.json": METADATA, "a.png": page()})
    await intake.turn()

    assert "chưa có trong danh bạ" in reason(stranger, "a")
    assert await outbox() == []


async def test_one_that_cannot_be_moved_is_decided_once_and_stops_nobody(home, intake, outbox):
    (home / "rejected").write_text("a file where the folder should be")
    lay_down(home, "a-bad", {"metadata.json": METADATA, "a.pdf": b""})
    lay_down(home, "b-good", {"metadata.json": METADATA, "a.png": page()})
    for _ in range(3):
        await intake.turn()
    assert (home / "accepted" / "b-good").exists()
    assert len(await outbox("document.rejected")) == 1

    (home / "rejected").unlink()
    await intake.turn()
    assert "Tệp rỗng" in reason(home, "a-bad")
    assert len(await outbox("document.rejected")) == 1
