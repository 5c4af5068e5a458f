"""The processes in Kubernetes: account, Deployment and disruption budget of each role, Service of each API."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from deploy.manifests.plan import Size, Variable, cluster, environment, kind_of, roles, version
from deploy.roles import Role

Resource = dict[str, Any]

USER = 10001
"""The user of the image, see deploy/Dockerfile."""
SETTINGS = "settings"
SERVICE_LABEL = "lienthong/service"
PART_OF = {"app.kubernetes.io/part-of": "lienthong"}
ONE_AT_A_TIME = {"loop", "auditor"}


def namespace() -> Resource:
    """The namespace, closed to pods that are not restricted."""
    modes = ("enforce", "warn", "audit")
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in modes}
    versions = {f"pod-security.kubernetes.io/{mode}-version": "v1.32" for mode in modes}
    labels = {**PART_OF, **levels, **versions}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": cluster().namespace, "labels": labels}}


def workloads(service: str) -> Iterator[Resource]:
    """Everything that runs the roles of one service."""
    for role in roles():
        if role.service == service:
            yield _account(role)
            yield _deployment(role)
            yield _disruption_budget(role)
            if role.is_api:
                yield _service(role)


def metadata(name: str, labels: dict[str, str] | None = None) -> Resource:
    return {"name": name, "namespace": cluster().namespace, "labels": labels or PART_OF}


def _labels(role: Role) -> dict[str, str]:
    return {
        **_selector(role),
        "app.kubernetes.io/component": kind_of(role),
        "app.kubernetes.io/version": version(),
        "app.kubernetes.io/managed-by": "kustomize",
        SERVICE_LABEL: role.service,
    }


def _selector(role: Role) -> dict[str, str]:
    return {"app.kubernetes.io/name": role.name, **PART_OF}


def _account(role: Role) -> Resource:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(role.name, _labels(role)),
        "automountServiceAccountToken": False,
    }


def _deployment(role: Role) -> Resource:
    size = cluster().size(role)
    template = {"metadata": {"labels": _labels(role)}, "spec": _pod(role, size)}
    spec = {
        "replicas": size.replicas,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": _selector(role)},
        "strategy": _strategy(role),
        "template": template,
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(role.name, _labels(role)), "spec": spec}


def _strategy(role: Role) -> Resource:
    if kind_of(role) in ONE_AT_A_TIME:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def _pod(role: Role, size: Size) -> Resource:
    return {
        "serviceAccountName": role.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": size.stop_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            _spread(role, domain) for domain in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        "containers": [_container(role, size)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": size.disk}}],
    }


def _spread(role: Role, domain: str) -> Resource:
    return {
        "maxSkew": 1,
        "topologyKey": domain,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": _selector(role)},
    }


def _container(role: Role, size: Size) -> Resource:
    requests = {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.disk}
    container = {
        "name": role.name,
        "image": size.image,
        "imagePullPolicy": "IfNotPresent",
        "command": shlex.split(role.command),
        "ports": [{"name": "http", "containerPort": role.port}],
        "env": _environment(role),
        "resources": {"requests": requests, "limits": {"memory": size.memory_limit, "ephemeral-storage": size.disk}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  # a volume of the pod's own
        **_probes(),
    }
    if role.is_api:
        # Time for the endpoints to forget this pod, so that no request meets a closed door.
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": 5}}}
    return container


def _probes() -> Resource:
    """Alive: the process answers. Ready: what it needs answers too; that alone never restarts it."""
    return {
        "startupProbe": _probe("/healthz", period=5, failures=120),
        "livenessProbe": _probe("/healthz", period=10, failures=6),
        "readinessProbe": _probe("/readyz", period=10, failures=3),
    }


def _probe(path: str, *, period: int, failures: int) -> Resource:
    get = {"path": path, "port": "http"}
    return {"httpGet": get, "periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": failures}


def _environment(role: Role) -> list[Resource]:
    own = {**role.env, "HTTP_PORT": str(role.port)}
    given = [_variable(name, variable, role) for name, variable in environment().of(role).items() if name not in own]
    return [*given, *({"name": name, "value": value} for name, value in own.items())]


def _variable(name: str, variable: Variable, role: Role) -> Resource:
    if variable.secret is None:
        return {"name": name, "valueFrom": {"configMapKeyRef": {"name": SETTINGS, "key": name}}}
    secret = {"name": variable.secret.format(service=role.service), "key": variable.key}
    return {"name": name, "valueFrom": {"secretKeyRef": secret}}


def _disruption_budget(role: Role) -> Resource:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(role.name, _labels(role)),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _selector(role)}},
    }


def _service(role: Role) -> Resource:
    port = {"name": "http", "port": role.port, "targetPort": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(role.name, _labels(role)),
        "spec": {"selector": _selector(role), "ports": [port]},
    }
