"""What a running service says and does, looked at from outside."""

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from functions.contract.dialects import V2021
from functions.contract.version import VERSION
from functions.health import LATE
from functions.plumbing.guard import CORRELATION_ID
from functions.plumbing.origin import is_loopback
from tools.doctor.findings import Finding, Look, ok, unknown, wrong
from tools.doctor.here import SKEW

ROOT_URL: Final = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/?", re.IGNORECASE | re.ASCII)
LIST: Final = "speaker-recognition/verification/text-independent/profiles"
WRITTEN_WITHIN_SEC: Final = 5.0
"""A log is written beside the answer, not before it."""


class NotEncrypted(Exception):
    """Whoever is on the way could read a key."""


class NotHealthy(Exception):
    """The service does not serve, or this is not the service."""


@dataclass
class Place:
    """A service somewhere.

    Attributes:
        key: subscription key, if there is one to try.
        log: file into which it writes its log, if that can be read.
    """

    url: str
    key: str = field(default="", repr=False)
    log: Path | None = None

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for something below the service's root; a key does not follow to where an answer redirects."""
        return requests.get(f"{self.url}/{path}", headers=headers, timeout=30, allow_redirects=False)

    def profiles(self, **headers: str) -> requests.Response:
        """Ask for a page of one profile."""
        return self.get(f"{LIST}?api-version={V2021.api_version}&maxpagesize=1", **headers)

    @cached_property
    def health(self) -> requests.Response:
        """What it says of itself."""
        return self.get("health")

    @cached_property
    def description(self) -> dict[str, Any]:
        """What it says that it can do."""
        told: dict[str, Any] = self.get("openapi.json").json()
        return told


def address(place: Place) -> Finding:
    """Whether what is sent can be read on its way."""
    if urlsplit(place.url).scheme == "https" or is_loopback(place.url):
        return ok(place.url)
    raise NotEncrypted(place.url)


def health(place: Place) -> Finding:
    """What it says of itself, and how long that took."""
    answer = place.health
    took = f"{1000 * answer.elapsed.total_seconds():.0f} ms"
    if answer.status_code != 200:
        raise NotHealthy(f"{answer.status_code} after {took}{_message(answer)}")
    status = answer.json()["status"]
    return ok(f"{status} after {took}") if status == "Healthy" else wrong(f"{status} after {took}", "see upkeep below")


def _message(answer: requests.Response) -> str:
    """What the contract's error says, if it is one."""
    try:
        return f": {answer.json()['error']['message']}"
    except (ValueError, LookupError, TypeError):
        return ""


def release(place: Place) -> Finding:
    """Its version and its description's against ours, and its model."""
    told = place.health.json()
    described = place.description["info"]["version"]
    measured = f"{told['version']}, model {told['modelVersion']}"
    if told["version"] != VERSION:
        return wrong(f"{measured}; this is {VERSION}", "deploy again")
    if described != VERSION:
        return wrong(f"{measured}; openapi.json is of {described}", "does something on the way keep old answers?")
    return ok(measured)


def upkeep(place: Place) -> Finding:
    """When its timer last ended, by its own clock, and what that could not read."""
    told = place.health.json()
    report, late = told["upkeep"], "is the function Upkeep disabled? its log says what became of it"
    if report["finishedDateTime"] is None:
        if told["status"] != "Healthy":
            return wrong(f"it has not run for {LATE.total_seconds() / 3600:.0f} hours", late)
        return unknown("it has not run yet", "it runs at 17 minutes past every hour")
    unread = report["unreadableProfiles"] + report["foreignAudio"]
    measured = f"ended {report['finishedDateTime']}, {unread} things unreadable"
    if _date(place) - datetime.fromisoformat(report["finishedDateTime"]) > LATE:
        return wrong(measured, late)
    return wrong(measured, "the log names them by mark") if unread else ok(measured)


def _date(place: Place) -> datetime:
    return parsedate_to_datetime(place.health.headers["Date"])


def links(place: Place) -> Finding:
    """Whether its links lead back to it."""
    [server] = place.description["servers"]
    if server["url"] == place.url:
        return ok(server["url"])
    return wrong(f"links lead to {server['url']}", "call it by that URL, or set SPEAKER_PUBLIC_ORIGIN to this one")


def clock(place: Place) -> Finding:
    """Its clock against ours."""
    ahead = _date(place) - datetime.now(UTC)
    measured = f"{ahead.total_seconds():+.0f} s against this machine"
    return ok(measured) if abs(ahead) <= SKEW else wrong(measured, "one of the two clocks is wrong")


def refusal(place: Place) -> Finding:
    """Whether it asks for a key."""
    answer = place.profiles()
    if answer.status_code == 401:
        return ok(f"401 without a key, {answer.json()['error']['code']}")
    if answer.status_code == 200 and is_loopback(place.url):
        return ok("no key is configured: it answers this machine alone")
    return wrong(f"{answer.status_code} without a key", "nobody may be let in without a key or a token")


def key(place: Place) -> Finding:
    """Whether the key opens."""
    if not place.key:
        return unknown("SPEAKER_KEY is not set", "set it to a key, and it is tried")
    if not re.fullmatch("[!-~]+", place.key):
        return wrong("SPEAKER_KEY holds spaces or characters beyond ASCII", "was it copied with something around it?")
    answer = place.profiles(**{"Ocp-Apim-Subscription-Key": place.key})
    if answer.status_code == 200:
        return ok("opens a list of profiles")
    measured = f"{answer.status_code} {answer.json()['error']['code']}"
    if answer.status_code == 403:
        return unknown(f"{measured}: it is known, and may not list profiles", "try one with the scope manage")
    return wrong(measured, KEY_REFUSED.get(answer.status_code, "its log says why"))


def logged(place: Place) -> Finding:
    """Whether a request comes to stand in the log."""
    name = f"doctor-{uuid.uuid4()}"
    back = place.profiles(**{CORRELATION_ID: name}).headers.get(CORRELATION_ID)
    if back != name:
        return wrong("the name of a request does not come back", f"is there a front end that drops {CORRELATION_ID}?")
    if place.log is None:
        return unknown(f"request {name} was sent", f'ask Application Insights: traces | where message has "{name}"')
    if _comes_to_stand(name, place.log):
        return ok(f"request {name} stands in {place.log.name}")
    return wrong(f"request {name} does not stand in {place.log.name}", "host.json: logLevel Function needs Information")


def _comes_to_stand(name: str, log: Path) -> bool:
    end = time.monotonic() + WRITTEN_WITHIN_SEC
    while name not in log.read_text(errors="replace"):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


KEY_REFUSED: Final = {401: "is it a key of this service?", 429: "it is busy, or SPEAKER_RATE_LIMIT is low: try again"}
"""What to do about a key, by the status with which it was answered."""

_SERVES: Final = ("health",)
_ROOT: Final = "is this the root of the service?"

CHECKS: Final[Mapping[str, Look[Place]]] = {
    "address": Look(address, "call it by https"),
    "health": Look(health, f"is it started, does the network let you, and {_ROOT} its log says why"),
    "release": Look(release, f"{_ROOT} then it is old: deploy again", _SERVES),
    "upkeep": Look(upkeep, f"{_ROOT} then it is old: deploy again", _SERVES),
    "links": Look(links, _ROOT, _SERVES),
    "clock": Look(clock, _ROOT, _SERVES),
    "refusal": Look(refusal, _ROOT, _SERVES),
    "key": Look(key, _ROOT, ("address", "health")),
    "logged": Look(logged, f"{_ROOT} can --log be read?", _SERVES),
}
