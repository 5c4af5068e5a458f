"""What the processes of a stack use, each role with its descendants: read from /proc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psutil


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds used so far by each named process and its descendants, also those that have ended."""
    return {name: sum(_cpu(process) for process in family(pid)) for name, pid in pids.items()}


def used_between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """CPU seconds used meanwhile by those that ran all the time, the largest first."""
    used = {name: after[name] - before[name] for name in before.keys() & after.keys()}
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def memory_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Proportional set size in MB of each named process with its descendants: shared pages count once over all."""
    return {name: sum(_pss(process) for process in family(pid)) / 1e6 for name, pid in pids.items()}


def family(pid: int) -> Iterable[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0
