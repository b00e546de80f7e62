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
from shared.settings import MODELS, Settings
from shared.store import Store
from shared.upkeep import Upkeep

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


def upkeep() -> Upkeep:
    """What has to be done from time to time.

    Raises:
        Misconfigured: a setting or the bundle is wrong.
        StorageUnavailable: the storage account does not answer.
    """
    with _building:
        return _upkeep()


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
    """The models, each loaded when it is first needed.

    Raises:
        BundleError: a manifest is missing or damaged.
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
        listener(),
        lambda: datetime.now(UTC),
        false_match_rate=settings().false_match_rate,
        keep_audio=settings().audio_retention_days > 0,
        note_use=settings().profile_retention_days > 0,
    )


@cache
def _upkeep() -> Upkeep:
    return Upkeep(
        _store(),
        _profiles(),
        lambda: datetime.now(UTC),
        audio_days=settings().audio_retention_days,
        profile_days=settings().profile_retention_days,
    )


@cache
def _quota() -> ProfileQuota:
    return ProfileQuota(settings().max_profiles, _store().count, time.monotonic)


@cache
def _rate_limit() -> RateLimit:
    return RateLimit(settings().rate_limit, time.monotonic)


@cache
def _listener() -> Listener:
    return Listener(
        Bundle.load(settings().bundle),
        Bundle.installed(MODELS),
        Bundle.load(MODELS / "silero-vad"),
        any_format=settings().decode_any,
    )
