"""Registers the local stack's organisations and their systems' keys, through the catalogue's front door."""

import json
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.local.keys import write_private

REGISTRY_FILE = Path(__file__).with_name("registry.yaml")
SYSTEMS = ("truong-thpt-le-loi", "truong-cao-dang-cong-dong")
"""Organisations whose own system publishes events, each with its own key."""


def register(catalog_url: str, operator_token: str, keys_file: Path) -> dict[str, str]:
    """Every organisation of registry.yaml is registered and every system has a key; library -> key.

    Keys are shown once, so they are kept in `keys_file`; one that the registry no longer knows is made anew.
    """
    headers = {"authorization": f"Bearer {operator_token}"}
    with httpx.Client(base_url=catalog_url, headers=headers, timeout=30) as catalog:
        for entry in yaml.safe_load(REGISTRY_FILE.read_text(encoding="utf-8")):
            answer = catalog.post("/v1/libraries", json=entry)
            if answer.status_code != httpx.codes.CONFLICT:
                answer.raise_for_status()
        kept = _kept(keys_file)
        keys = {library: _current(catalog, library, kept.get(library)) for library in SYSTEMS}
    write_private(keys_file, json.dumps(keys, indent=2))
    return {library: key["secret"] for library, key in keys.items()}


def _current(catalog: httpx.Client, library: str, kept: dict[str, Any] | None) -> dict[str, Any]:
    known = catalog.get(f"/v1/libraries/{library}/keys").raise_for_status().json()["keys"]
    if kept and kept["id"] in {key["id"] for key in known}:
        return kept
    made: dict[str, Any] = catalog.post(f"/v1/libraries/{library}/keys", json={}).raise_for_status().json()
    return made


def _kept(keys_file: Path) -> dict[str, dict[str, Any]]:
    if not keys_file.exists():
        return {}
    kept: dict[str, dict[str, Any]] = json.loads(keys_file.read_text(encoding="utf-8"))
    return kept
