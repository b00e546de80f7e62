"""What is kept of voices, sealed: AES-256-GCM under a key of each profile's own, bound to what it belongs to.

A sealed value is a mark, a nonce of 96 bits, the ciphertext and its tag (NIST SP 800-38D). With it goes, as associated
data, whose it is and what it is: family, id, the enrollments that were heard, the version of the model. So a value
that is cut off, put into another row, or of an earlier state of its own, is not opened. What is in clear is read as
it is, whatever the setting: upkeep seals it, or opens what was sealed.
"""

import base64
import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag

from shared.errors import UnreadableProfile
from shared.observing.trace import mark
from shared.store.blobs import Blobs
from shared.store.entities import SEALED_SCHEMA
from shared.store.keys import DataKeys, UnusableKey
from shared.store.seals import MARK, SEALED, Broken, is_sealed

logger = logging.getLogger("speaker")

_NONCE: Final = 12
_VOICE: Final = ("Signature", "NarrowSignature")
_PRINTS: Final = "Heard"
_SUFFIX: Final = ".sealed"
"""Of names of galleries that are sealed."""


class VoiceSeals:
    """Seals values by keys, where that is on, and opens them."""

    def __init__(self, keys: DataKeys, *, on: bool) -> None:
        """Bind to keys; ``on``, what is written is sealed."""
        self.keys = keys
        self.on = on

    def closed(self, partition: str, name: str, value: bytes, about: str) -> bytes:
        if not self.on:
            return value
        try:
            key = self.keys.made(partition, name)
        except UnusableKey as unusable:
            raise UnreadableProfile(f"the key of profile {mark(name)} cannot be used") from unusable
        nonce = secrets.token_bytes(_NONCE)
        return MARK + nonce + key.encrypt(nonce, value, _bound(partition, name, about))

    def opened(self, partition: str, name: str, value: bytes, about: str) -> bytes:
        if not is_sealed(value):
            return value
        nonce, sealed = value[len(MARK) :][:_NONCE], value[len(MARK) + _NONCE :]
        for find in (self.keys.known, self.keys.read):  # what is known may have been replaced meanwhile
            try:
                key = find(partition, name)
                if key:
                    return key.decrypt(nonce, sealed, _bound(partition, name, about))
            except (InvalidTag, UnusableKey, ValueError):
                continue
        raise Broken(f"what is sealed of {mark(name)} cannot be opened")

    def closed_entity(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the voice become one."""
        secret = {name: entity[name] for name in (*_VOICE, _PRINTS) if name in entity}
        if not self.on or secret.get(_PRINTS, "[]") == "[]":
            return dict(entity)
        text = json.dumps({name: _written(value) for name, value in secret.items()})
        where = (entity["PartitionKey"], entity["RowKey"])
        rest = {name: value for name, value in entity.items() if name not in secret}
        return {**rest, "Schema": SEALED_SCHEMA, SEALED: self.closed(*where, text.encode(), _state(entity))}

    def opened_entity(self, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        if SEALED not in entity:
            return entity
        where = (entity["PartitionKey"], entity["RowKey"])
        text = self.opened(*where, bytes(entity[SEALED]), _state(entity))
        secret = {name: _read(name, value) for name, value in json.loads(text).items()}
        return {**entity, **secret}

    def expect(self, partition: str) -> None:
        self.keys.load(partition)

    def shred(self, partition: str, name: str) -> None:
        self.keys.shred(partition, name)


class SealedBlobs:
    """Values by name, each under a key of its own, which goes with it; in clear or sealed, they are found."""

    def __init__(self, blobs: Blobs, seals: VoiceSeals, partition: str) -> None:
        """Bind to where they are, and to the partition of their keys."""
        self._blobs = blobs
        self._seals = seals
        self._partition = partition

    def drop_others(self) -> None:
        """Remove those that are not kept as they are to be."""
        for name in self._blobs.names(""):
            if name.endswith(_SUFFIX) != self._seals.on:
                self._remove(name)

    def put(self, name: str, value: bytes) -> None:
        if not self._seals.on:
            return self._blobs.put(name, value)
        stored, nonce = name + _SUFFIX, secrets.token_bytes(_NONCE)
        sealed = self._seals.keys.made(self._partition, _key_name(stored)).encrypt(nonce, value, stored.encode())
        return self._blobs.put(stored, MARK + nonce + sealed)

    def get(self, name: str) -> bytes | None:
        for stored in self._states(name):
            value = self._blobs.get(stored)
            if value is not None:
                return self._opened(stored, value) if stored.endswith(_SUFFIX) else value
        return None

    def names(self, prefix: str) -> list[str]:
        return sorted({name.removesuffix(_SUFFIX) for name in self._blobs.names(prefix)})

    def remove(self, name: str) -> None:
        for stored in self._states(name):
            self._remove(stored)

    def _states(self, name: str) -> list[str]:
        """Names under which it may be: first as it is written now."""
        return sorted((name, name + _SUFFIX), reverse=self._seals.on)

    def _remove(self, stored: str) -> None:
        if stored.endswith(_SUFFIX):
            self._seals.shred(self._partition, _key_name(stored))
        self._blobs.remove(stored)

    def _opened(self, stored: str, value: bytes) -> bytes | None:
        nonce, sealed = value[len(MARK) :][:_NONCE], value[len(MARK) + _NONCE :]
        try:
            key = self._seals.keys.known(self._partition, _key_name(stored))
            return key.decrypt(nonce, sealed, stored.encode()) if key else None
        except (InvalidTag, UnusableKey, ValueError):
            logger.error("%s %s cannot be opened", self._partition, mark(stored))
            return None


def _bound(partition: str, name: str, about: str) -> bytes:
    return json.dumps([partition, name, about]).encode()


def _state(entity: Mapping[str, Any]) -> str:
    """What the voice of a profile belongs to: the enrollments that were heard, and the model that did."""
    return f"{entity['Enrollments']} {entity.get('ModelVersion', '')}"


def _key_name(blob: str) -> str:
    return blob.replace("/", ":")


def _written(value: bytes | str) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read(name: str, value: str) -> bytes | str:
    return value if name == _PRINTS else base64.b64decode(value)
