"""What the doctor learns of a deployed service from the Azure CLI, of which there is a stand-in; not yet in Azure."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from shared.settings import ROOT
from tools.doctor import azure
from tools.doctor.findings import Finding, Verdict, examine, ok

APP: Final = "/subscriptions/s/resourceGroups/voices/providers/Microsoft.Web/sites/func-x"
SITES: Final = [
    {"id": "/other", "identity": {}, "properties": {"hostNames": ["other.azurewebsites.net"]}},
    {
        "id": APP,
        "identity": {"userAssignedIdentities": {"/identity": {"principalId": "principal"}}},
        "properties": {"hostNames": ["func-x.azurewebsites.net", "voices.example"]},
    },
]


def _az(folder: Path, references: Mapping[str, str], roles: set[str]) -> None:
    """A stand-in for the Azure CLI, which answers as the resource manager does, and writes down what it was asked."""
    answers = {
        "*/Microsoft.Web/sites[?]*": SITES,
        f"*{APP}/config/configreferences/appsettings[?]*": [
            {"name": name, "properties": {"status": status}} for name, status in references.items()
        ],
        "*/subscriptions/s/providers/Microsoft.Authorization/roleAssignments[?]*principal*": [
            {"properties": {"roleDefinitionId": f"/roleDefinitions/{azure.ROLES[role]}"}} for role in roles
        ],
    }
    cases = "".join(f"{asked}) echo '{json.dumps({'value': answer})}' ;;\n" for asked, answer in answers.items())
    az = folder / "az"
    az.write_text(f'#!/bin/sh\necho "$*" >> "{folder}/calls"\ncase "$*" in\n{cases}*) exit 1 ;;\nesac\n')
    az.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def _in_azure(url: str = "https://voices.example") -> dict[str, Finding]:
    return dict(examine(azure.Site(url), azure.CHECKS))


def test_what_azure_says_is_asked_of_its_command_line(path: Path) -> None:
    held = {"Key Vault Secrets User", "Storage Blob Data Owner", "Monitoring Metrics Publisher"}
    _az(path, {"SPEAKER_RECOGNITION_KEYS": "SecretNotFound", "SPEAKER_SPEECH_KEY": "Resolved"}, held)
    found = _in_azure()
    assert found["references"].measured == "not followed: SPEAKER_RECOGNITION_KEYS (SecretNotFound)"
    assert found["roles"].measured == "lacking: Storage Blob Data Contributor, Storage Table Data Contributor"
    assert all(call.startswith("rest --method get ") for call in (path / "calls").read_text().splitlines())


def test_nothing_is_wrong_where_azure_followed_every_reference_and_gave_every_role(path: Path) -> None:
    _az(path, {"SPEAKER_RECOGNITION_KEYS": "Resolved"}, set(azure.ROLES))
    assert _in_azure() == {"references": ok("1 resolved"), "roles": ok(", ".join(azure.ROLES))}


def test_the_roles_are_those_of_the_template() -> None:
    template = (ROOT / "infra" / "modules" / "roles.bicep").read_text()
    assert [name for name, role in azure.ROLES.items() if role not in template] == []


@pytest.mark.parametrize(
    ("az", "url", "measured"),
    [
        (None, "https://voices.example", "the Azure CLI is not there"),
        ("exit 1", "https://voices.example", "the Azure CLI is not signed in, or may not ask this (az login)"),
        ("echo '{\"value\": []}'", "https://voices.example", "no app of this subscription answers at voices.example"),
        ("exit 1", "http://localhost:7071", "a service on this machine has nothing in Azure"),
    ],
)
def test_what_azure_does_not_say_is_unknown_with_the_command_that_asks(
    path: Path, az: str | None, url: str, measured: str
) -> None:
    if az:
        (path / "az").write_text(f"#!/bin/sh\n{az}\n")
        (path / "az").chmod(0o755)
    for finding in _in_azure(url).values():
        assert (finding.verdict, finding.measured) == (Verdict.UNKNOWN, measured)
        assert finding.advice.startswith("it=$(az rest " if "https" in url else "without a URL")
