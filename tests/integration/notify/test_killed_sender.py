"""The role itself, killed for real while the server holds its mail."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.runtime import Runtime
from shared.store.vault import Vault
from tests.engines import ROOT, free_port
from tests.integration.notify import story
from tests.integration.notify.scripted_smtp import ScriptedServer

DEADLINE_SECONDS = 60


@contextmanager
def running_sender(runtime: Runtime, smtp: ScriptedServer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = runtime.settings
    environment = os.environ | {
        "MONGO_URL": settings.mongo_url,
        "MONGO_PREFIX": settings.mongo_prefix,
        "OBJECT_STORE": settings.object_store,
        "VAULT_KEY": settings.vault_key,
        "SMTP_URL": smtp.url,
        "HTTP_PORT": str(free_port()),
        "NOTIFY_LEASE_SECONDS": "1",
    }
    command = (sys.executable, "-m", "services.notify", "loop", "sender")
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.engines
async def test_each_kill_repeats_at_most_the_one_mail_in_hand(
    runtime: Runtime, vault: Vault, smtp: ScriptedServer, tmp_path: Path
) -> None:
    sealed = await vault.seal(story.PATRON, {"name": "Lan", "email": "lan@hop-thu.example"})
    await story.tell(runtime, story.library(), story.card(sealed), *(story.loan(number) for number in range(10)))
    log = tmp_path / "sender.log"
    with running_sender(runtime, smtp, log) as first:
        smtp.after_data = lambda server: os.kill(first.pid, signal.SIGKILL)
        first.wait(DEADLINE_SECONDS)
    assert len(smtp.accepted) == 1
    with running_sender(runtime, smtp, log):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while await runtime.database["notices"].count_documents({"state": "sent"}) < 10:
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.05)  # noqa: ASYNC251
    assert len(smtp.message_ids) == 11
    assert len(set(smtp.message_ids)) == 10
    assert sum(row["possible_repeats"] for row in await story.rows(runtime)) == 1
