"""The stack's own keys, made once and kept readable by their owner only, and the tokens of the demo people."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PEOPLE_FILE = Path(__file__).with_name("people.yaml")
TOKEN_LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Keys:
    """PEM of the Ed25519 pair that signs tokens, and base64 of the 32 bytes that encrypt patrons' data."""

    signing_key: str
    public_key: str
    vault_key: str


def load_keys(directory: Path) -> Keys:
    """Read the keys in `directory`; make those that are not there yet."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing_key = _kept(directory / "signing.pem", _new_signing_key)
    private = load_pem_private_key(signing_key.encode(), password=None)
    public_key = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Keys(signing_key, public_key, _kept(directory / "vault.key", _new_vault_key))


def demo_tokens(keys: Keys) -> dict[str, str]:
    """One token per role: a JWT (EdDSA) with sub, name, org, roles and exp, good for 30 days from now."""
    people = yaml.safe_load(PEOPLE_FILE.read_text(encoding="utf-8"))
    expires = datetime.now(UTC) + TOKEN_LIFETIME
    return {person["role"]: _token(person, expires, keys) for person in people}


def _token(person: dict[str, str], expires: datetime, keys: Keys) -> str:
    claims = {key: person[key] for key in ("sub", "name", "org")}
    return jwt.encode(claims | {"roles": [person["role"]], "exp": expires}, keys.signing_key, algorithm="EdDSA")


def _new_signing_key() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _new_vault_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        write_private(path, make())
    return path.read_text(encoding="ascii")


def write_private(path: Path, text: str) -> None:
    """Put `text` in the file as a whole or not at all, readable by its owner only."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
