"""What only Azure can say of a deployed service, asked of its command line, ``az``."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from functions.plumbing.origin import is_loopback
from tools.doctor.findings import Finding, Look, ok, unknown, wrong

WITHIN_SEC: Final = 60
ROLES: Final[Mapping[str, str]] = {
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
"""What the template gives the app's identity; https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""

_SITES: Final = "/subscriptions/{subscriptionId}/providers/Microsoft.Web/sites?api-version=2025-03-01"
_REFERENCES: Final = "/config/configreferences/appsettings?api-version=2022-03-01"
_ASSIGNED: Final = "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"


class Untold(Exception):
    """Azure does not say it; the text is why."""


@dataclass
class Site:
    """The app in Azure that answers at a URL."""

    url: str

    @cached_property
    def resource(self) -> dict[str, Any]:
        """What Azure knows of it.

        Raises:
            Untold: it is not in Azure, or not in the subscription that az is signed in to.
        """
        if is_loopback(self.url):
            raise Untold("a service on this machine has nothing in Azure")
        host = urlsplit(self.url).hostname
        found = [site for site in _ask(_SITES) if host in site["properties"]["hostNames"]]
        if not found:
            raise Untold(f"no app of this subscription answers at {host}")
        return found[0]

    @property
    def principals(self) -> list[str]:
        """Object ids of its identities."""
        identities: Mapping[str, Any] = self.resource["identity"].get("userAssignedIdentities", {})
        return [identity["principalId"] for identity in identities.values()]


def references(site: Site) -> Finding:
    """Whether the vault's references were followed."""
    try:
        told = _ask(site.resource["id"] + _REFERENCES)
    except Untold as why:
        url = f'"$it{_REFERENCES}"'
        command = f'az rest --method get --url {url} --query "value[].[name, properties.status]" --output table'
        return _by_hand(site, why, "id", command)
    states = {each["name"]: each["properties"]["status"] for each in told}
    bad = [f"{name} ({state})" for name, state in states.items() if state != "Resolved"]
    advice = "is the secret there, may the identity read it, does the network let it? then: azd hooks run postprovision"
    return wrong(f"not followed: {', '.join(bad)}", advice) if bad else ok(f"{len(states)} resolved")


def roles(site: Site) -> Finding:
    """Whether its identity may do what it has to."""
    try:
        given = [each for principal in site.principals for each in _ask(_assigned(site.resource["id"], principal))]
    except Untold as why:
        command = 'az role assignment list --all --assignee "$it" --query "[].roleDefinitionName" --output tsv'
        return _by_hand(site, why, "identity.userAssignedIdentities.*.principalId | [0]", command)
    held = {each["properties"]["roleDefinitionId"].rpartition("/")[2] for each in given}
    lacking = [name for name, role in ROLES.items() if role not in held]
    return wrong(f"lacking: {', '.join(lacking)}", "azd provision") if lacking else ok(", ".join(ROLES))


def _assigned(app: str, principal: str) -> str:
    """Everything that is assigned to a principal, at any scope of the app's subscription."""
    subscription = "/".join(app.split("/")[:3])
    return f"{subscription}{_ASSIGNED}&$filter=principalId%20eq%20'{principal}'"


def _by_hand(site: Site, why: Untold, of_site: str, command: str) -> Finding:
    """What cannot be told from here, with the commands that tell it, to be typed where az is signed in."""
    if is_loopback(site.url):
        return unknown(str(why), "without a URL, this machine's own settings are looked at")
    query = f"value[?contains(properties.hostNames, '{urlsplit(site.url).hostname}')] | [0].{of_site}"
    return unknown(str(why), f'it=$(az rest --method get --url "{_SITES}" --query "{query}" --output tsv); {command}')


def _ask(path: str) -> list[dict[str, Any]]:
    """What the resource manager answers to a GET; read only, and none of these answers holds a secret.

    Raises:
        Untold: there is no az, it is not signed in, or may not ask this.
    """
    if not shutil.which("az"):
        raise Untold("the Azure CLI is not there")
    command = ["az", "rest", "--method", "get", "--url", path, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_SEC)
    if done.returncode:
        raise Untold("the Azure CLI is not signed in, or may not ask this (az login)")
    told: list[dict[str, Any]] = json.loads(done.stdout)["value"]
    return told


CHECKS: Final[Mapping[str, Look[Site]]] = {
    "references": Look(references),
    "roles": Look(roles),
}
