"""Settings for those who must account for biometrics."""

from dataclasses import dataclass

from shared.errors import Misconfigured
from shared.settings.platform import Platform
from shared.settings.readers import decimals, endpoint, one_of, setting, switch, text, whole


@dataclass(frozen=True)
class TrustSettings(Platform):
    """Those of trust: rows as in ``Settings``."""

    sealing: str = setting(
        "SPEAKER_SEALING",
        "off",
        one_of("off", "local", "vault"),
        "sealing",
        "`vault`: voices and their audio are encrypted by keys that a key in Key Vault wraps; `local`: by one on the "
        "machine; `off`: they are not, beyond what storage does, and upkeep opens those that are",
    )
    sealing_key: str = setting(
        "SPEAKER_SEALING_KEY",
        "",
        text,
        "",
        "what wraps the keys: the URL of a key in Key Vault; or 32 bytes in base64, or a file that holds them",
    )
    audit: bool = setting(
        "SPEAKER_AUDIT",
        "false",
        switch,
        "audit",
        "`true`: who did what to which profile is written down, each line chained to the one before",
    )

    events_topic: str = setting(
        "SPEAKER_EVENTS_TOPIC",
        "",
        endpoint,
        "",
        "topic of Event Grid that is told what was done to voices; empty for none; the template's `events` makes one",
    )
    expiry_days: int = setting(
        "SPEAKER_EXPIRY_DAYS",
        "0",
        whole,
        "",
        "after how many days without enrollment or successful recognition a voice is not compared any more, until it "
        "is enrolled again; `0` never",
    )
    consent: str = setting(
        "SPEAKER_CONSENT",
        "optional",
        one_of("optional", "required"),
        "",
        "`required`: nothing is enrolled before the speaker's consent was noted with the profile",
    )
    failure_limit: int = setting(
        "SPEAKER_FAILURE_LIMIT",
        "0",
        whole,
        "",
        "after how many rejected verifications in a row a profile is locked, for 30 seconds at first and twice as long "
        "with each further one; `0` never",
    )
    score_decimals: int | None = setting(
        "SPEAKER_SCORE_DECIMALS",
        "",
        decimals,
        "",
        "decimals of scores, 1 to 6, rounded down, so that nobody finds the way to a voice by them; evidence in "
        "`details` is null then",
    )

    def __post_init__(self) -> None:
        """Refuse what is only wrong together."""
        if self.sealing != "off" and (self.sealing == "vault") != self.sealing_key.startswith("https://"):
            raise Misconfigured(
                "SPEAKER_SEALING needs SPEAKER_SEALING_KEY: `vault` a URL of a key, `local` a key or file"
            )
        if self.sealing == "local" and not self.sealing_key:
            raise Misconfigured(
                "SPEAKER_SEALING=local needs SPEAKER_SEALING_KEY: 32 bytes in base64, or a file of them"
            )

    @property
    def listeners(self) -> tuple[str, ...]:
        """Who is told of what is done to voices."""
        return tuple(name for name, on in (("audit", self.audit), ("events", self.events_topic)) if on)
