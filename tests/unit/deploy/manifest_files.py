"""Reading the generated manifests as a cluster would."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.manifests.output import BASE
from deploy.manifests.plan import ROOT

Resource = dict[str, Any]


def resources_below(folder: Path) -> Iterator[Resource]:
    """Every resource that a kustomization names, those of the kustomizations it names included."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    for name in kustomization.get("resources", []):
        path = (folder / name).resolve()
        if path.is_dir():
            yield from resources_below(path)
        else:
            yield from yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


@cache
def base() -> tuple[Resource, ...]:
    return tuple(resources_below(ROOT / BASE))


def of_kind(kind: str, resources: Iterable[Resource] | None = None) -> dict[str, Resource]:
    found = resources if resources is not None else base()
    return {resource["metadata"]["name"]: resource for resource in found if resource["kind"] == kind}


def pod_of(deployment: Resource) -> Resource:
    pod: Resource = deployment["spec"]["template"]["spec"]
    return pod


def container_of(deployment: Resource) -> Resource:
    container: Resource = pod_of(deployment)["containers"][0]
    return container


def kubernetes_quantity(text: str) -> float:
    """Bytes, or processors, of a quantity as Kubernetes writes it."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "m": 1e-3}
    unit = next((unit for unit in units if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * units.get(unit, 1)
