"""Settings, read once from the environment. A test checks the README's table against ``SETTINGS``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Misconfigured

ROOT: Final = Path(__file__).parent.parent

SETTINGS: Final = {
    "SPEAKER_RECOGNITION_KEYS": "",
    "SPEAKER_STORAGE_CONNECTION_STRING": "",
    "SPEAKER_STORAGE_BLOB_URL": "",
    "SPEAKER_STORAGE_TABLE_URL": "",
    "SPEAKER_MODEL": "campplus",
    "SPEAKER_ACTIVE_ENROLLMENT": "false",
}
"""Every setting that the app reads, with its default."""


@dataclass(frozen=True)
class Settings:
    """What the operator decided.

    Attributes:
        keys: subscription keys that are accepted; several, so that one can be rotated while the other serves.
        local: the app runs on a developer's machine, not in Azure.
        connection_string: storage account by secret, for local use.
        blob_url: blob endpoint, reached with the managed identity.
        table_url: table endpoint, reached with the managed identity.
        bundle: folder of the embedder's model bundle.
        active_enrollment: ask for an activation phrase before free speech.
    """

    keys: tuple[str, ...]
    local: bool
    connection_string: str
    blob_url: str
    table_url: str
    bundle: Path
    active_enrollment: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Settings from environment variables.

        Raises:
            Misconfigured: names the variable, its value and what is allowed.
        """
        value = {name: environment.get(name, default) for name, default in SETTINGS.items()}
        return cls(
            keys=tuple(key.strip() for key in value["SPEAKER_RECOGNITION_KEYS"].split(",") if key.strip()),
            local=_is_local(environment),
            connection_string=value["SPEAKER_STORAGE_CONNECTION_STRING"],
            blob_url=value["SPEAKER_STORAGE_BLOB_URL"],
            table_url=value["SPEAKER_STORAGE_TABLE_URL"],
            bundle=ROOT / "models" / value["SPEAKER_MODEL"],
            active_enrollment=_off("SPEAKER_ACTIVE_ENROLLMENT", value["SPEAKER_ACTIVE_ENROLLMENT"]),
        )

    @property
    def open_to_all(self) -> bool:
        """No key is configured and this is a developer's machine: calls need no key."""
        return self.local and not self.keys


def _is_local(environment: Mapping[str, str]) -> bool:
    """Azure names the site it runs; Core Tools and the dev host say Development instead."""
    development = environment.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
    return development and not environment.get("WEBSITE_SITE_NAME")


def _off(name: str, text: str) -> bool:
    if text.lower() != "false":
        raise Misconfigured(f"{name}={text!r}: only 'false' is available in this version")
    return False
