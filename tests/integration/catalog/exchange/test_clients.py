"""Programs that nobody here wrote harvest, search and check the union; what they got is counted."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pymarc
import pytest
from sickle import Sickle

from services.catalog.exchange.oai import routes
from tests.engines import free_port
from tests.integration.catalog.conftest import World
from tests.integration.catalog.exchange.clusters import PLACES, cluster_id, record
from tests.integration.catalog.exchange.conftest import ROOT, Program, fill, found, run

COUNT = 47
OF_PLACE = [number for number in range(COUNT) if PLACES[number % 7] == "Hạ Lôi"]
QUERY = 'dc.title="hạ lôi"'
LINT = """
use MARC::Batch; use MARC::Lint; binmode STDOUT, ':utf8';
my ($lint, $batch) = (MARC::Lint->new, MARC::Batch->new('USMARC', $ARGV[0]));
while (my $record = $batch->next) { $lint->check_record($record); print "$_\\n" for $lint->warnings; print "--\\n" }
"""


@pytest.fixture(autouse=True)
async def union(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A union of several pages."""
    monkeypatch.setattr(routes, "PAGE", 10)
    await fill(world, range(COUNT))


def of_harvest(numbers: Sequence[int] = range(COUNT)) -> list[str]:
    return [f"oai:thuvien.example:{cluster_id(number)}" for number in numbers]


async def succeed(*command: str, given: str = "") -> Program:
    done = await run(*command, given=given)
    assert done.status == 0, (command, done.out[-2000:], done.err[-2000:])
    return done


@pytest.mark.parametrize("prefix", ["oai_dc", "marcxml", "mods"])
async def test_sickle_harvests_all(address: str, prefix: str) -> None:
    client = Sickle(f"{address}/oai")
    seen = await asyncio.to_thread(lambda: list(client.ListRecords(metadataPrefix=prefix)))
    assert [one.header.identifier for one in seen] == of_harvest()
    assert sum("Chuyện" in one.raw for one in seen) == COUNT


async def test_sickle_harvests_a_set_and_a_span(address: str) -> None:
    client = Sickle(f"{address}/oai")
    of_library = {"metadataPrefix": "oai_dc", "set": "library:thu-vien-xa"}
    in_time = {"metadataPrefix": "oai_dc", "from": "2026-03-01T08:00:01Z", "until": "2026-03-01T08:00:02Z"}
    for arguments, expected in ((of_library, range(1, COUNT, 3)), (in_time, range(3, 9))):
        seen = await asyncio.to_thread(lambda given=arguments: list(client.ListIdentifiers(**given)))
        assert [one.identifier for one in seen] == of_harvest(expected)
    sets = await asyncio.to_thread(lambda: [one.setSpec for one in client.ListSets()])
    assert len(sets) == len(set(sets)) > 10


@pytest.mark.parametrize(("prefix", "handler"), [("oai_dc", "oai_dc"), ("marcxml", "marcxml"), ("mods", "mods")])
async def test_catmandu_harvests_all(address: str, prefix: str, handler: str) -> None:
    source = ("OAI", "--url", f"{address}/oai", "--metadataPrefix", prefix, "--handler", handler)
    done = await succeed("catmandu", "convert", *source, "to", "JSON", "--line_delimited", "1")
    seen = [json.loads(line) for line in done.out.splitlines()]
    assert [one["_identifier"] for one in seen] == of_harvest()
    assert sum("Chuyện" in json.dumps(one, ensure_ascii=False) for one in seen) == COUNT


async def test_oai_pmh_harvests_all(address: str) -> None:
    done = await succeed("oai_pmh", "-X", "ListRecords", "--metadataPrefix", "marcxml", f"{address}/oai")
    assert re.findall(r"(?:^|\f)identifier: (\S+)$", done.out, re.MULTILINE) == of_harvest()
    assert done.out.count("quyển số") == COUNT


async def test_yaz_client_searches(address: str) -> None:
    said = f"open {address}/sru\nsru get 1.2\nquerytype cql\nfind {QUERY}\nshow 1+{len(OF_PLACE)}\nquit\n"
    done = await succeed("yaz-client", given=said)
    assert f"Number of hits: {len(OF_PLACE)}" in done.out
    assert done.out.count("Chuyện Hạ Lôi, quyển số") == len(OF_PLACE)


async def test_yaz_client_scans(address: str) -> None:
    said = f"open {address}/sru\nsru get 1.2\nquerytype cql\nscan dc.creator=n\nquit\n"
    done = await succeed("yaz-client", given=said)
    assert "Nguyễn Thị Lý" in done.out or "nguyen thi ly" in done.out


@pytest.mark.parametrize("version", ["1.1", "1.2", "2.0"])
async def test_zoomsh_searches(address: str, version: str) -> None:
    options = ("set sru get", f"set sru_version {version}", "set schema marcxml", "set preferredRecordSyntax xml")
    asked = (f"connect {address}/sru", f"search cql:{QUERY}", f"show 0 {len(OF_PLACE)}", "quit")
    done = await succeed("zoomsh", *options, *asked)
    assert re.search(rf"^{re.escape(address)}/sru: {len(OF_PLACE)} hits$", done.out, re.MULTILINE), done.out[:500]
    assert done.out.count("Chuyện Hạ Lôi, quyển số") == len(OF_PLACE)


