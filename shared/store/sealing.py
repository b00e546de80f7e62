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
_GALLERIES: Final = "galleries"
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
    """Galleries, each under a key of its own, which goes with it; those in the other state are not there."""

    def __init__(self, blobs: Blobs, seals: VoiceSeals) -> None:
        """Bind to where they are."""
        self._blobs = blobs
        self._seals = seals

    def drop_others(self) -> None:
        """Remove those that are not kept as they are to be: they are written again, from the profiles."""
        for name in self._blobs.names(""):
            if name.endswith(_SUFFIX) != self._seals.on:
                self._remove(name)

    def put(self, name: str, value: bytes) -> None:
        stored = self._stored(name)
        if self._seals.on:
            nonce, key = secrets.token_bytes(_NONCE), self._seals.keys.renewed(_GALLERIES, _key_name(stored))
            value = MARK + nonce + key.encrypt(nonce, value, stored.encode())
        self._blobs.put(stored, value)

    def get(self, name: str) -> bytes | None:
        value = self._blobs.get(self._stored(name))
        return self._opened(self._stored(name), value) if value is not None and self._seals.on else value

    def names(self, prefix: str) -> list[str]:
        there = (name for name in self._blobs.names(prefix) if name.endswith(_SUFFIX) == self._seals.on)
        return [name.removesuffix(_SUFFIX) for name in there]

    def remove(self, name: str) -> None:
        self._remove(self._stored(name))

    def _stored(self, name: str) -> str:
        return name + _SUFFIX if self._seals.on else name

    def _remove(self, stored: str) -> None:
        self._seals.shred(_GALLERIES, _key_name(stored))
        self._blobs.remove(stored)

    def _opened(self, stored: str, value: bytes) -> bytes | None:
        nonce, sealed = value[len(MARK) :][:_NONCE], value[len(MARK) + _NONCE :]
        try:
            key = self._seals.keys.known(_GALLERIES, _key_name(stored))
            return key.decrypt(nonce, sealed, stored.encode()) if key else None
        except (InvalidTag, UnusableKey, ValueError):
            logger.error("gallery %s cannot be opened; the profiles are read instead", mark(stored))
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
