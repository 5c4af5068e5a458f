"""Debian's Zebra over the records of the same editions, asked the same by `yaz-client`: the baseline of `search.*`.

The database is made once and kept below var/bench. A query brings its first page along (Z39.50's piggy-backed present);
what it took is what yaz-client says. Zebra orders by nothing, marks nothing and counts no facets.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.local.engines.engine import listens
from services.catalog.formats import Format, write
from tests.benchmarks.brief_records import record_of
from tests.benchmarks.search_index import KEPT, generated
from tests.engines import free_port
from tests.proof.watching import seconds_until

CONFIGURATION = Path(__file__).with_name("zebra")
START_SECONDS = 30
FORMS = {
    "word": '@attr 1=1016 "{0}"',
    "two_words": '@and @attr 1=1016 "{0}" @attr 1=1016 "{1}"',
    "phrase": '@attr 1=1016 @attr 4=1 "{0} {1}"',
    "prefix": '@and @attr 1=1016 "{0}" @attr 1=1016 @attr 5=1 "{1}"',
}
"""Questions as Z39.50 has them, in prefix query notation: 1016 is any field, 4=1 a phrase, 5=1 a beginning."""
_ELAPSED = re.compile(rb"Elapsed: ([0-9.]+)")


def ask(
    editions: int, questions: Sequence[tuple[str, tuple[str, ...]]], clients: int, page: int
) -> Mapping[str, list[float]]:
    """Milliseconds by kind of question; kinds that Zebra is not asked are left out."""
    asked = [(kind, FORMS[kind].format(*words)) for kind, words in questions if kind in FORMS]
    with _served(_made(editions)) as port, ThreadPoolExecutor(clients) as threads:
        shares = [asked[client::clients] for client in range(clients)]
        spent = threads.map(lambda share: _client(share, port, page), shares)
    found: dict[str, list[float]] = {kind: [] for kind in FORMS}
    for share, times in zip(shares, spent, strict=True):
        for (kind, _), milliseconds in zip(share, times, strict=True):
            found[kind].append(milliseconds)
    return found


def _client(share: Sequence[tuple[str, str]], port: int, page: int) -> list[float]:
    """One after the other over one connection. Raises RuntimeError where not every question was answered."""
    commands = [
        f"open tcp:127.0.0.1:{port}",
        *("format usmarc", f"ssub {page}", "lslb 1000000000", f"mspn {page}"),
        *(f"find {query}" for _, query in share),
    ]
    told = subprocess.run(["yaz-client"], input="\n".join(commands).encode(), stdout=subprocess.PIPE, check=True).stdout
    times = [1000 * float(found) for found in _ELAPSED.findall(told)][1:]  # the first is of the connection
    if len(times) != len(share) or told.count(b"Search was a success") != len(share):
        raise RuntimeError(f"Zebra answered {len(times)} of {len(share)} questions")
    return times


def _made(editions: int) -> Path:
    """The folder of the database."""
    folder = KEPT / f"zebra-{editions}"
    whole = folder / "whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CONFIGURATION, folder)
        for own in ("register", "locks", "keys"):
            (folder / own).mkdir()
        records = folder / "records.mrc"
        with records.open("wb") as file:
            marc = (record_of(number, entry) for number, entry in enumerate(generated(editions), 1))
            file.writelines(write(marc, Format.MARC21))
        quiet = ["zebraidx", "-v", "none", "-c", "zebra.cfg"]
        subprocess.run([*quiet, "init"], cwd=folder, check=True)
        subprocess.run([*quiet, "update", records.name], cwd=folder, check=True)
        records.unlink()
        whole.touch()
    return folder


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    port = free_port()
    command = ["zebrasrv", "-v", "none", "-c", "zebra.cfg", f"tcp:127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=folder)
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    seconds_until(lambda: process.poll() is not None or listens(port), START_SECONDS, "Zebra did not start")
    if process.poll() is not None:
        raise RuntimeError("Zebra ended")
