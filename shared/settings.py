"""Settings, read once from the environment. A test checks the README's table against ``SETTINGS``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Misconfigured
from shared.words.matching import Tolerance

ROOT: Final = Path(__file__).parent.parent
MODELS: Final = ROOT / "models"

MIN_FALSE_MATCH_RATE: Final = 1e-6
LOOSEST: Final = Tolerance(distance=0.33, length=0.76, log_likelihood=-1.75, llr=-1.25)
"""Beyond it slips of one passphrase could be slips of another, or parts of a phrase pass for the whole."""

_WHY_NOT: Final = "is the secret there, may the app's identity read it, and does the network let it?"

SETTINGS: Final = {
    "SPEAKER_RECOGNITION_KEYS": "",
    "SPEAKER_STORAGE_CONNECTION_STRING": "",
    "SPEAKER_STORAGE_BLOB_URL": "",
    "SPEAKER_STORAGE_TABLE_URL": "",
    "SPEAKER_MODEL": "campplus",
    "SPEAKER_FALSE_MATCH_RATE": "0.001",
    "SPEAKER_ACTIVE_ENROLLMENT": "false",
    "SPEAKER_PHRASE_DISTANCE": "0.25",
    "SPEAKER_PHRASE_LENGTH": "0.76",
    "SPEAKER_PHRASE_LOG_LIKELIHOOD": "-1.75",
    "SPEAKER_PHRASE_LLR": "-1",
    "SPEAKER_WHISPER": "whisper-tiny-en",
    "SPEAKER_SPEECH_ENDPOINT": "",
    "SPEAKER_SPEECH_RESOURCE_ID": "",
    "SPEAKER_SPEECH_KEY": "",
    "SPEAKER_AUDIO_RETENTION_DAYS": "365",
    "SPEAKER_PROFILE_RETENTION_DAYS": "0",
    "SPEAKER_DECODE_ANY": "true",
    "SPEAKER_MAX_PROFILES": "10000",
    "SPEAKER_RATE_LIMIT": "0",
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
        false_match_rate: how often, at most, a stranger is accepted in one request of free speech.
        active_enrollment: ask for an activation phrase before free speech.
        tolerance: how far from a phrase a clip may be that says it.
        whisper: folder of the local model that writes down what is said.
        speech_endpoint: Azure AI Speech resource that does so instead; empty for the local model.
        speech_resource_id: its id in Azure, for the managed identity.
        speech_key: its key, where it is not reached with the managed identity.
        audio_retention_days: how long enrollment audio is kept; 0 keeps none.
        profile_retention_days: after how many days without use a profile is deleted; 0 never does.
        decode_any: read every audio format that libsndfile reads, not only the contract's.
        max_profiles: profiles of all families together.
        rate_limit: requests a second that one instance serves; 0 for all.
        platform_signs_in: App Service authentication checks tokens before the app sees a request.
    """

    keys: tuple[str, ...]
    local: bool
    connection_string: str
    blob_url: str
    table_url: str
    bundle: Path
    false_match_rate: float
    active_enrollment: bool
    tolerance: Tolerance
    whisper: Path
    speech_endpoint: str
    speech_resource_id: str
    speech_key: str
    audio_retention_days: int
    profile_retention_days: int
    decode_any: bool
    max_profiles: int
    rate_limit: float
    platform_signs_in: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Settings from environment variables.

        Raises:
            Misconfigured: names the variable, its value and what is allowed.
        """
        value = {name: environment.get(name, default) for name, default in SETTINGS.items()}
        return cls(
            keys=_keys("SPEAKER_RECOGNITION_KEYS", value["SPEAKER_RECOGNITION_KEYS"]),
            local=_is_local(environment),
            connection_string=value["SPEAKER_STORAGE_CONNECTION_STRING"],
            blob_url=value["SPEAKER_STORAGE_BLOB_URL"],
            table_url=value["SPEAKER_STORAGE_TABLE_URL"],
            bundle=MODELS / value["SPEAKER_MODEL"],
            false_match_rate=_share("SPEAKER_FALSE_MATCH_RATE", value["SPEAKER_FALSE_MATCH_RATE"]),
            active_enrollment=_switch("SPEAKER_ACTIVE_ENROLLMENT", value["SPEAKER_ACTIVE_ENROLLMENT"]),
            tolerance=_tolerance(value),
            whisper=MODELS / value["SPEAKER_WHISPER"],
            **_speech(value),
            audio_retention_days=_whole("SPEAKER_AUDIO_RETENTION_DAYS", value["SPEAKER_AUDIO_RETENTION_DAYS"]),
            profile_retention_days=_whole("SPEAKER_PROFILE_RETENTION_DAYS", value["SPEAKER_PROFILE_RETENTION_DAYS"]),
            decode_any=_switch("SPEAKER_DECODE_ANY", value["SPEAKER_DECODE_ANY"]),
            max_profiles=_whole("SPEAKER_MAX_PROFILES", value["SPEAKER_MAX_PROFILES"]),
            rate_limit=_rate("SPEAKER_RATE_LIMIT", value["SPEAKER_RATE_LIMIT"]),
            platform_signs_in=_platform_signs_in(environment),
        )

    @property
    def open_to_all(self) -> bool:
        """No key is configured and this is a developer's machine: calls need no key."""
        return self.local and not self.keys


