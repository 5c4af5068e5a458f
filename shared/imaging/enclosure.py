"""A pool of subprocesses with a time and a memory limit each: what goes wrong inside one harms nobody else."""

import asyncio
import multiprocessing
import os
import resource
import threading
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from shared.imaging.faults import Crashed, TookTooLong, TooMuchMemory

P = ParamSpec("P")
T = TypeVar("T")

ONE_THREAD = {
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""The pool's size says how many cores are used; threads inside a worker would only fight each other, and glibc would
reserve address space, which is what is limited, for each of them."""


class Enclosure:
    """Runs functions (importable, with picklable arguments and results) on bytes that nobody trusts.

    loads: the function that will be run; its libraries are loaded before memory is counted.
    workers: processes.
    seconds: each call may take, from its start in a worker.
    memory_bytes: each worker may take beyond its libraries (address space, RLIMIT_AS).
    """

    def __init__(self, *, loads: Callable[..., object], workers: int, seconds: float, memory_bytes: int) -> None:
        self.seconds = seconds
        os.environ.update(ONE_THREAD)  # inherited by the workers, read by the libraries when they load
        self._new_pool: Callable[[], Any] = partial(
            ProcessPool,
            max_workers=workers,
            context=multiprocessing.get_context("spawn"),
            initializer=confine,
            initargs=(loads, memory_bytes),
        )
        self._pool: Any = self._new_pool()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result or exception; cancelling ends its process.

        Raises TookTooLong, TooMuchMemory, Crashed; BrokenProcessPool when workers cannot be started at all.
        """
        call = partial(function, *args, **kwargs)
        try:
            return await self._call(call)
        except TimeoutError as error:
            raise TookTooLong(seconds=round(self.seconds)) from error
        except MemoryError as error:
            raise TooMuchMemory from error
        except ProcessExpired as error:
            raise Crashed(exit_code=error.exitcode) from error

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await self._in_pool(call)
        except BrokenProcessPool:
            # A worker that dies while all are idle breaks the whole pool and the calls it has not begun.
            return await self._in_pool(call)

    async def _in_pool(self, call: Callable[[], T]) -> T:
        if not self._pool.active:
            self.close()
            self._pool = self._new_pool()
        result: T = await asyncio.wrap_future(self._pool.schedule(call, timeout=self.seconds))
        return result

    def close(self) -> None:
        """Ends all workers, also those at work."""
        self._pool.stop()
        self._pool.join()


def confine(_loads: Callable[..., object], memory_bytes: int) -> None:
    """Runs first in each worker: limits, and an end when the parent is gone, as a killed parent cannot stop it."""
    _, ceiling = resource.getrlimit(resource.RLIMIT_AS)
    allowed = address_space() + memory_bytes
    if ceiling == resource.RLIM_INFINITY or allowed < ceiling:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=exit_with_parent, daemon=True).start()


def address_space() -> int:
    """Bytes this process has mapped (Linux)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()


def exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
