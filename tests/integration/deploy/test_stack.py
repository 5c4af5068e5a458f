"""The local stack with real engines and stand-in roles: it starts, survives crashes, and stops what it started."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import jwt
import psutil
import pytest
import yaml
from pymongo import MongoClient

from deploy.local import stack
from deploy.local.engines.engine import wait_until
from deploy.local.keeper import Keeper
from deploy.local.messages import StackError
from deploy.local.orphans import is_alive, processes_of
from deploy.local.readiness import not_ready
from deploy.local.settings import ROOT, EnginePorts, StackSettings
from tests.engines import free_ports

pytestmark = pytest.mark.engines

STAND_IN = f"python {Path(__file__).with_name('stand_in.py')}"
BROKEN = "python -c \"raise SystemExit('the vault has no door')\""
READY_SECONDS = 120

MakeSettings = Callable[..., StackSettings]


def write_roles(path: Path, command: str) -> Path:
    ports = free_ports(2)
    roles = [
        {"name": "ingest-api", "service": "ingest", "command": STAND_IN, "port": ports[0]},
        {"name": "ingest-relay", "service": "ingest", "command": command, "port": ports[1]},
    ]
    path.write_text(yaml.safe_dump(roles), encoding="utf-8")
    return path


@pytest.fixture
def make_settings(tmp_path: Path, mongo_url: str) -> Iterator[MakeSettings]:
    """Stacks with the suite's MongoDB, which takes seconds to stop, unless a test says otherwise."""
    made: list[StackSettings] = []

    def make(name: str = "var", command: str = STAND_IN, mongo_url: str | None = mongo_url) -> StackSettings:
        mail, mongo, broker = free_ports(3)
        settings = StackSettings(
            var=tmp_path / name,
            roles_file=write_roles(tmp_path / f"{name}.yaml", command),
            topics_command="true",
            mongo_url=mongo_url,
            engine_ports=EnginePorts(mail=mail, mongo=mongo, brokers=(broker,)),
        )
        made.append(settings)
        return settings

    yield make
    for settings in made:
        stack.down(settings)


@pytest.fixture
def settings(make_settings: MakeSettings) -> StackSettings:
    return make_settings()


def pids(settings: StackSettings) -> dict[str, int]:
    return {process.name: process.pid for process in Keeper(settings.var, ROOT).processes()}


def keeper_pid(settings: StackSettings) -> int:
    return int((settings.var / "run" / "supervisord.pid").read_text())


def is_ready(settings: StackSettings, name: str) -> bool:
    return name not in {role.name for role in not_ready(stack.Stack(settings).roles)}


def addresses(settings: StackSettings) -> dict[str, dict[str, str]]:
    return json.loads((settings.var / "stack.json").read_text())


def test_up_starts_everything_and_says_where_it_is(settings: StackSettings) -> None:
    stack.up(settings, seconds=READY_SECONDS)
    told = addresses(settings)
    assert set(told) == {"services", "tokens", "kafka", "mongo", "mail"}
    assert httpx.get(f"{told['services']['ingest']['url']}/readyz", timeout=60).text == told["kafka"]["bootstrap"]
    claims = jwt.decode(told["tokens"]["appraiser"], stack.Stack(settings).keys.public_key, algorithms=["EdDSA"])
    assert claims["roles"] == ["appraiser"]
    assert stack.status(settings)


def test_up_twice_keeps_the_processes(settings: StackSettings, capsys: pytest.CaptureFixture[str]) -> None:
    stack.up(settings, seconds=READY_SECONDS)
    before = pids(settings)
    stack.up(settings, seconds=READY_SECONDS)
    assert pids(settings) == before
    assert "already running" in capsys.readouterr().out


def test_data_survives_down_and_up(make_settings: MakeSettings) -> None:
    settings = make_settings(mongo_url=None)
    stack.up(settings, seconds=READY_SECONDS)
    with MongoClient(addresses(settings)["mongo"]["url"]) as client:
        client.library.books.insert_one({"_id": "kept"})
    stack.down(settings)
    assert processes_of(settings.var) == []
    assert not (settings.var / "stack.json").exists()
    stack.up(settings, seconds=READY_SECONDS)
    with MongoClient(addresses(settings)["mongo"]["url"]) as client:
        assert client.library.books.find_one() == {"_id": "kept"}


