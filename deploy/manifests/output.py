"""Every generated file of the deployment: what it says now, and which of them are out of date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from deploy.manifests.compose import compose_file
from deploy.manifests.dashboard import dashboard_json
from deploy.manifests.kafka import kafka_topics, kafka_users
from deploy.manifests.kustomization import base, kafka_users_component
from deploy.manifests.monitoring import pod_monitor, prometheus_rule, scrape_configuration
from deploy.manifests.network import network_policies
from deploy.manifests.plan import ROOT, services
from deploy.manifests.requirements import image_requirements
from deploy.manifests.tables import GUIDE, guide
from deploy.manifests.workloads import Resource, namespace, workloads

BASE = Path("deploy/k8s/base")
KAFKA_USERS = Path("deploy/k8s/components/kafka-users")
HEADER = "# Made by `python -m deploy.manifests write` from the roles, deploy/manifests/*.yaml and the topic table.\n"


def documents() -> dict[Path, str]:
    """Every generated file by its path below the repository's root; the same data give the same bytes."""
    resources: dict[str, Iterable[Resource]] = {
        "namespace.yaml": [namespace()],
        **{f"{service}.yaml": workloads(service) for service in services()},
        "network-policies.yaml": network_policies(),
        "kafka-topics.yaml": kafka_topics(),
        "monitoring.yaml": [pod_monitor(), prometheus_rule()],
    }
    return {
        **{BASE / name: _yaml(*many) for name, many in resources.items()},
        BASE / "kustomization.yaml": _yaml(base(resources)),
        KAFKA_USERS / "kafka-users.yaml": _yaml(*kafka_users()),
        KAFKA_USERS / "kustomization.yaml": _yaml(kafka_users_component("kafka-users.yaml")),
        Path("deploy/compose.yaml"): _yaml(compose_file()),
        Path("deploy/requirements.lock"): image_requirements(),
        Path("deploy/prometheus/prometheus.yml"): _yaml(scrape_configuration()),
        Path("deploy/grafana/lienthong.json"): dashboard_json(),
        GUIDE.relative_to(ROOT): guide(),
    }


def outdated(root: Path = ROOT) -> list[Path]:
    """Generated files that are missing, differ from what the data say now, or belong to nothing any more."""
    wanted = documents()
    present = {path.relative_to(root) for folder in (BASE, KAFKA_USERS) for path in (root / folder).glob("*")}
    changed = {path for path, text in wanted.items() if _text(root / path) != text}
    return sorted(changed | (present - wanted.keys()))


def write(root: Path = ROOT) -> list[Path]:
    """Bring every generated file up to date; which ones changed."""
    wanted = documents()
    changed = outdated(root)
    for path in changed:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


class _Plain(yaml.SafeDumper):
    """Writes every value out; anchors would tie together what only happens to be equal."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _yaml(*resources: Resource) -> str:
    return HEADER + yaml.dump_all(resources, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
