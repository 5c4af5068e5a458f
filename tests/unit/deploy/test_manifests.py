"""The manifests against the code they run and against the rules of a restricted cluster."""

import importlib
import inspect
import os
import shutil
import subprocess
from copy import deepcopy
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.manifests.kafka import kafka_users
from deploy.manifests.output import KAFKA_USERS, outdated, write
from deploy.manifests.plan import ROOT, cluster, environment, kind_of, services
from deploy.roles import load_roles
from shared.events.topics import topics, topics_read_by
from tests.unit.deploy.manifest_files import base, container_of, kubernetes_quantity, of_kind, pod_of, resources_below

CRDS = Path(os.environ.get("LIENTHONG_CRDS", ROOT.parent / "shared/data/crds"))
OVERLAYS = ROOT / "deploy/k8s/overlays"
CUSTOM = {"KafkaTopic", "KafkaUser", "PodMonitor", "PrometheusRule"}
ROLES = {role.name: role for role in load_roles()}
DEPLOYMENTS = of_kind("Deployment")


def test_committed_files_are_what_the_data_say() -> None:
    assert outdated() == [], "run `python -m deploy.manifests write`"


def test_writing_removes_what_belongs_to_nothing(tmp_path: Path) -> None:
    stray = tmp_path / "deploy/k8s/base/gone.yaml"
    stray.parent.mkdir(parents=True)
    stray.write_text("kind: Deployment")
    assert stray.relative_to(tmp_path) in write(tmp_path)
    assert not stray.exists()
    assert outdated(tmp_path) == []


def test_every_role_has_its_deployment_account_and_budget() -> None:
    for kind in ("Deployment", "ServiceAccount", "PodDisruptionBudget"):
        assert of_kind(kind).keys() == ROLES.keys()
    assert of_kind("Service").keys() == {role.name for role in ROLES.values() if role.is_api}


@pytest.mark.parametrize("version", ["1.32", kubernetes_validate.latest_version()])
def test_kubernetes_accepts_every_resource(version: str) -> None:
    native = [resource for resource in base() if resource["kind"] not in CUSTOM]
    assert len(native) > 3 * len(ROLES)
    for resource in native:
        kubernetes_validate.validate(resource, version, strict=True)


def test_only_custom_resources_escape_kubernetes_own_schemas() -> None:
    groups = {resource["apiVersion"] for resource in [*base(), *kafka_users()] if resource["kind"] in CUSTOM}
    assert groups == {"kafka.strimzi.io/v1", "monitoring.coreos.com/v1"}


def test_operators_accept_every_custom_resource() -> None:
    if not CRDS.is_dir():
        pytest.skip(f"no custom resource definitions in {CRDS}: name their folder in LIENTHONG_CRDS")
    schemas = custom_schemas(CRDS)
    checked = 0
    for resource in [*base(), *resources_below(ROOT / KAFKA_USERS)]:
        if resource["kind"] in CUSTOM:
            schema = schemas[resource["apiVersion"], resource["kind"]]
            assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(resource)] == []
            checked += 1
    assert checked == len(topics()) + len(services()) + 2


def test_a_misspelt_key_of_a_custom_resource_is_found() -> None:
    if not CRDS.is_dir():
        pytest.skip(f"no custom resource definitions in {CRDS}: name their folder in LIENTHONG_CRDS")
    topic = deepcopy(next(iter(of_kind("KafkaTopic").values())))
    topic["spec"]["partition"] = 3
    schema = custom_schemas(CRDS)[topic["apiVersion"], topic["kind"]]
    (error,) = jsonschema.Draft202012Validator(schema).iter_errors(topic)
    assert "partition" in error.message


