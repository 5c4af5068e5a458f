"""The process keeper: supervisord restarts what dies; this module writes its configuration and talks to it."""

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from deploy.local.engines.engine import EngineNotReady, Program, wait_until
from deploy.local.messages import StackError
from deploy.local.orphans import is_alive, marked

LONGEST_SOCKET_PATH = 90  # a Unix socket's address holds 107 bytes, and supervisord appends its pid while it binds
KEEPER_SECONDS = 60
SHUTDOWN_SECONDS = 90

KEEPER_SECTIONS = """\
; settings {fingerprint}
[unix_http_server]
file={socket}
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=10MB
pidfile={run}/supervisord.pid
directory={root}
"""
PROGRAM_SECTION = """\
[program:{name}]
command={command}
environment={environment}
autostart=false
autorestart=true
startsecs=1
startretries=1000
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""
GROUP_SECTION = """\
[group:{name}]
programs={programs}
priority={priority}
"""


@dataclass(frozen=True)
class KeptProcess:
    """`state` in supervisord's words: STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL; `pid` 0 = dead."""

    name: str
    state: str
    pid: int


class Keeper:
    """The supervisord of the stack in `var`. Its groups: `engines`, stopped last, and `roles`."""

    def __init__(self, var: Path, root: Path) -> None:
        self.logs = var / "log"
        self._var = var
        self._root = root
        self._run = var / "run"
        self._configuration_file = var / "supervisord.conf"
        self._socket = _socket_path(self._run)

    def configuration(
        self, engines: Iterable[Program], roles: Iterable[Program], environment: Mapping[str, str]
    ) -> str:
        """supervisord.conf for these programs. `environment` holds secrets, so only its fingerprint is written."""
        fingerprint = hashlib.sha256(repr(sorted(environment.items())).encode()).hexdigest()
        head = KEEPER_SECTIONS.format(
            fingerprint=fingerprint, socket=self._socket, logs=self.logs, run=self._run, root=self._root
        )
        return head + self._group("engines", engines, priority=1) + self._group("roles", roles, priority=2)

    def keeps(self, configuration: str) -> bool:
        """Whether the stack was last started with exactly this configuration."""
        return self._configuration_file.exists() and self._configuration_file.read_text("utf-8") == configuration

    def start(self, configuration: str, environment: Mapping[str, str]) -> None:
        """Start supervisord with no program running yet; a StackError names its log when it does not come up."""
        for directory in (self.logs, self._run):
            directory.mkdir(parents=True, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        self._configuration_file.write_text(configuration, encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration_file)],
            check=False,
            env=os.environ | environment | marked(self._var),
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        try:
            wait_until(self.is_running, KEEPER_SECONDS, "supervisord")
        except EngineNotReady as late:
            raise StackError("keeper_failed", log=self.logs / "supervisord.log") from late

    def is_running(self) -> bool:
        with suppress(Fault):  # it answers, but refuses: it is shutting down
            try:
                self._call("getPID")
            except (OSError, HTTPException):
                return False
        return True

    def start_group(self, name: str) -> None:
        """Start the programs of the group that do not run; returns at once."""
        self._call("startProcessGroup", name, False)  # noqa: FBT003 (XML-RPC has positions only)

    def processes(self) -> list[KeptProcess]:
        """Every program with its state, in the order of their names; none when the keeper does not run."""
        if not self.is_running():
            return []
        answer = cast("list[dict[str, Any]]", self._call("getAllProcessInfo"))
        return [KeptProcess(entry["name"], entry["statename"], entry["pid"]) for entry in answer]

    def shutdown(self) -> None:
        """Stop the roles, then the engines, then the keeper; return when it is gone or 90 s have passed."""
        with suppress(Fault):  # it refuses while it is shutting down; whoever asked sweeps up what is left
            keeper = psutil.Process(cast("int", self._call("getPID")))
            self._call("shutdown")
            deadline = time.monotonic() + SHUTDOWN_SECONDS
            while is_alive(keeper) and time.monotonic() < deadline:
                self.is_running()  # being asked wakes its loop, which else sleeps a second between two steps
                time.sleep(0.1)

    def log_tail(self, name: str, lines: int = 15) -> str:
        log = self.logs / f"{name}.log"
        tail = log.read_text("utf-8", errors="replace").splitlines()[-lines:] if log.exists() else []
        return "\n".join([f"--- {name}", *tail])

    def _call(self, method: str, *arguments: object) -> object:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with ServerProxy("http://supervisor", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)

    def _group(self, name: str, programs: Iterable[Program], *, priority: int) -> str:
        sections = {program.name: self._section(program) for program in programs}
        if not sections:
            return ""
        group = GROUP_SECTION.format(name=name, programs=",".join(sections), priority=priority)
        return "".join(sections.values()) + group

    def _section(self, program: Program) -> str:
        environment = ",".join(f'{key}="{value}"' for key, value in program.environment.items())
        return PROGRAM_SECTION.format(
            name=program.name,
            command=_escaped(shlex.join(program.command)),
            environment=_escaped(environment),
            stop_seconds=program.stop_seconds,
            logs=self.logs,
        )


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _socket_path(run: Path) -> Path:
    path = run / "supervisor.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lienthong-{digest}.sock"