def _is_local(environment: Mapping[str, str]) -> bool:
    """Azure names the site it runs; Core Tools and the dev host say Development instead."""
    development = environment.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
    return development and not environment.get("WEBSITE_SITE_NAME")


def _platform_signs_in(environment: Mapping[str, str]) -> bool:
    """Whether the platform authenticates: only it names the site, and only it removes forged principal headers."""
    enabled = environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
    return enabled and bool(environment.get("WEBSITE_SITE_NAME"))


def _keys(name: str, text: str) -> tuple[str, ...]:
    """The keys; App Service hands over a reference as it stands when it cannot follow it, and that is no key."""
    if text.startswith("@Microsoft.KeyVault("):
        raise Misconfigured(f"{name} is a Key Vault reference that Azure could not follow: {_WHY_NOT}")
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _switch(name: str, text: str) -> bool:
    value = {"true": True, "false": False}.get(text.lower())
    if value is None:
        raise Misconfigured(f"{name}={text!r}: allowed are 'true' and 'false'")
    return value


def _whole(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Misconfigured(f"{name}={text!r}: a whole number is needed")
    return int(text)


def _share(name: str, text: str) -> float:
    if not re.fullmatch(r"0?\.[0-9]{1,9}|[0-9]e-[0-9]", text) or not MIN_FALSE_MATCH_RATE <= float(text) <= 0.1:
        raise Misconfigured(f"{name}={text!r}: a number from {MIN_FALSE_MATCH_RATE:g} to 0.1 is needed")
    return float(text)


def _rate(name: str, text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise Misconfigured(f"{name}={text!r}: a number of requests a second is needed, 0 for no limit")
    return float(text)


def _tolerance(value: Mapping[str, str]) -> Tolerance:
    return Tolerance(
        distance=_within(value, "SPEAKER_PHRASE_DISTANCE", 0, LOOSEST.distance),
        length=_within(value, "SPEAKER_PHRASE_LENGTH", LOOSEST.length, 1),
        log_likelihood=_within(value, "SPEAKER_PHRASE_LOG_LIKELIHOOD", LOOSEST.log_likelihood, 0),
        llr=_within(value, "SPEAKER_PHRASE_LLR", LOOSEST.llr, 0),
    )


def _within(value: Mapping[str, str], name: str, least: float, most: float) -> float:
    text = value[name]
    if not re.fullmatch(r"-?[0-9](\.[0-9]{1,4})?", text) or not least <= float(text) <= most:
        raise Misconfigured(f"{name}={text!r}: a number from {least:g} to {most:g} is needed")
    return float(text)


def _speech(value: Mapping[str, str]) -> dict[str, str]:
    """Where Azure AI Speech is and what opens it: nothing, or an endpoint and either an id or a key."""
    endpoint, resource_id = value["SPEAKER_SPEECH_ENDPOINT"], value["SPEAKER_SPEECH_RESOURCE_ID"]
    key = next(iter(_keys("SPEAKER_SPEECH_KEY", value["SPEAKER_SPEECH_KEY"])), "")
    if endpoint and not re.match(r"https://|http://127\.0\.0\.1[:/]", endpoint):
        raise Misconfigured(f"SPEAKER_SPEECH_ENDPOINT={endpoint!r}: a URL that begins with https:// is needed")
    if endpoint and not (resource_id or key):
        raise Misconfigured("SPEAKER_SPEECH_ENDPOINT needs SPEAKER_SPEECH_RESOURCE_ID or SPEAKER_SPEECH_KEY")
    return {"speech_endpoint": endpoint, "speech_resource_id": resource_id, "speech_key": key}
