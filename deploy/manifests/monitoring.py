"""What Prometheus is told: whom to ask, and the plain rule file, also as Prometheus Operator's objects."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.manifests.plan import ROOT, roles
from deploy.manifests.workloads import PART_OF, Resource, metadata

RULES_FILE = ROOT / "deploy/prometheus/rules.yaml"
KAFKA_EXPORTER = "kafka-exporter:9308"


class Alert(BaseModel):
    """One alerting rule, as Prometheus writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def severity(self) -> str:
        return self.labels["severity"]


def rules() -> dict[str, Any]:
    """The plain rule file, which promtool checks."""
    loaded: dict[str, Any] = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))
    return loaded


def alerts() -> list[Alert]:
    return [Alert.model_validate(rule) for group in rules()["groups"] for rule in group["rules"]]


def pod_monitor() -> Resource:
    """Asks every pod for its metrics and names its role as the dashboard knows it."""
    role = {"sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "targetLabel": "role"}
    endpoint = {"port": "http", "path": "/metrics", "interval": "15s", "relabelings": [role]}
    selector = {"matchLabels": PART_OF}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata("lienthong"),
        "spec": {"selector": selector, "podMetricsEndpoints": [endpoint]},
    }


def prometheus_rule() -> Resource:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("lienthong"),
        "spec": rules(),
    }


def scrape_configuration() -> Resource:
    """Prometheus' own configuration beside compose.yaml, where a role's name is its host's."""
    targets = [{"targets": [f"{role.name}:{role.port}"], "labels": {"role": role.name}} for role in roles()]
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [RULES_FILE.name],
        "scrape_configs": [
            {"job_name": "lienthong", "static_configs": targets},
            {"job_name": "kafka", "static_configs": [{"targets": [KAFKA_EXPORTER]}]},
        ],
    }
