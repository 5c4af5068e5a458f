"""What the subprocesses that this process has spawned hold in memory; engines beside them are not counted."""

import psutil

SPAWNED = "multiprocessing.spawn"


def most_held() -> int:
    """Resident bytes of the largest; 0 where there is none."""
    return max((_held(child) for child in psutil.Process().children()), default=0)


def _held(process: psutil.Process) -> int:
    try:
        spawned = any(SPAWNED in word for word in process.cmdline())
        return int(process.memory_info().rss) if spawned else 0
    except psutil.NoSuchProcess:
        return 0
