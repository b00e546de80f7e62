"""Puts the parts together, once per process and not before they are needed."""

import os
import threading
import time
from datetime import UTC, datetime
from functools import cache

from shared.bundle import Bundle
from shared.listening import Listener
from shared.profiles import Profiles
from shared.quota import ProfileQuota
from shared.rate import RateLimit
from shared.settings import ROOT, Settings
from shared.store import Store

_building = threading.RLock()


def settings() -> Settings:
    """The app's settings.

    Raises:
        Misconfigured: names the variable that is wrong.
    """
    return _settings()


def profiles() -> Profiles:
    """The operations on profiles, connected to storage.

    Raises:
        Misconfigured: a setting or the bundle is wrong.
        StorageUnavailable: the storage account does not answer.
    """
    with _building:
        return _profiles()


def quota() -> ProfileQuota:
    """The limit on profiles.

    Raises:
        Misconfigured: a setting is wrong.
        StorageUnavailable: the storage account does not answer.
    """
    with _building:
        return _quota()


def rate_limit() -> RateLimit:
    """The limit on calls of this instance."""
    with _building:
        return _rate_limit()


def listener() -> Listener:
    """The models, loaded. The first call takes about a second.

    Raises:
        BundleError: a model bundle is missing or damaged.
    """
    with _building:
        return _listener()


@cache
def _settings() -> Settings:
    return Settings.read(os.environ)


@cache
def _store() -> Store:
    from shared.store.azure import AzureStore  # half a second of imports

    return AzureStore.open(settings())


@cache
def _profiles() -> Profiles:
    return Profiles(
        _store(),
        Bundle.load(settings().bundle),
        listener,
        lambda: datetime.now(UTC),
        false_match_rate=settings().false_match_rate,
    )


@cache
def _quota() -> ProfileQuota:
    return ProfileQuota(settings().max_profiles, _store().count, time.monotonic)


@cache
def _rate_limit() -> RateLimit:
    return RateLimit(settings().rate_limit, time.monotonic)


@cache
def _listener() -> Listener:
    from shared.embedder import Embedder
    from shared.quality import SpeechDetector

    detector = SpeechDetector(Bundle.load(ROOT / "models" / "silero-vad"))
    return Listener(detector, Embedder(Bundle.load(settings().bundle)), any_format=settings().decode_any)
