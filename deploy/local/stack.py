"""The whole platform on one machine: bring it up, take it down, say how it is."""

import fcntl
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local import ports
from deploy.local.engines.broker import EmbeddedBroker
from deploy.local.engines.engine import LOOPBACK, Engine, EngineNotReady, Program
from deploy.local.engines.kafka import LIBS, JarsUnavailable, KafkaCluster
from deploy.local.engines.mail import MailServer
from deploy.local.engines.mongo import MongoReplicaSet
from deploy.local.keeper import Keeper
from deploy.local.keys import demo_tokens, load_keys, write_private
from deploy.local.messages import StackError, console, say
from deploy.local.orphans import processes_of, stop_orphans
from deploy.local.readiness import not_ready
from deploy.local.registration import register
from deploy.local.settings import ROOT, StackSettings
from deploy.roles import Role, load_roles

ENGINE_SECONDS = 90
ROLE_STOP_SECONDS = 30
OPERATORS = "van-hanh@lienthong.example"
PLAN_FILE = ROOT / "deploy" / "local" / "plan.yaml"


class Stack:
    """What the settings amount to: the engines to run, the roles, and the environment they all get."""

    def __init__(self, settings: StackSettings) -> None:
        self.var = settings.var.resolve()
        self.settings = settings
        self.roles = load_roles(settings.roles_file)
        self.keys = load_keys(self.var / "keys")
        self.keeper = Keeper(self.var, ROOT)
        self.stack_file = self.var / "stack.json"
        self.broker = self._broker()
        self.mongo = MongoReplicaSet(self.var / "mongo", settings.engine_ports.mongo)
        self.mail = MailServer(self.var / "mail", settings.engine_ports.mail)

    @property
    def engines(self) -> list[Engine]:
        """Those that the settings do not bring themselves."""
        given = self.settings
        choices: list[tuple[Engine, str | None]] = [
            (self.broker, given.kafka_bootstrap),
            (self.mongo, given.mongo_url),
            (self.mail, given.smtp_url),
        ]
        return [engine for engine, address in choices if address is None]

    @property
    def urls(self) -> dict[str, str]:
        """Where each service's API is."""
        return {role.service: f"http://{LOOPBACK}:{role.port}" for role in self.roles if role.is_api}

    @property
    def environment(self) -> dict[str, str]:
        """What every process gets beside its own HTTP_PORT."""
        given = self.settings
        environment = {
            "KAFKA_BOOTSTRAP": given.kafka_bootstrap or self.broker.bootstrap,
            "MONGO_URL": given.mongo_url or self.mongo.url,
            "SMTP_URL": given.smtp_url or self.mail.url,
            "OBJECT_STORE": given.object_store or (self.var / "objects").as_uri(),
            "CATALOG_INDEX_FOLDER": str(self.var / "index"),
            "CATALOG_OPEN_DATA_SECONDS": "5",
            "OCR_PLAN_FILE": str(PLAN_FILE),
            "OCR_CATALOG_URL": self.urls.get("catalog", ""),
            "AUTH_PUBLIC_KEY": self.keys.public_key,
            "VAULT_KEY": self.keys.vault_key,
            "LOG_FORMAT": given.log_format,
            "NOTIFY_OPERATORS": OPERATORS,
            "GROUP_PER_CLUSTER": str(isinstance(self.broker, EmbeddedBroker) and not given.kafka_bootstrap).lower(),
            "PYTHONUNBUFFERED": "1",
        }
        return environment | ({"CLAMD_URL": given.clamd_url} if given.clamd_url else {})

    @property
    def configuration(self) -> str:
        engine_programs = [program for engine in self.engines for program in engine.programs]
        role_programs = [_program(role) for role in self.roles]
        return self.keeper.configuration(engine_programs, role_programs, self.environment)

    @property
    def wanted_ports(self) -> dict[int, str]:
        engines = {port: type(engine).__name__ for engine in self.engines for port in engine.ports}
        return engines | {role.port: role.name for role in self.roles}

    @property
    def addresses(self) -> dict[str, Any]:
        """What stack.json says to those who use the stack; it holds tokens."""
        environment = self.environment
        return {
            "services": {service: {"url": url} for service, url in self.urls.items()},
            "tokens": demo_tokens(self.keys),
            "kafka": {"bootstrap": environment["KAFKA_BOOTSTRAP"]},
            "mongo": {"url": environment["MONGO_URL"]},
            "mail": {"url": environment["SMTP_URL"], "directory": str(self.mail.directory)},
        }

    def _broker(self) -> EmbeddedBroker | KafkaCluster:
        engine_ports, nodes = self.settings.engine_ports, self.settings.kafka_nodes
        if not self.settings.real_kafka:
            return EmbeddedBroker(engine_ports.brokers[0])
        return KafkaCluster(
            directory=self.var / "kafka" / f"cluster-of-{nodes}",
            libs=LIBS,
            broker_ports=engine_ports.brokers[:nodes],
            controller_ports=engine_ports.controllers[:nodes],
        )


def up(settings: StackSettings, *, seconds: float) -> None:
    """Start what does not run and return when every role is ready; a StackError says what was not within `seconds`."""
    stack = Stack(settings)
    with _alone(stack):
        _start_engines(stack)
        _apply_topics(stack)
        stack.keeper.start_group("roles")
        _wait_for_roles(stack, seconds)
        write_private(stack.stack_file, json.dumps(_registered(stack), indent=2))
    say("up", count=len(stack.keeper.processes()), file=stack.stack_file)


