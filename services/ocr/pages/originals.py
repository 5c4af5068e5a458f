"""A worker's local copies of original files, so that a book is fetched once and not once per page."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path

from shared.events.vocabulary import ObjectRef
from shared.store.objects import Objects


class Originals:
    """Keeps the files used last; one that is in use is never removed."""

    def __init__(self, objects: Objects, folder: Path, kept: int) -> None:
        self._objects = objects
        self._folder = folder
        self._kept = kept
        self._users: OrderedDict[str, int] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}

    async def borrow(self, original: ObjectRef) -> Path:
        """The file on local disk; give it back when done. Raises ObjectMissing."""
        name = original.sha256
        self._users[name] = self._users.get(name, 0) + 1
        self._users.move_to_end(name)
        path = self._folder / name
        try:
            async with self._turns.setdefault(name, asyncio.Lock()):
                if not path.exists():
                    partial = path.with_suffix(".partial")
                    await self._objects.fetch(original.key, partial)
                    partial.rename(path)
        except BaseException:
            self.give_back(original)
            raise
        return path

    def give_back(self, original: ObjectRef) -> None:
        self._users[original.sha256] -= 1
        idle = [name for name, users in self._users.items() if users == 0]
        for name in idle[: max(0, len(self._users) - self._kept)]:
            del self._users[name]
            self._turns.pop(name, None)
            (self._folder / name).unlink(missing_ok=True)
