"""Patron cards, sealed with a key of the patron's own. Destroying the key erases the patron from every log and backup.

The `vault` database holds the wrapped keys: catalog writes it, notify reads it, nobody else has its wrapping key.
"""

from __future__ import annotations

import base64
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.asynchronous.database import AsyncDatabase

from shared.store.mongo import Document

KEYS = "patron_keys"
_NONCE = 12


class Vault:
    """Seals and opens patron cards (AES-256-GCM; the patron's pseudonym is bound to both layers)."""

    def __init__(self, database: AsyncDatabase[Document], wrapping_key: str) -> None:
        self._keys = database[KEYS]
        self._wrapping = AESGCM(base64.b64decode(wrapping_key))

    async def seal(self, patron: str, card: dict[str, str]) -> str:
        """The card, readable only with the patron's key, which is made when missing."""
        key = await self._key(patron) or await self._make_key(patron)
        return _encrypt(AESGCM(key), json.dumps(card).encode(), patron)

    async def open(self, patron: str, sealed: str) -> dict[str, str] | None:
        """The card; None when the patron was erased."""
        key = await self._key(patron)
        if key is None:
            return None
        try:
            card: dict[str, str] = json.loads(_decrypt(AESGCM(key), sealed, patron))
        except InvalidTag:  # sealed with a key that was destroyed before this one was made
            return None
        return card

    async def destroy(self, patron: str) -> bool:
        """Erase the patron: no copy of any card can be read again. False when there was no key."""
        return bool((await self._keys.delete_one({"_id": patron})).deleted_count)

    async def _key(self, patron: str) -> bytes | None:
        row = await self._keys.find_one({"_id": patron})
        return _decrypt(self._wrapping, row["wrapped"], patron) if row else None

    async def _make_key(self, patron: str) -> bytes:
        wrapped = _encrypt(self._wrapping, AESGCM.generate_key(bit_length=256), patron)
        await self._keys.update_one({"_id": patron}, {"$setOnInsert": {"wrapped": wrapped}}, upsert=True)
        key = await self._key(patron)
        if key is None:
            raise KeyError(patron)
        return key


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: str) -> str:
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + cipher.encrypt(nonce, plain, bound_to.encode())).decode()


def _decrypt(cipher: AESGCM, sealed: str, bound_to: str) -> bytes:
    raw = base64.b64decode(sealed)
    return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], bound_to.encode())