def _registered(stack: Stack) -> dict[str, Any]:
    """The stack's addresses, once its organisations are registered; the library systems' tokens are their keys."""
    addresses = stack.addresses
    catalog = addresses["services"].get("catalog")
    if catalog:
        keys = register(catalog["url"], addresses["tokens"]["operator"], stack.var / "keys" / "libraries.json")
        addresses["tokens"]["library-system"] = next(iter(keys.values()))
        addresses["library_keys"] = keys
    return addresses


def engines(settings: StackSettings) -> None:
    """Start the engines only, for whoever runs the services by hand."""
    stack = Stack(settings)
    with _alone(stack):
        _start_engines(stack)
    environment = stack.environment
    names = ("KAFKA_BOOTSTRAP", "MONGO_URL", "SMTP_URL")
    kafka, mongo, mail = (environment[name] for name in names)
    say("engines_running", kafka=kafka, mongo=mongo, mail=mail)


def down(settings: StackSettings) -> None:
    """Stop everything that this stack started, also what a crash left; nothing else. Its data stays."""
    stack = Stack(settings)
    with _alone(stack):
        running = bool(processes_of(stack.var))
        if stack.keeper.is_running():
            stack.keeper.shutdown()
        stop_orphans(stack.var)
        stack.stack_file.unlink(missing_ok=True)
    if running:
        say("down", var=stack.var)
    else:
        say("nothing_running")


def status(settings: StackSettings) -> bool:
    """Print a table of all processes; whether every role is ready."""
    stack = Stack(settings)
    processes = stack.keeper.processes()
    if not processes:
        say("nothing_running")
        return False
    waiting = not_ready(stack.roles)
    readiness = {role.name: (str(role.port), waiting.get(role, "ready")) for role in stack.roles}
    table = Table("process", "state", "pid", "port", "/readyz")
    for process in processes:
        table.add_row(process.name, process.state, str(process.pid or ""), *readiness.get(process.name, ("", "")))
    console.print(table)
    return not waiting


@contextmanager
def _alone(stack: Stack) -> Iterator[None]:
    """One command at a time changes the stack; a second one waits for the first."""
    with (stack.var / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_engines(stack: Stack) -> None:
    if stack.keeper.is_running():
        if not stack.keeper.keeps(stack.configuration):
            raise StackError("running_differently")
        say("already_running")
    else:
        _start_keeper(stack)
    if not stack.engines:
        return
    stack.keeper.start_group("engines")
    for engine in stack.engines:
        _wait_for_engine(stack, engine)


def _start_keeper(stack: Stack) -> None:
    if left := stop_orphans(stack.var):
        say("orphans_stopped", count=left)
    _refuse_taken_ports(stack.wanted_ports)
    say("starting_engines")
    try:
        for engine in stack.engines:
            engine.prepare()
    except JarsUnavailable as reason:
        raise StackError("jars_unavailable", detail=str(reason)) from reason
    (stack.var / "objects").mkdir(exist_ok=True)
    stack.keeper.start(stack.configuration, stack.environment)


def _refuse_taken_ports(wanted: Mapping[int, str]) -> None:
    taken = ports.taken(wanted)
    for port in taken:
        say("port_taken", port=port.port, name=port.name, owner=port.owner)
    if taken:
        raise StackError("ports_taken")


def _wait_for_engine(stack: Stack, engine: Engine) -> None:
    try:
        engine.wait_ready(ENGINE_SECONDS)
    except EngineNotReady as late:
        tails = "\n".join(stack.keeper.log_tail(program.name) for program in engine.programs)
        raise StackError("engine_not_ready", reason=late, logs=stack.keeper.logs, detail=tails) from late


def _apply_topics(stack: Stack) -> None:
    command = _argv(stack.settings.topics_command)
    environment = os.environ | stack.environment
    applied = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
    if applied.returncode:
        raise StackError("topics_failed", detail=applied.stdout + applied.stderr)


def _wait_for_roles(stack: Stack, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(stack.roles))
        while waiting := not_ready(stack.roles):
            if time.monotonic() > deadline:
                raise _roles_not_ready(stack, waiting, seconds)
            names = ", ".join(role.name for role in waiting)
            progress.update(task, completed=len(stack.roles) - len(waiting), description=names[:80])
            time.sleep(0.3)
        progress.update(task, completed=len(stack.roles), description="")


def _roles_not_ready(stack: Stack, waiting: Mapping[Role, str], seconds: float) -> StackError:
    states = {process.name: process.state for process in stack.keeper.processes()}
    names = ", ".join(f"{role.name} ({states.get(role.name)}: {answer})" for role, answer in waiting.items())
    tails = "\n".join(stack.keeper.log_tail(role.name) for role in waiting)
    return StackError("roles_not_ready", seconds=round(seconds), names=names, logs=stack.keeper.logs, detail=tails)


def _program(role: Role) -> Program:
    environment = {**role.env, "HTTP_PORT": str(role.port)}
    return Program(role.name, _argv(role.command), environment, ROLE_STOP_SECONDS)


def _argv(command: str) -> tuple[str, ...]:
    """The command with `python` meaning the interpreter that runs now."""
    program, *arguments = shlex.split(command)
    return (sys.executable if program == "python" else program, *arguments)
