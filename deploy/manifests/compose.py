"""compose.yaml: the engines as they stand in `engines.yaml`, and every role."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from deploy.manifests.plan import cluster, environment, kind_of, roles, version
from deploy.roles import Role

ENGINES_FILE = Path(__file__).with_name("engines.yaml")
TARGETS = {"lienthong": "platform", "lienthong-ocr": "ocr"}
"""Which stage of deploy/Dockerfile makes which image."""
READY_AFTER = {"kafka": "service_healthy", "mongo": "service_healthy", "topics": "service_completed_successfully"}


def compose_file() -> dict[str, Any]:
    """The whole compose file; the APIs are published on the loopback address only."""
    engines = yaml.safe_load(ENGINES_FILE.read_text(encoding="utf-8"))
    services = {**engines["services"], "topics": _topics(), **{role.name: _service(role) for role in roles()}}
    return {"name": "lienthong", "services": services, "volumes": engines["volumes"]}


def _topics() -> dict[str, Any]:
    bootstrap = environment().variables["KAFKA_BOOTSTRAP"].compose
    return {
        **_image(cluster().image),
        "command": shlex.split("python -m shared.bus topics apply"),
        "environment": {"KAFKA_BOOTSTRAP": bootstrap},
        "depends_on": {"kafka": {"condition": "service_healthy"}},
        **_restricted(),
    }


def _service(role: Role) -> dict[str, Any]:
    size = cluster().size(role)
    given = {name: variable.compose for name, variable in environment().of(role).items()}
    service = {
        **_image(size.image),
        "command": shlex.split(role.command),
        "environment": {**given, **role.env, "HTTP_PORT": str(role.port)},
        "depends_on": {name: {"condition": condition} for name, condition in READY_AFTER.items()},
        "restart": "unless-stopped",
        "stop_grace_period": f"{size.stop_seconds}s",
        "mem_limit": size.memory_limit.removesuffix("i").lower(),
        "healthcheck": {"test": _alive(role), "interval": "10s", "start_period": "60s"},
        **_restricted(),
    }
    if role.is_api:
        service["ports"] = [f"127.0.0.1:{role.port}:{role.port}"]
    if kind_of(role) in ("api", "worker"):
        service["depends_on"]["buckets"] = {"condition": "service_completed_successfully"}
    return service


def _image(name: str) -> dict[str, Any]:
    return {
        "image": f"{name}:{version()}",
        "build": {"context": "..", "dockerfile": "deploy/Dockerfile", "target": TARGETS[name]},
    }


def _alive(role: Role) -> list[str]:
    ask = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{role.port}/healthz', timeout=5)"
    return ["CMD", "python", "-c", ask]


def _restricted() -> dict[str, Any]:
    return {
        "read_only": True,
        "volumes": ["/tmp"],  # noqa: S108  # on disk, for uploads and page images must not lie in memory
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
