"""What a running service says and does, looked at from outside, and what Azure says of it."""

import json
import os
import shutil
import subprocess
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
from functions.plumbing.origin import is_loopback
from tools.doctor.findings import Finding, Look, ok, unknown, wrong
from tools.doctor.here import SKEW

PROBLEMS: Final = (requests.RequestException, OSError, ValueError, KeyError)
LIST: Final = "speaker-recognition/verification/text-independent/profiles"
ROLES: Final = ("Storage Blob Data Contributor", "Storage Table Data Contributor", "Key Vault Secrets User")


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
        """Ask for something below the service's root."""
        version = {"api-version": V2021.api_version, "maxpagesize": "1"} if path == LIST else {}
        return requests.get(f"{self.url}/{path}", params=version, headers=headers, timeout=30)

    @cached_property
    def health(self) -> requests.Response:
        """What it says of itself."""
        return self.get("health")


def address(place: Place) -> Finding:
    """Whether what is sent can be read on its way."""
    if urlsplit(place.url).scheme == "https" or is_loopback(place.url):
        return ok(place.url)
    return wrong(f"{place.url} is not encrypted", "call it by https")


def health(place: Place) -> Finding:
    """What it says of itself, and how long that took."""
    answer = place.health
    took = f"{1000 * answer.elapsed.total_seconds():.0f} ms"
    if answer.status_code != 200:
        return wrong(f"{answer.status_code} after {took}", 'its log says why, in a line with "problem"')
    status = answer.json()["status"]
    return ok(f"{status} after {took}") if status == "Healthy" else wrong(f"{status} after {took}", "see upkeep below")


def release(place: Place) -> Finding:
    """Its version against ours, and its model."""
    told = place.health.json()
    measured = f"{told['version']}, model {told['modelVersion']}"
    return ok(measured) if told["version"] == VERSION else wrong(f"{measured}; this is {VERSION}", "deploy again")


def upkeep(place: Place) -> Finding:
    """When its timer last ended, and what that could not read."""
    told = place.health.json()["upkeep"]
    if told["finishedDateTime"] is None:
        return unknown("it has not run yet", "it runs at 17 minutes past every hour")
    unread = told["unreadableProfiles"] + told["foreignAudio"]
    measured = f"ended {told['finishedDateTime']}, {unread} things unreadable"
    return wrong(measured, "the log names them by mark") if unread else ok(measured)


def links(place: Place) -> Finding:
    """Whether its links lead back to it."""
    [server] = place.get("openapi.json").json()["servers"]
    if server["url"] == place.url:
        return ok(server["url"])
    return wrong(f"links lead to {server['url']}", "set SPEAKER_PUBLIC_ORIGIN")


def clock(place: Place) -> Finding:
    """Its clock against ours."""
    ahead = parsedate_to_datetime(place.health.headers["Date"]) - datetime.now(UTC)
    measured = f"{ahead.total_seconds():+.0f} s against this machine"
    return ok(measured) if abs(ahead) <= SKEW else wrong(measured, "one of the two clocks is wrong")


def refusal(place: Place) -> Finding:
    """Whether it asks for a key."""
    answer = place.get(LIST)
    if answer.status_code == 401:
        return ok(f"401 without a key, {answer.json()['error']['code']}")
    if answer.status_code == 200 and is_loopback(place.url):
        return ok("no key is configured: it answers this machine alone")
    return wrong(f"{answer.status_code} without a key", "nobody may be let in without a key or a token")


def key(place: Place) -> Finding:
    """Whether the key opens."""
    if not place.key:
        return unknown("SPEAKER_KEY is not set", "set it to a key, and it is tried")
    answer = place.get(LIST, **{"Ocp-Apim-Subscription-Key": place.key})
    if answer.status_code == 200:
        return ok("opens a list of profiles")
    code = answer.json()["error"]["code"]
    return wrong(f"{answer.status_code} {code}", "is it the key of this service, and has it the scope manage?")


def logged(place: Place) -> Finding:
    """Whether a request comes to stand in the log."""
    name = f"doctor-{uuid.uuid4()}"
    back = place.get(LIST, **{"apim-request-id": name}).headers.get("apim-request-id")
    if back != name:
        return wrong("the name of a request does not come back", "is there a front end that drops apim-request-id?")
    if place.log is None:
        return unknown(f"request {name} was sent", f'ask Application Insights: traces | where message has "{name}"')
    if name in place.log.read_text(errors="replace"):
        return ok(f"request {name} stands in {place.log.name}")
    return wrong(f"request {name} does not stand in {place.log.name}", "host.json: logLevel Function needs Information")


def references(place: Place) -> Finding:
    """What Azure says of the vault's references."""
    command = (
        "az rest --method get --url <app id>/config/configreferences/appsettings?api-version=2022-03-01 "
        "--query value[].properties.{name:reference,status:status}"
    )
    app = os.environ.get("SERVICE_APP_ID", "")
    told = _az("rest", "--method", "get", "--url", f"{app}/config/configreferences/appsettings?api-version=2022-03-01")
    if is_loopback(place.url) or not app or told is None:
        return unknown("only Azure can tell", command.replace("<app id>", app or "<app id>"))
    bad = [each["name"] for each in told["value"] if each["properties"]["status"] != "Resolved"]
    if bad:
        return wrong(f"not followed: {', '.join(bad)}", "azd hooks run postprovision")
    return ok(f"{len(told['value'])} resolved")


def roles(place: Place) -> Finding:
    """What Azure says of the identity's roles."""
    identity = os.environ.get("SERVICE_IDENTITY_ID", "")
    told = _az("role", "assignment", "list", "--assignee", identity, "--all")
    if is_loopback(place.url) or not identity or told is None:
        command = f"az role assignment list --assignee {identity or '<identity>'} --all --query [].roleDefinitionName"
        return unknown("only Azure can tell", command)
    lacking = sorted(set(ROLES) - {each["roleDefinitionName"] for each in told})
    return wrong(f"lacking: {', '.join(lacking)}", "azd provision") if lacking else ok(", ".join(ROLES))


def _az(*arguments: str) -> Any:  # noqa: ANN401  what Azure says, as JSON
    """What the Azure CLI answers; None where there is none, or it is not signed in."""
    if not shutil.which("az"):
        return None
    done = subprocess.run(["az", *arguments, "--output", "json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


CHECKS: Final[Mapping[str, Look[Place]]] = {
    "address": Look(address),
    "health": Look(health, "is it started, and does the network let you?"),
    "release": Look(release, needs="health"),
    "upkeep": Look(upkeep, needs="health"),
    "links": Look(links, "is this the root of the service?", needs="health"),
    "clock": Look(clock, needs="health"),
    "refusal": Look(refusal, "is this the root of the service?", needs="health"),
    "key": Look(key, "is this the root of the service?", needs="health"),
    "logged": Look(logged, "is this the root of the service?", needs="health"),
    "references": Look(references),
    "roles": Look(roles),
}
