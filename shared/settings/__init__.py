"""Settings, read once from the environment: one table, from which docs/settings.md is written."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from shared.errors import Misconfigured
from shared.settings import platform, readers
from shared.settings.readers import Setting, setting
from shared.settings.trust import TrustSettings
from shared.words.matching import Tolerance

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = ROOT / "models"

LOOSEST: Final = Tolerance(distance=0.33, length=0.76, log_likelihood=-1.75, llr=-1.25)
"""Beyond it slips of one passphrase could be slips of another, or parts of a phrase pass for the whole."""


def _model(_name: str, text: str) -> Path:
    """A folder of models: one of ours, unless it is an absolute path."""
    return MODELS / text


@dataclass(frozen=True)
class Settings(TrustSettings):
    """What the operator decided; each line says the variable, its default, how it is read and how it is deployed."""

    keys: tuple[str, ...] = setting(
        "SPEAKER_RECOGNITION_KEYS",
        "",
        readers.keys,
        "apiKeys",
        "subscription keys of 16 characters and more, comma-separated; `name:scope:key` names one and limits it to "
        "`recognize`, `enroll` or `manage` (several with `+`); without any, every call is refused, except on a local "
        "host",
    )
    public_origin: str = setting(
        "SPEAKER_PUBLIC_ORIGIN",
        "",
        readers.origin,
        "publicOrigin",
        "scheme and host under which callers know the service, for links in answers, such as `https://voices.example`; "
        "needed behind a front end of your own, as no header of a caller is believed",
    )
    blob_url: str = setting(
        "SPEAKER_STORAGE_BLOB_URL",
        "",
        readers.text,
        "",
        "blob endpoint of the storage account, reached with the managed identity",
    )
    table_url: str = setting(
        "SPEAKER_STORAGE_TABLE_URL",
        "",
        readers.text,
        "",
        "table endpoint of the storage account, reached with the managed identity",
    )
    queue_url: str = setting(
        "SPEAKER_STORAGE_QUEUE_URL",
        "",
        readers.text,
        "",
        "queue endpoint of the host's storage account, where long recordings wait, reached with the managed identity",
    )
    connection_string: str = setting(
        "SPEAKER_STORAGE_CONNECTION_STRING",
        "",
        readers.text,
        "",
        "storage account by secret, for local use; `make` targets set it to Azurite",
    )
    bundle: Path = setting(
        "SPEAKER_MODEL", "campplus", _model, "model", "folder of the embedder's model bundle under `models/`"
    )
    false_match_rate: float = setting(
        "SPEAKER_FALSE_MATCH_RATE",
        "0.001",
        readers.share,
        "falseMatchRate",
        "how often a stranger is accepted in one request, on average over kinds of speech: the score 0.5; 1.6 times "
        "as often where fewer than three other voices are enrolled",
    )
    centring: bool = setting(
        "SPEAKER_CENTRING",
        "true",
        readers.switch,
        "",
        "`true`: a comparison is seen from other voices of the family, locale and phrase, of which it reads up to 200; "
        "`false`: no signature is read but those that the request names",
    )
    gallery: str = setting(
        "SPEAKER_GALLERY",
        "memory",
        readers.one_of("memory", "postgres"),
        "",
        "where voices are searched among everyone and in groups: `memory` of each instance, to a million; `postgres`, "
        "beyond it ([performance.md](performance.md#beyond-one-instances-memory))",
    )
    postgres: str = setting(
        "SPEAKER_POSTGRES",
        "",
        readers.text,
        "",
        "the database for that, as libpq reads it, such as `host=... dbname=... user=...`; without a password the "
        "managed identity is asked; the template's `postgres` makes one",
    )
    active_enrollment: bool = setting(
        "SPEAKER_ACTIVE_ENROLLMENT",
        "false",
        readers.switch,
        "activeEnrollment",
        "`true`: new text-independent profiles are inactive until they have heard an activation phrase",
    )
    phrase_llr: float = setting(
        "SPEAKER_PHRASE_LLR",
        "-1",
        readers.within(LOOSEST.llr, 0),
        "phraseLlr",
        "least log-likelihood ratio, a token, of a passphrase and what was heard, from -1.25 to 0; where Whisper hears",
    )
    phrase_log_likelihood: float = setting(
        "SPEAKER_PHRASE_LOG_LIKELIHOOD",
        "-1.75",
        readers.within(LOOSEST.log_likelihood, 0),
        "phraseLogLikelihood",
        "least log-likelihood of a passphrase, a token, from -1.75 to 0; where Whisper hears",
    )
    phrase_distance: float = setting(
        "SPEAKER_PHRASE_DISTANCE",
        "0.25",
        readers.within(0, LOOSEST.distance),
        "phraseDistance",
        "share of a phrase's letters that may be heard otherwise, from 0 to 0.33; for activation phrases, and where "
        "Azure AI Speech hears",
    )
    phrase_length: float = setting(
        "SPEAKER_PHRASE_LENGTH",
        "0.76",
        readers.within(LOOSEST.length, 1),
        "phraseLength",
        "share of a phrase's length that has to be heard, and 1 by the most that may be; from 0.76 to 1",
    )
    whisper: Path = setting(
        "SPEAKER_WHISPER",
        "whisper-tiny-en",
        _model,
        "whisper",
        "model that writes words down: a folder under `models/`, or the path of another CTranslate2 Whisper folder",
    )
    speech_endpoint: str = setting(
        "SPEAKER_SPEECH_ENDPOINT",
        "",
        readers.endpoint,
        "speechEndpoint",
        "Azure AI Speech endpoint that writes words down instead",
    )
    speech_resource_id: str = setting(
        "SPEAKER_SPEECH_RESOURCE_ID",
        "",
        readers.text,
        "speechResourceId",
        "its resource id, to reach it with the managed identity",
    )
    speech_key: str = setting(
        "SPEAKER_SPEECH_KEY",
        "",
        readers.first_key,
        "speechKey",
        "its key, where the managed identity does not reach it",
    )
    audio_retention_days: int = setting(
        "SPEAKER_AUDIO_RETENTION_DAYS",
        "365",
        readers.whole,
        "audioRetentionDays",
        "how long enrollment audio is kept, so that a newer model can re-extract signatures; `0` keeps none",
    )
    profile_retention_days: int = setting(
        "SPEAKER_PROFILE_RETENTION_DAYS",
        "0",
        readers.whole,
        "profileRetentionDays",
        "after how many days without use a profile is deleted; `0` never does",
    )
    enrollment_agreement: str = setting(
        "SPEAKER_ENROLLMENT_AGREEMENT",
        "warn",
        readers.one_of("off", "warn", "refuse"),
        "",
        "an enrollment that is another voice than the earlier ones: `warn` says so in `details` and log, `refuse` "
        "answers 400, `off` does not compare",
    )
    repeated_audio: str = setting(
        "SPEAKER_REPEATED_AUDIO",
        "warn",
        readers.one_of("warn", "ignore", "refuse"),
        "",
        "a recording that the profile holds already, also encoded again: `warn` counts it, as the original did, and "
        "says so in `details` and log, `ignore` answers 201 and adds nothing, `refuse` answers 400",
    )
    decode_any: bool = setting(
        "SPEAKER_DECODE_ANY",
        "true",
        readers.switch,
        "decodeAny",
        "also read FLAC, Ogg, MP3 and WAV of other rates, widths and channels; `false` takes 16 kHz, 16-bit, mono PCM "
        "only, as the original did",
    )
    recording_hosts: tuple[str, ...] = setting(
        "SPEAKER_RECORDING_HOSTS",
        "",
        readers.hosts,
        "",
        "hosts from which long recordings are fetched (`contentUrl`), comma-separated, with a port where it is not "
        "443; empty for this storage account only",
    )
    max_profiles: int = setting(
        "SPEAKER_MAX_PROFILES", "10000", readers.whole, "maxProfiles", "profiles of all families together"
    )
    rate_limit: float = setting(
        "SPEAKER_RATE_LIMIT",
        "0",
        readers.rate,
        "rateLimit",
        "requests a second that one instance serves before it answers 429; `0` sets no limit",
    )
    max_in_flight: int = setting(
        "SPEAKER_MAX_IN_FLIGHT",
        "0",
        readers.whole,
        "maxInFlight",
        "requests that one instance works on or keeps waiting before it answers 429 at once; `0` is 2 for each that it "
        "works on at once, and 8 in a burst; it works on one a core at once unless `PYTHON_THREADPOOL_THREAD_COUNT` "
        "says otherwise",
    )
    console: str = setting(
        "SPEAKER_CONSOLE",
        "local",
        readers.one_of("local", "true", "false"),
        "",
        "who is shown the page at `/console`: `local`, callers of a local host; `true`, also in Azure; `false`, nobody",
    )

    def __post_init__(self) -> None:
        """Refuse what is only wrong together."""
        if self.speech_endpoint and not (self.speech_resource_id or self.speech_key):
            raise Misconfigured("SPEAKER_SPEECH_ENDPOINT needs SPEAKER_SPEECH_RESOURCE_ID or SPEAKER_SPEECH_KEY")
        super().__post_init__()

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Settings from environment variables.

        Raises:
            Misconfigured: names the variable, its value and what is allowed.
        """
        values = {
            name: setting.read(setting.name, environment.get(setting.name, setting.default))
            for name, setting in _FIELDS.items()
        }
        return cls(
            local=platform.is_local(environment),
            in_azure=platform.in_azure(environment),
            platform_signs_in=platform.platform_signs_in(environment),
            **values,
        )

    @property
    def open_to_all(self) -> bool:
        """No key is configured and this is a developer's machine: calls need no key."""
        return self.local and not self.keys

    @property
    def shows_console(self) -> bool:
        """The page at ``/console`` is there."""
        return self.console == "true" or (self.console == "local" and self.local)

    @property
    def tolerance(self) -> Tolerance:
        """How far from a phrase a clip may be that says it."""
        return Tolerance(self.phrase_distance, self.phrase_length, self.phrase_log_likelihood, self.phrase_llr)


_FIELDS: Final[Mapping[str, Setting]] = {
    known.name: known.metadata["setting"] for known in fields(Settings) if "setting" in known.metadata
}
SETTINGS: Final[Mapping[str, Setting]] = {setting.name: setting for setting in _FIELDS.values()}
"""Every setting that the app reads, by the name of its environment variable."""
