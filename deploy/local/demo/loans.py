"""Loans as two library systems tell of them."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo.doors import Doors

READERS = {
    "truong-thpt-le-loi": ("Nguyễn Thảo Vy", "Trần Gia Bảo", "Lê Minh Khôi"),
    "truong-cao-dang-cong-dong": ("Phan Đức Huy", "Hồ Ngọc Diệp", "Đặng Quốc Thịnh"),
}
LOAN_DAYS = 14


def register_readers(doors: Doors) -> dict[str, list[str]]:
    """Each library registers its readers; what comes back, and travels in events, are pseudonyms."""
    return {
        library: [_register(doors, library, number, name) for number, name in enumerate(names, start=1)]
        for library, names in READERS.items()
    }


def _register(doors: Doors, library: str, number: int, name: str) -> str:
    card = {"local_id": f"BD{number:04d}", "name": name, "email": f"bd{number}@{library}.example"}
    return doors.register_reader(library, card)


def loan_events(library: str, patrons: list[str], count: int, seed: int) -> list[dict[str, Any]]:
    """Loans of `count` items, one in ten of them overdue later; CloudEvents of the library's own system."""
    chance = random.Random(seed)  # noqa: S311, drawn for a story
    run = uuid.uuid4().hex[:8]
    events = []
    for number in range(count):
        loan = {"library": library, "item": f"{run}-{number:04d}", "loan": f"{run}-{number}"}
        loan |= {"patron": chance.choice(patrons), "title": "Dế Mèn phiêu lưu ký"}
        today = datetime.now(UTC).date()
        if number % 10 == 9:
            events.append(_event(library, "overdue", loan | {"due": (today - timedelta(days=1)).isoformat()}))
        else:
            events.append(_event(library, "made", loan | {"due": (today + timedelta(days=LOAN_DAYS)).isoformat()}))
    return events


def _event(library: str, what: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"https://{library}.example/circulation",
        "type": f"vn.lienthong.loan.{what}.v1",
        "subject": f"{data['library']}/{data['item']}",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
