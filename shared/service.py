"""Puts the parts together, once per process and not before they are needed."""

import os
import threading
from datetime import UTC, datetime
from functools import cache

from shared.bundle import Bundle
from shared.listening import Listener
from shared.profiles import Profiles
from shared.settings import ROOT, Settings

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
def _profiles() -> Profiles:
    from shared.store.azure import AzureStore  # half a second of imports

    store = AzureStore.open(settings())
    return Profiles(store, Bundle.load(settings().bundle), listener, lambda: datetime.now(UTC))


@cache
def _listener() -> Listener:
    from shared.embedder import Embedder
    from shared.quality import SpeechDetector

    detector = SpeechDetector(Bundle.load(ROOT / "models" / "silero-vad"))
    return Listener(detector, Embedder(Bundle.load(settings().bundle)))
