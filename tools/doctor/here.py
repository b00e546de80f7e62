"""What this machine would serve with: settings, packages, models, storage, clock."""

import re
import socket
import sys
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from urllib.parse import urlsplit

from functions.contract.operation import SCOPES
from functions.health import LATE
from functions.plumbing.keys import MIN_LENGTH, Key, read_keys
from functions.plumbing.origin import is_loopback
from shared.listening.bundle import Bundle
from shared.profiles.upkeep import last_seen_at_work
from shared.service import Service
from shared.settings import MODELS, ROOT, SETTINGS
from shared.words.scripts import ACTIVATION, PASSPHRASE
from tools.doctor.findings import Finding, Look, ok, unknown, wrong

SKEW: Final = timedelta(minutes=5)
"""Azure refuses tokens and signatures of a clock that is further off."""


class Machine(Service):
    """A service that is looked at."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Bind to the settings that the app would read."""
        super().__init__(environment)
        self.environment = environment


def python(_: Machine) -> Finding:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    return ok(found) if sys.version_info[:2] == (3, 13) else wrong(found, "Azure runs 3.13: make setup")


def packages(_: Machine) -> Finding:
    """What is installed against what is locked."""
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    other = sorted(name for name, wanted in locked.items() if _installed(name) != wanted)
    if other:
        return wrong(f"{len(other)} of {len(locked)} differ from the lock: {', '.join(other[:5])}", "make setup")
    return ok(f"{len(locked)} as locked")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def settings(machine: Machine) -> Finding:
    """Whether every setting can be read."""
    chosen = machine.settings
    changed = sum(machine.environment.get(name, row.default) != row.default for name, row in SETTINGS.items())
    where = "on this machine" if chosen.local else "in Azure" if chosen.in_azure else "neither local nor in Azure"
    return ok(f"{len(SETTINGS)} read, {changed} differ from their defaults; {where}")


def references(machine: Machine) -> Finding:
    """Key Vault references that were not followed."""
    unfollowed = sorted(name for name, value in machine.environment.items() if value.startswith("@Microsoft.KeyVault("))
    advice = "on this machine nobody follows them: write the values themselves into local.settings.json"
    return wrong(f"not followed: {', '.join(unfollowed)}", advice) if unfollowed else ok("none is left unfollowed")


def keys(machine: Machine) -> Finding:
    """Who may call."""
    known = read_keys(machine.settings.keys)
    short = [key.name for key in known if key.is_short]
    if short:
        return wrong(f"shorter than {MIN_LENGTH} characters: {', '.join(short)}", "openssl rand -hex 32 makes a key")
    misread = [key.name for key in known if _meant_otherwise(key)]
    if misread:
        advice = f"scopes are {', '.join(SCOPES)}, joined by +; as it stands, name and scope are part of a key for all"
        return wrong(f"like name:scope:key, but no such scope: {', '.join(misread)}", advice)
    if known:
        return ok(", ".join(f"{key.name} ({'+'.join(sorted(key.scopes))})" for key in known))
    if machine.settings.open_to_all:
        return ok("none: this machine alone is answered")
    if machine.settings.platform_signs_in:
        return ok("none: callers sign in")
    return wrong("none: every call is refused", "set SPEAKER_RECOGNITION_KEYS, or sign callers in")


def _meant_otherwise(key: Key) -> bool:
    return re.match(r"[\w-]{1,32}:[A-Za-z+]+:.", key.secret) is not None


def origin(machine: Machine) -> Finding:
    """Where links in answers lead."""
    public = machine.settings.public_origin
    if not public:
        return ok("links lead to where each caller called")
    if public.startswith("http:") and not is_loopback(public):
        return wrong(f"links lead to {public}, unencrypted", "SPEAKER_PUBLIC_ORIGIN begins with https://")
    return ok(f"links lead to {public}")


def storage(machine: Machine) -> Finding:
    """Whether tables and blobs answer."""
    machine.store.ping()
    return ok(f"tables and blobs answer; {machine.store.count()} profiles")


def clock(machine: Machine) -> Finding:
    """Our clock against that of storage."""
    ahead = machine.now() - machine.store.now()
    measured = f"{ahead.total_seconds():+.0f} s against storage"
    return (
        ok(measured) if abs(ahead) <= SKEW else wrong(measured, "set the clock: Azure refuses to sign in beyond 300 s")
    )


def models(machine: Machine) -> Finding:
    """Files of every bundle, and that the embedder computes what it should."""
    bundles = Bundle.deployed(MODELS)
    for bundle in bundles:
        bundle.check_files()
    machine.listener.warm_up()
    return ok(", ".join(f"{bundle.folder.name} {bundle.version}" for bundle in bundles) + "; hashes and golden output")


def phrases(machine: Machine) -> Finding:
    """The files of phrases."""
    book = machine.phrases
    return ok(f"{len(book.locales(PASSPHRASE))} locales of passphrases, {len(book.locales(ACTIVATION))} of activation")


def transcriber(machine: Machine) -> Finding:
    """Who writes words down, and whether it is there."""
    endpoint = machine.settings.speech_endpoint
    if not endpoint:
        machine.transcriber.understands("de-DE")
        return ok(f"{machine.settings.whisper.name}, in the app")
    at = urlsplit(endpoint)
    with socket.create_connection((at.hostname or "", at.port or 443), timeout=3):
        return unknown(f"{at.hostname} takes connections", "the first phrase shows whether key or role is right")


def upkeep(machine: Machine) -> Finding:
    """When upkeep ended, and what it could not read."""
    report = machine.store.report()
    if report is None:
        return unknown("it has not run on this storage", "it runs hourly, at minute 17; make upkeep runs it now")
    found = f"{report.unreadable_profiles} unreadable profiles, {report.foreign_audio} foreign blobs"
    measured = f"ended {report.finished:%Y-%m-%d %H:%M} UTC; {found}"
    if machine.now() - (last_seen_at_work(machine.store) or report.finished) > LATE:
        return wrong(measured, "is the function Upkeep disabled? make upkeep does its work now")
    if report.unreadable_profiles or report.foreign_audio:
        return wrong(measured, "the log names them by mark; what is damaged can be deleted by id")
    return ok(measured)


_SET: Final = ("settings",)
_STORED: Final = ("storage",)

CHECKS: Final[Mapping[str, Look[Machine]]] = {
    "python": Look(python),
    "packages": Look(packages, "make setup"),
    "settings": Look(settings, "docs/settings.md says what each may be"),
    "references": Look(references),
    "keys": Look(keys, needs=_SET),
    "origin": Look(origin, needs=_SET),
    "models": Look(models, "make models", _SET),
    "phrases": Look(phrases, "shared/words/phrases holds the files", _SET),
    "transcriber": Look(transcriber, "docs/transcription.md", _SET),
    "storage": Look(storage, "is it started, named by the settings, and may this identity read it?", _SET),
    "clock": Look(clock, needs=_STORED),
    "upkeep": Look(upkeep, needs=_STORED),
}