def test_down_twice_says_that_nothing_runs(settings: StackSettings, capsys: pytest.CaptureFixture[str]) -> None:
    stack.engines(settings)
    stack.down(settings)
    capsys.readouterr()
    stack.down(settings)
    assert "Nothing is running" in capsys.readouterr().out


def test_a_taken_port_is_named_with_its_owner(settings: StackSettings, capsys: pytest.CaptureFixture[str]) -> None:
    port = settings.engine_ports.mail
    with socket.create_server(("127.0.0.1", port)), pytest.raises(StackError) as refusal:
        stack.up(settings, seconds=READY_SECONDS)
    assert refusal.value.key == "ports_taken"
    said = capsys.readouterr().out
    assert f"Port {port} (for MailServer) is taken by pid {os.getpid()}: {' '.join(psutil.Process().cmdline())}" in said
    assert processes_of(settings.var) == []


def test_up_after_the_keeper_was_killed(make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]) -> None:
    settings = make_settings(mongo_url=None)
    stack.up(settings, seconds=READY_SECONDS)
    orphans = [psutil.Process(pid) for pid in pids(settings).values()]
    keeper = psutil.Process(keeper_pid(settings))
    keeper.kill()
    wait_until(lambda: not is_alive(keeper), READY_SECONDS, "the end of the keeper")
    assert all(map(is_alive, orphans))
    stack.up(settings, seconds=READY_SECONDS)
    assert not any(map(is_alive, orphans))
    assert f"stopped {len(orphans)} of its processes" in capsys.readouterr().out


def test_down_after_the_keeper_was_killed(settings: StackSettings) -> None:
    stack.up(settings, seconds=READY_SECONDS)
    psutil.Process(keeper_pid(settings)).kill()
    stack.down(settings)
    assert processes_of(settings.var) == []


def test_a_stranger_with_a_dead_keepers_number_lives(settings: StackSettings) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=ROOT) as stranger:
        (settings.var / "run").mkdir(parents=True)
        (settings.var / "run" / "supervisord.pid").write_text(str(stranger.pid))
        stack.engines(settings)
        stack.down(settings)
        assert stranger.poll() is None
        stranger.kill()


def test_down_leaves_another_stack_alone(make_settings: MakeSettings) -> None:
    ours, theirs = make_settings("ours"), make_settings("theirs")
    stack.engines(ours)
    stack.engines(theirs)
    before = pids(theirs)
    stack.down(ours)
    assert processes_of(ours.var) == []
    assert pids(theirs) == before


def test_a_killed_role_comes_back(settings: StackSettings) -> None:
    stack.up(settings, seconds=READY_SECONDS)
    killed = pids(settings)["ingest-api"]
    psutil.Process(killed).kill()
    wait_until(lambda: pids(settings)["ingest-api"] not in (0, killed), READY_SECONDS, "the restarted role")


def test_a_role_that_does_not_start_is_named_with_its_log(make_settings: MakeSettings) -> None:
    settings = make_settings(command=BROKEN)
    stack.engines(settings)
    keeper = Keeper(settings.var, ROOT)
    keeper.start_group("roles")
    wait_until(lambda: "the vault" in keeper.log_tail("ingest-relay"), READY_SECONDS, "the broken role")
    wait_until(lambda: is_ready(settings, "ingest-api"), READY_SECONDS, "the other role")
    with pytest.raises(StackError) as failure:
        stack.up(settings, seconds=0.5)
    assert "ingest-relay" in str(failure.value)
    assert "ingest-api" not in str(failure.value)
    assert "the vault has no door" in failure.value.detail


def test_other_settings_need_a_down_first(settings: StackSettings) -> None:
    stack.engines(settings)
    with pytest.raises(StackError) as refusal:
        stack.engines(replace(settings, mongo_url="mongodb://mongo.example.vn/"))
    assert refusal.value.key == "running_differently"


def test_an_engine_of_ones_own_is_neither_started_nor_stopped(settings: StackSettings, mongo_url: str) -> None:
    stack.up(settings, seconds=READY_SECONDS)
    assert "mongod" not in pids(settings)
    assert addresses(settings)["mongo"]["url"] == mongo_url
    stack.down(settings)
    with MongoClient(mongo_url) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_topics_that_cannot_be_made_stop_the_start(settings: StackSettings) -> None:
    failing = replace(settings, topics_command="python -c \"raise SystemExit('no such topic')\"")
    with pytest.raises(StackError) as failure:
        stack.up(failing, seconds=READY_SECONDS)
    assert failure.value.key == "topics_failed"
    assert "no such topic" in failure.value.detail
