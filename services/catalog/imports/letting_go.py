"""Uploaded files go when nobody needs them any more: what was in them is in the union, and the report stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from services.catalog.imports import store
from shared.runtime import Runtime

log = structlog.get_logger(__name__)


async def let_go_of_file(runtime: Runtime, days: float) -> bool:
    """Delete a file whose runs all ended so many days ago; False where there is none."""
    key = await store.key_done_with(runtime.database, datetime.now(UTC) - timedelta(days=days))
    if key is None:
        return False
    await runtime.objects.delete(key)
    await store.forget_key(runtime.database, key)
    log.info("import_file_let_go", key=key)
    return True