@pytest.mark.parametrize(("schema", "parser"), [("marcxml", "marcxml"), ("mods", "raw"), ("dc", "raw")])
async def test_catmandu_searches_page_by_page(address: str, schema: str, parser: str) -> None:
    asked = ("--base", f"{address}/sru", "--query", "dc.title=chuyện", "--recordSchema", schema, "--parser", parser)
    done = await succeed("catmandu", "convert", "SRU", *asked, "to", "JSON", "--line_delimited", "1")
    assert len(done.out.splitlines()) == COUNT
    titles = set(re.findall(r"quyển số (\d+)", done.out))
    assert titles == {str(number) for number in range(COUNT)}


async def exported(world: World, name: str, folder: Path) -> Path:
    """One file of all clusters, as they are exported one by one."""
    whole = folder / f"all.{name}"
    pieces = [
        (await world.client.get(f"/clusters/{cluster_id(number)}", params={"format": name})).content
        for number in range(COUNT)
    ]
    if name == "marcxml":
        bodies = [piece.partition(b"?>\n")[2] for piece in pieces]
        pieces = [b'<collection xmlns="http://www.loc.gov/MARC21/slim">', *bodies, b"</collection>"]
    whole.write_bytes(b"".join(pieces))
    return whole


async def test_xmllint_finds_marcxml_valid(world: World, tmp_path: Path) -> None:
    file = await exported(world, "marcxml", tmp_path)
    schema = ROOT / "tests/resources/xsd/MARC21slim.xsd"
    done = await succeed("xmllint", "--noout", "--nonet", "--schema", str(schema), str(file))
    assert done.err == f"{file} validates\n"
    assert len(found(file.read_bytes(), "//marc:record")) == COUNT


async def test_yaz_marcdump_goes_round_without_a_warning(world: World, tmp_path: Path) -> None:
    """ISO 2709 to MARCXML and back is what it was, and MARCXML is what we write ourselves."""
    file = await exported(world, "marc", tmp_path)
    to_xml = await succeed("yaz-marcdump", "-i", "marc", "-o", "marcxml", str(file))
    (tmp_path / "there.xml").write_text(to_xml.out, encoding="utf-8")
    back = await succeed("yaz-marcdump", "-i", "marcxml", "-o", "marc", str(tmp_path / "there.xml"))
    (tmp_path / "back.mrc").write_text(back.out, encoding="utf-8")
    assert (to_xml.err, back.err) == ("", "")
    with file.open("rb") as before, (tmp_path / "back.mrc").open("rb") as after:
        there, again = list(pymarc.MARCReader(before)), list(pymarc.MARCReader(after))
    assert len(there) == COUNT
    assert [str(one) for one in again] == [str(one) for one in there]
    ours = await exported(world, "marcxml", tmp_path)
    assert fields_of(ours.read_bytes()) == fields_of(to_xml.out.encode())


def fields_of(collection: bytes) -> list[str]:
    nodes = found(collection, "//marc:controlfield | //marc:subfield")
    return [f"{node.get('tag') or node.get('code')} {node.text}" for node in nodes]


async def test_marc_lint_has_no_new_warning(world: World, tmp_path: Path) -> None:
    given = tmp_path / "given.mrc"
    given.write_bytes(b"".join(record(number).as_marc() for number in range(COUNT)))
    warnings = [
        (await succeed("perl", "-e", LINT, str(file))).out for file in (given, await exported(world, "marc", tmp_path))
    ]
    assert warnings[0].count("--\n") == COUNT
    assert warnings[1] == warnings[0]


@asynccontextmanager
async def z3950(address: str, folder: Path) -> AsyncIterator[str]:
    """The gateway with our configuration, pointed at the service under test."""
    config = (ROOT / "deploy/z3950/simple2zoom.xml").read_text(encoding="utf-8")
    (folder / "gateway.xml").write_text(config.replace("http://127.0.0.1:8103", address), encoding="utf-8")
    port = free_port()
    listening = f"tcp:127.0.0.1:{port}"
    program = ("perl", str(ROOT / "deploy/z3950/gateway.pl"), str(folder / "gateway.xml"), listening)
    gateway = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", "--", *program),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listening(port, gateway)
        yield f"{listening}/union"
    finally:
        gateway.terminate()
        await gateway.wait()


async def _listening(port: int, gateway: asyncio.subprocess.Process) -> None:
    while gateway.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the gateway ended")


async def test_z3950_clients_search_through_the_gateway(address: str, tmp_path: Path) -> None:
    async with z3950(address, tmp_path) as gateway:
        said = [f"open {gateway}", "format usmarc", 'find @attr 1=4 "hạ lôi"', f"show 1+{len(OF_PLACE)}"]
        said += ['find @and @attr 1=1003 "Lê Hoà" @attr 1=31 1967', "show 1", r'find @attr 1=4 "nói \"không"', "quit"]
        done = await succeed("yaz-client", given="\n".join(said))
    assert re.findall(r"^Number of hits: (\d+)", done.out, re.MULTILINE) == [str(len(OF_PLACE)), "1", "0"]
    assert done.out.count("Chuyện Hạ Lôi, quyển số") == len(OF_PLACE) + 1
    assert "Diagnostic" not in done.out
