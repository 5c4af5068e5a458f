"""Who may talk to whom: nobody, and then what each service needs."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.manifests.plan import Neighbour, cluster, roles, services
from deploy.manifests.workloads import SERVICE_LABEL, Resource, metadata


def network_policies() -> Iterator[Resource]:
    """Default deny both ways, names and metrics for all, then one policy for each service and for each open door."""
    yield _policy("default-deny", {}, {"policyTypes": ["Ingress", "Egress"]})
    yield _policy("dns", {}, {"policyTypes": ["Egress"], "egress": [_dns()]})
    yield _policy("metrics", {}, _ingress(cluster().monitoring_namespace))
    for service in services():
        yield _policy(service, {SERVICE_LABEL: service}, _egress(service))
    for role in roles():
        if role.is_api:
            labels = {"app.kubernetes.io/name": role.name}
            yield _policy(f"{role.name}-door", labels, _ingress(cluster().ingress_namespace))


def _policy(name: str, labels: dict[str, str], rules: Resource) -> Resource:
    selector = {"matchLabels": labels} if labels else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name),
        "spec": {"podSelector": selector, **rules},
    }


def _dns() -> Resource:
    return {
        "to": [{**_namespace("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }


def _ingress(namespace: str) -> Resource:
    allowed = {"from": [_namespace(namespace)], "ports": [{"protocol": "TCP", "port": "http"}]}
    return {"policyTypes": ["Ingress"], "ingress": [allowed]}


def _egress(service: str) -> Resource:
    egress = [_to(other) for other in cluster().neighbours.values() if not other.services or service in other.services]
    return {"policyTypes": ["Egress"], "egress": egress}


def _to(neighbour: Neighbour) -> Resource:
    ports = {"ports": [{"protocol": "TCP", "port": port} for port in neighbour.ports]}
    return {"to": [_namespace(neighbour.namespace)], **ports} if neighbour.namespace else ports


def _namespace(name: str) -> Resource:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
