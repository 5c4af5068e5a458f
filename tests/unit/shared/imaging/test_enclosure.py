"""Harm stays inside: each kind of it, in real subprocesses."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture
def enclosure() -> Iterator[Enclosure]:
    opened = Enclosure(loads=sniff_and_inspect, workers=2, seconds=10, memory_bytes=MEMORY)
    yield opened
    opened.close()


def own_process() -> int:
    return os.getpid()


def hang() -> None:
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


async def test_harm_is_told_apart_and_touches_nobody_else(enclosure: Enclosure) -> None:
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


async def test_a_cancelled_call_ends_its_process(enclosure: Enclosure) -> None:
    call = asyncio.create_task(enclosure.run(hang))
    await until(any_worker_busy)
    call.cancel()
    await until(lambda: not any_worker_busy())
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
        "    enclosure = Enclosure(loads=os.getpid, workers=1, seconds=60, memory_bytes=10**9)\n"
        "    print(asyncio.run(enclosure.run(os.getpid)), flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(worker):
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2.5  # less than the enclosure's own limit
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def any_worker_busy() -> bool:
    return any(load(child) > 30 for child in psutil.Process().children())


def load(process: psutil.Process) -> float:
    """Percent of a core."""
    try:
        return float(process.cpu_percent(0.1))
    except psutil.NoSuchProcess:
        return 0