@cache
def custom_schemas(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Schemas by API version and kind, that refuse keys they do not know."""
    found = {}
    for path in [path for kind in CUSTOM for path in folder.rglob(f"*{kind.lower()}*.yaml")]:
        for definition in yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
            spec = definition["spec"]
            for version in spec["versions"]:
                name = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                found[name] = closed({**version["schema"]["openAPIV3Schema"]}, root=True)
    return found


def closed(schema: dict[str, Any], *, root: bool = False) -> dict[str, Any]:
    properties = {name: closed(child) for name, child in schema.get("properties", {}).items()}
    items = {"items": closed(schema["items"])} if "items" in schema else {}
    if not properties:
        return {**schema, **items}
    if root:
        properties["metadata"] = {"type": "object"}
    return {**schema, **items, "properties": properties, "additionalProperties": False}


def test_every_overlay_names_files_that_exist_and_resources_that_are_there() -> None:
    for overlay in OVERLAYS.iterdir():
        resources = list(resources_below(overlay))
        kinds = {resource["kind"] for resource in resources}
        kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text(encoding="utf-8"))
        images = {container_of(deployment)["image"] for deployment in DEPLOYMENTS.values()}
        assert {image["name"] for image in kustomization["images"]} == images
        for patch in kustomization["patches"]:
            assert patch["target"]["kind"] in kinds
            assert patch["target"].get("name", "ocr-reading") in DEPLOYMENTS


@pytest.mark.parametrize("overlay", sorted(path.name for path in OVERLAYS.iterdir()))
def test_kubectl_renders_the_overlay(overlay: str) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed: the overlays are checked by their names only")
    command = ["kubectl", "kustomize", str(OVERLAYS / overlay)]
    rendered = list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert of_kind("Deployment", rendered).keys() == ROLES.keys()
    assert not of_kind("Secret", rendered)
    images = [container_of(deployment)["image"] for deployment in of_kind("Deployment", rendered).values()]
    assert all("@sha256:" in image if overlay == "prod" else image.endswith(":dev") for image in images)
    assert any(name.startswith("settings-") for name in of_kind("ConfigMap", rendered))
    copies = {topic["spec"]["replicas"] for topic in of_kind("KafkaTopic", rendered).values()}
    assert copies == ({3} if overlay == "prod" else {1})


def test_the_namespace_lets_only_restricted_pods_in() -> None:
    labels = of_kind("Namespace")[cluster().namespace]["metadata"]["labels"]
    for mode in ("enforce", "warn", "audit"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"].startswith("v1.")


@pytest.mark.parametrize("name", ROLES)
def test_a_pod_is_restricted(name: str) -> None:
    pod, container = pod_of(DEPLOYMENTS[name]), container_of(DEPLOYMENTS[name])
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == name
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": cluster().size(ROLES[name]).disk}}]


@pytest.mark.parametrize("name", ROLES)
def test_a_pod_asks_for_what_it_needs_and_is_spread(name: str) -> None:
    pod, resources = pod_of(DEPLOYMENTS[name]), container_of(DEPLOYMENTS[name])["resources"]
    assert resources["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert resources["limits"].keys() == {"memory", "ephemeral-storage"}
    assert kubernetes_quantity(resources["requests"]["memory"]) <= kubernetes_quantity(resources["limits"]["memory"])
    domains = {spread["topologyKey"] for spread in pod["topologySpreadConstraints"]}
    assert domains == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


@pytest.mark.parametrize("name", ROLES)
def test_a_process_is_not_restarted_for_what_it_depends_on(name: str) -> None:
    container = container_of(DEPLOYMENTS[name])
    paths = {
        probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    assert container["livenessProbe"]["httpGet"]["port"] == container["ports"][0]["name"]


def test_what_runs_once_is_never_doubled_by_an_update() -> None:
    for name, deployment in DEPLOYMENTS.items():
        alone = kind_of(ROLES[name]) in {"loop", "auditor"}
        assert (deployment["spec"]["replicas"] == 1) or not alone
        strategy = deployment["spec"]["strategy"]
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        assert strategy == ({"type": "Recreate"} if alone else rolling)


def test_no_worker_has_more_processes_than_partitions() -> None:
    for name, role in ROLES.items():
        if kind_of(role) == "worker":
            assert topics_read_by(name), f"{name} is no consumer group of the topic table"
            most = max(topics()[topic].partitions for topic in topics_read_by(name))
            assert DEPLOYMENTS[name]["spec"]["replicas"] <= most


def test_selectors_stand_on_labels_that_never_change_and_match_their_pods() -> None:
    for name, deployment in DEPLOYMENTS.items():
        selector, labels = (
            deployment["spec"]["selector"]["matchLabels"],
            deployment["spec"]["template"]["metadata"]["labels"],
        )
        assert selector.keys() == {"app.kubernetes.io/name", "app.kubernetes.io/part-of"}
        assert selector.items() <= labels.items()
        wanted = {f"app.kubernetes.io/{label}" for label in ("name", "component", "part-of", "version", "managed-by")}
        assert wanted <= labels.keys()
        assert of_kind("PodDisruptionBudget")[name]["spec"] == {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector},
        }


def test_services_and_the_monitor_lead_to_ports_that_pods_have() -> None:
    for name, service in of_kind("Service").items():
        ports = {port["name"]: port["containerPort"] for port in container_of(DEPLOYMENTS[name])["ports"]}
        assert service["spec"]["selector"] == DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"]
        assert [ports[port["targetPort"]] for port in service["spec"]["ports"]] == [ROLES[name].port]
    (monitor,) = of_kind("PodMonitor").values()
    for deployment in DEPLOYMENTS.values():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert {end["port"] for end in monitor["spec"]["podMetricsEndpoints"]} <= {
            port["name"] for port in container_of(deployment)["ports"]
        }


def test_nobody_may_talk_until_allowed() -> None:
    policies = of_kind("NetworkPolicy")
    deny = policies["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    kafka = {"kubernetes.io/metadata.name": cluster().kafka.namespace}
    for service in services():
        reached = [
            target["namespaceSelector"]["matchLabels"]
            for rule in policies[service]["spec"]["egress"]
            for target in rule.get("to", [])
        ]
        assert kafka in reached
    mailing = {
        service for service in services() if any(25 in ports(rule) for rule in policies[service]["spec"]["egress"])
    }
    assert mailing == {"notify"}


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def settings_of(service: str) -> dict[str, Any]:
    """Every variable that a service reads from its environment, with its default."""
    modules = [import_module("shared.settings")]
    if find_spec(f"services.{service}") and find_spec(f"services.{service}.settings"):
        modules.append(importlib.import_module(f"services.{service}.settings"))
    classes = {
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, BaseSettings) and found is not BaseSettings
    }
    return {
        (str(field.validation_alias) if field.validation_alias else model.model_config["env_prefix"] + name).upper(): (
            field.get_default(call_default_factory=True)
        )
        for model in classes
        for name, field in model.model_fields.items()
    }


@pytest.mark.parametrize("name", ROLES)
def test_every_variable_is_read_and_comes_from_somewhere(name: str) -> None:
    known = settings_of(ROLES[name].service)
    libraries = {variable for variable, row in environment().variables.items() if row.read_by}
    (generated,) = yaml.safe_load((ROOT / "deploy/k8s/base/kustomization.yaml").read_text(encoding="utf-8"))[
        "configMapGenerator"
    ]
    literals = {literal.partition("=")[0] for literal in generated["literals"]}
    for entry in container_of(DEPLOYMENTS[name])["env"]:
        assert entry["name"] in known.keys() | libraries
        if reference := entry.get("valueFrom", {}).get("configMapKeyRef"):
            assert reference["name"] == generated["name"]
            assert reference["key"] in literals


@pytest.mark.parametrize("service", services())
def test_no_required_variable_is_forgotten(service: str) -> None:
    roles = [name for name, role in ROLES.items() if role.service == service]
    given = {entry["name"] for name in roles for entry in container_of(DEPLOYMENTS[name])["env"]}
    required = {variable for variable, default in settings_of(service).items() if means_nothing_elsewhere(default)}
    if "VAULT_KEY" in required and service not in environment().variables["VAULT_KEY"].readers:
        required.remove("VAULT_KEY")
    assert required <= given | environment().left_alone.keys()


def means_nothing_elsewhere(default: object) -> bool:
    """Whether a default is empty or speaks of the very machine that a process runs on."""
    return default in ("", None, ()) or any(sign in str(default) for sign in ("127.0.0.1", "file://", "/tmp"))


def test_nothing_is_left_alone_that_no_service_reads() -> None:
    known = {variable for service in services() for variable in settings_of(service)}
    assert environment().left_alone.keys() <= known
    assert environment().left_alone.keys().isdisjoint(environment().variables)


def test_pods_that_read_pages_have_room_for_them() -> None:
    known = settings_of("ocr")
    container = container_of(DEPLOYMENTS["ocr-reading"])
    processes = int(str(environment().variables["OCR_PROCESSES"].cluster))
    assert kubernetes_quantity(container["resources"]["limits"]["memory"]) >= (
        processes * known["OCR_MEMORY_BYTES_PER_PAGE"]
    )
    assert kubernetes_quantity(container["resources"]["requests"]["cpu"]) == processes
    assert pod_of(DEPLOYMENTS["ocr-reading"])["terminationGracePeriodSeconds"] > known["OCR_SECONDS_PER_PAGE"]
    assert container["image"] == "lienthong-ocr"


def test_the_catalog_has_room_for_the_uploads_that_it_takes() -> None:
    known, search_index = settings_of("catalog"), 2 * 1024**3
    disk = kubernetes_quantity(container_of(DEPLOYMENTS["catalog-api"])["resources"]["limits"]["ephemeral-storage"])
    assert disk >= search_index + known["CATALOG_UPLOADS_AT_ONCE"] * known["CATALOG_IMPORT_MAX_BYTES"]


def test_topics_of_the_cluster_are_those_of_the_table() -> None:
    described = of_kind("KafkaTopic")
    assert described.keys() == topics().keys()
    for name, topic in topics().items():
        assert described[name]["spec"] == {"partitions": topic.partitions, "config": topic.settings()}
        assert described[name]["metadata"]["labels"]["strimzi.io/cluster"] == cluster().kafka.cluster


def test_a_service_may_do_what_the_table_says_and_no_more() -> None:
    users = of_kind("KafkaUser", list(kafka_users()))
    assert users.keys() == {f"lienthong-{service}" for service in services()}
    allowed = {
        (name, acl["resource"]["name"]): acl["operations"]
        for name, user in users.items()
        for acl in user["spec"]["authorization"]["acls"]
    }
    assert allowed["lienthong-catalog", "circulation"] == ["Read", "Write"]
    assert allowed["lienthong-ingest", "circulation"] == ["Write"]
    assert allowed["lienthong-stats", "circulation"] == ["Read"]
    assert allowed["lienthong-notify", "notify-notices.dead"] == ["Write"]
    assert ("lienthong-stats", "patrons-current") not in allowed
    assert ("lienthong-ingest", "patrons-current") not in allowed
    assert {name for name, user in users.items() if "Read" in allowed.get((name, "patrons-current"), [])} == {
        "lienthong-notify",
        "lienthong-bus",
    }


def test_no_secret_is_written_down() -> None:
    committed = [path for folder in ("k8s", "grafana", "prometheus") for path in (ROOT / "deploy" / folder).rglob("*")]
    for path in [*committed, ROOT / "deploy/compose.yaml"]:
        if path.suffix in {".yaml", ".yml"}:
            loaded = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
            assert all(resource.get("kind") != "Secret" for resource in loaded)
    for name, variable in environment().variables.items():
        if any(sign in name for sign in ("KEY", "SECRET", "PASSWORD")):
            assert variable.secret
            assert variable.compose.startswith("${")
