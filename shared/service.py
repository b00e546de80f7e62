"""Puts the parts together, once per process and not before they are needed.

Each part may raise ``Misconfigured`` when it is built (a setting or a bundle is wrong), those on storage
``StorageUnavailable`` (the account does not answer); the next call then tries again.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps

from functions.plumbing.rate import RateLimit
from shared.listening.bundle import Bundle
from shared.listening.listener import Listener
from shared.profiles.profiles import Profiles
from shared.profiles.quota import ProfileQuota
from shared.profiles.upkeep import Upkeep
from shared.settings import MODELS, Settings
from shared.store import Store
from shared.words.book import PhraseBook
from shared.words.transcript import Transcriber
from shared.words.whisper import Whisper

_building = threading.RLock()


def _once[Part](build: Callable[[], Part]) -> Callable[[], Part]:
    """Build a part at the first call, by one thread while the others wait."""
    built = cache(build)

    @wraps(build)
    def part() -> Part:
        with _building:
            return built()

    return part


@_once
def settings() -> Settings:
    """The app's settings."""
    return Settings.read(os.environ)


@_once
def store() -> Store:
    """Tables and blobs."""
    from shared.store.azure import AzureStore  # half a second of imports

    return AzureStore.open(settings())


@_once
def listener() -> Listener:
    """The models, each loaded when it is first needed."""
    return Listener(
        Bundle.load(settings().bundle),
        Bundle.installed(MODELS),
        Bundle.load(MODELS / "silero-vad"),
        transcriber(),
        any_format=settings().decode_any,
    )


@_once
def transcriber() -> Transcriber:
    """What writes down what is said."""
    chosen = settings()
    if not chosen.speech_endpoint:
        return Whisper(chosen.whisper)
    from shared.words.azure_speech import SCOPE, AzureSpeech

    if chosen.speech_key:
        return AzureSpeech.with_key(chosen.speech_endpoint, chosen.speech_key)
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential()
    return AzureSpeech.with_identity(
        chosen.speech_endpoint, chosen.speech_resource_id, lambda: credential.get_token(SCOPE).token
    )


@_once
def phrases() -> PhraseBook:
    """The phrases that are asked for."""
    return PhraseBook.read(tolerance=settings().tolerance)


@_once
def profiles() -> Profiles:
    """The operations on profiles."""
    return Profiles(
        store(),
        listener(),
        phrases(),
        lambda: datetime.now(UTC),
        false_match_rate=settings().false_match_rate,
        active_enrollment=settings().active_enrollment,
        keep_audio=settings().audio_retention_days > 0,
        note_use=settings().profile_retention_days > 0,
    )


@_once
def upkeep() -> Upkeep:
    """What has to be done from time to time."""
    return Upkeep(
        store(),
        profiles(),
        lambda: datetime.now(UTC),
        audio_days=settings().audio_retention_days,
        profile_days=settings().profile_retention_days,
    )


@_once
def quota() -> ProfileQuota:
    """The limit on profiles."""
    return ProfileQuota(settings().max_profiles, store().count, time.monotonic)


@_once
def rate_limit() -> RateLimit:
    """The limit on calls of this instance."""
    return RateLimit(settings().rate_limit, time.monotonic)
