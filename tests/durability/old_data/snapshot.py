"""Takes down and puts back what is stored, by the SDK alone: nothing of the service has a part in it."""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
from zipfile import ZIP_LZMA, ZipFile

from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient

HERE: Final = Path(__file__).parent
TABLE: Final = "SpeakerProfiles"
CONTAINER: Final = "enrollment-audio"

_ENTITIES: Final = HERE / "table.json"
_AUDIO: Final = HERE / "audio.zip"
_BLOB_API_VERSION: Final = "2025-11-05"  # the newest that the pinned Azurite speaks
_TYPE: Final = "@odata.type"

type Entity = dict[str, Any]

_WRITTEN_AS: Final[Mapping[str, Callable[[Any], str]]] = {
    "Edm.Binary": lambda value: base64.b64encode(value).decode(),
    "Edm.DateTime": datetime.isoformat,
}
_READ_AS: Final[Mapping[str, Callable[[str], object]]] = {
    "Edm.Binary": base64.b64decode,
    "Edm.DateTime": datetime.fromisoformat,
}


class Storage:
    """A table and a container, without the service that uses them."""

    def __init__(self, connection_string: str, stack: ExitStack) -> None:
        """Connect for as long as the stack is open."""
        self.table = stack.enter_context(TableClient.from_connection_string(connection_string, TABLE))
        self.audio = stack.enter_context(
            ContainerClient.from_connection_string(connection_string, CONTAINER, api_version=_BLOB_API_VERSION)
        )

    def entities(self) -> list[Entity]:
        """Every row."""
        return [dict(entity) for entity in self.table.list_entities()]

    def blobs(self) -> dict[str, bytes]:
        """Every blob by its name."""
        return {name: self.audio.download_blob(name).readall() for name in self.audio.list_blob_names()}

    def save(self, names: Mapping[str, str]) -> None:
        """Write all of it into files.

        Args:
            names: what to call each row in the file, by its key.
        """
        rows = {names[entity["RowKey"]]: _to_json(entity) for entity in self.entities()}
        _ENTITIES.write_text(json.dumps({name: rows[name] for name in names.values()}, indent=2) + "\n")
        with ZipFile(_AUDIO, "w", ZIP_LZMA) as audio:
            for name, content in self.blobs().items():
                audio.writestr(name, content)

    def restore(self) -> Self:
        """Write the files into storage that is new."""
        self.table.create_table()
        for entity in saved_entities().values():
            self.table.create_entity(entity)
        self.audio.create_container()
        for name, content in saved_blobs().items():
            self.audio.upload_blob(name, content)
        return self


def saved_entities() -> dict[str, Entity]:
    """The rows in the file, by what they are called there."""
    return {name: _from_json(row) for name, row in json.loads(_ENTITIES.read_text()).items()}


def saved_blobs() -> dict[str, bytes]:
    """The blobs in the file."""
    with ZipFile(_AUDIO) as audio:
        return {name: audio.read(name) for name in audio.namelist()}


def _to_json(entity: Entity) -> Entity:
    """As the table service itself writes it: OData names the type of what JSON cannot hold in a sibling property."""
    written: Entity = {}
    for name, value in entity.items():
        kind = _kind(value)
        written[name] = _WRITTEN_AS[kind](value) if kind else value
        written |= {f"{name}{_TYPE}": kind} if kind else {}
    return written


def _kind(value: object) -> str | None:
    if isinstance(value, bytes):
        return "Edm.Binary"
    return "Edm.DateTime" if isinstance(value, datetime) else None


def _from_json(row: Entity) -> Entity:
    kinds = {name: row.get(f"{name}{_TYPE}") for name in row if not name.endswith(_TYPE)}
    return {name: _READ_AS[kind](row[name]) if kind else row[name] for name, kind in kinds.items()}
