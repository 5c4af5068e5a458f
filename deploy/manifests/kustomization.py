"""What kustomize is told: the base, and what joins it."""

from __future__ import annotations

from collections.abc import Iterable

from deploy.manifests.plan import cluster, environment
from deploy.manifests.workloads import SETTINGS, Resource

DASHBOARD_FOLDER = "../../grafana"


def base(files: Iterable[str]) -> Resource:
    """Everything, with the settings as a ConfigMap whose name changes with what it says, so that pods follow it."""
    variables = environment().variables.items()
    literals = [f"{name}={variable.cluster}" for name, variable in variables if variable.secret is None]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [*files, DASHBOARD_FOLDER],
        "configMapGenerator": [{"name": SETTINGS, "namespace": cluster().namespace, "literals": literals}],
    }


def kafka_users_component(file: str) -> Resource:
    """The users apart: they mean something only where Kafka asks its clients who they are."""
    return {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "resources": [file]}
