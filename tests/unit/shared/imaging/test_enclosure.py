"""Harm stays inside: each kind of it, in real subprocesses."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import Crashed, DocumentFault, TookTooLong, TooManyPages, TooMuchMemory
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from tests.resources import hostile
from tests.resources.workers import most_held

MEMORY = 400_000_000
DEADLINE_SECONDS = 60


@contextmanager
def enclosing(seconds: float) -> Iterator[Enclosure]:
    opened = Enclosure(loads=sniff_and_inspect, workers=2, seconds=seconds, memory_bytes=MEMORY)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def enclosure() -> Iterator[Enclosure]:
    with enclosing(seconds=10) as opened:
        yield opened


def own_process() -> int:
    return os.getpid()


def hang(said: Path | None = None) -> None:
    """Say which process it is that never comes back."""
    if said:
        said.with_suffix(".part").write_text(str(os.getpid()))
        said.with_suffix(".part").rename(said)
    while True:
        pass


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def take(size: int) -> int:
    return len(bytearray(size))


def give(size: int) -> bytes:
    return bytes(size)


def refuse() -> None:
    raise TooManyPages(allowed=7)


async def test_a_result_and_a_fault_come_home_unchanged(enclosure: Enclosure) -> None:
    assert await enclosure.run(own_process) != os.getpid()
    with pytest.raises(TooManyPages) as caught:
        await enclosure.run(refuse)
    assert "7" in caught.value.explain("en")


async def test_harm_is_told_apart_and_touches_nobody_else() -> None:
    with enclosing(seconds=3) as enclosure:
        outcomes = await asyncio.gather(
            enclosure.run(hang),
            enclosure.run(crash),
            enclosure.run(take, 1 << 30),
            *(enclosure.run(take, 1000) for _ in range(6)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes[:3]] == [TookTooLong, Crashed, TooMuchMemory]
        assert outcomes[3:] == [1000] * 6
        assert await enclosure.run(take, 1) == 1


async def test_a_result_too_large_to_send_is_told_at_once(enclosure: Enclosure) -> None:
    with pytest.raises(TooMuchMemory):
        await enclosure.run(give, MEMORY * 2 // 5)
    assert await enclosure.run(take, 1) == 1


async def test_workers_killed_while_idle_are_replaced(enclosure: Enclosure) -> None:
    for _ in range(3):
        os.kill(await enclosure.run(own_process), signal.SIGKILL)
        assert await asyncio.gather(*(enclosure.run(take, 1) for _ in range(4))) == [1] * 4


async def test_a_cancelled_call_ends_its_process(tmp_path: Path) -> None:
    with enclosing(seconds=10 * DEADLINE_SECONDS) as enclosure:
        call = asyncio.create_task(enclosure.run(hang, tmp_path / "pid"))
        await until((tmp_path / "pid").exists)
        call.cancel()
        await until(lambda: not is_alive(int((tmp_path / "pid").read_text())))
        assert await enclosure.run(take, 1) == 1


@pytest.mark.parametrize(
    "content",  # made in the test: the workers import this module too
    [
        pytest.param(lambda: hostile.pdf(hostile.deflated(b" ", 1 << 30)), id="content of a gigabyte"),
        pytest.param(lambda: hostile.pdf(hostile.deflated(b"0 0 m 9 9 l S\n", 1 << 23)), id="millions of strokes"),
        pytest.param(lambda: hostile.png(20_000, 20_000), id="400 megapixels"),
    ],
)
async def test_a_bomb_is_a_typed_fault_in_bounded_memory(
    enclosure: Enclosure, tmp_path: Path, content: Callable[[], bytes]
) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(content())
    call = asyncio.create_task(enclosure.run(sniff_and_inspect, bomb, Limits()))
    most = 0
    while not call.done():
        most = max(most, most_held())
        await asyncio.sleep(0.01)
    with pytest.raises(DocumentFault):
        call.result()
    assert most < 600_000_000


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, os, time\n"
        "from shared.imaging.enclosure import Enclosure\n"
        "if __name__ == '__main__':\n"
        "    enclosure = Enclosure(loads=os.getpid, workers=1, seconds=600, memory_bytes=10**9)\n"
        "    print(asyncio.run(enclosure.run(os.getpid)), flush=True)\n"
        "    time.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while is_alive(worker):
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether it runs, be it only until somebody asks how it ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
