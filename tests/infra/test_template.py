"""The template deploys what the app needs, and the checks that say so can fail."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from shared.settings import ROOT, SETTINGS
from tests.infra import policy, schema
from tests.infra.bicep import TemplateError, evaluate

FOLDER: Final = ROOT / "infra"
TEMPLATE: Final = (FOLDER / "main.bicep").read_text()
PARAMETERS: Final = json.loads((FOLDER / "main.parameters.json").read_text())["parameters"]
BASE: Final[Mapping[str, Any]] = {"environmentName": "dev", "location": "westeurope"}
FULL: Final[Mapping[str, Any]] = {
    **BASE,
    "principalId": "operator",
    "apiKeys": "a-secret,another-secret",
    "audioRetentionDays": 30,
    "activeEnrollment": True,
    "speechEndpoint": "https://westeurope.stt.speech.microsoft.com",
    "speechResourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/speech",
    "httpConcurrency": 4,
    "alwaysReadyInstances": 2,
    "zoneRedundant": True,
    "vnetEnabled": True,
    "inboundPrivate": True,
    "corsOrigins": "https://app.example.org,https://example.com",
    "authClientId": "client",
    "authAllowedClientIds": "caller,another",
    "telemetry": True,
}
VARIATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "defaults": BASE,
    "everything": FULL,
    "first keys": {**BASE, "apiKeys": "a-secret,another-secret", "principalId": "operator", "principalType": "Group"},
    "private, but for callers": {**BASE, "vnetEnabled": True},
    "private inbound without a network is nothing": {**BASE, "inboundPrivate": True},
    "small": {**BASE, "instanceMemoryMB": 512, "httpConcurrency": 1, "storageRedundancy": "Standard_LRS"},
}
MISTAKES: Final = {
    # what is written -> what is written instead, and what must be said of it
    "a typo in a property": ("maximumInstanceCount:", "maxInstanceCount:", "meant maximumInstanceCount"),
    "a typo in a nested property": ("perInstanceConcurrency:", "perInstanceConcurency:", "no property"),
    "a value that does not exist": ("'TLS1_2'", "'TLS2'", "MinimumTlsVersion"),
    "pages of everybody": ("split(corsOrigins, ',')", "['*']", "cors"),
    "an old TLS": ("'TLS1_2'", "'TLS1_0'", "storage.minimumTlsVersion"),
    "a wrong type": ("allowSharedKeyAccess: false", "allowSharedKeyAccess: 'false'", "is no bool"),
    "a missing field": ("  kind: 'StorageV2'\n", "", "kind is missing"),
    "a bracket too few": ("param location string = resourceGroup().location", "param location string = (", "parse"),
    "a name that is not declared": ("retentionInDays: 30", "retentionInDays: days", "days: not declared"),
    "a parameter that nothing uses": ("'Hot'\n", "'Hot'\n  }\n}\nparam idle string = ''\nvar x = {\n  y: {\n", "never"),
    "a property twice": ("accessTier: 'Hot'", "accessTier: 'Hot'\n    accessTier: 'Hot'", "accessTier twice"),
    "a default out of bounds": ("httpConcurrency int = 2", "httpConcurrency int = 0", "breaks minValue"),
    "a default that is not allowed": (
        "storageRedundancy string = 'Standard_ZRS'",
        "storageRedundancy string = 'ZRS'",
        "allowed",
    ),
    "a resource type that does not exist": ("Microsoft.Web/serverfarms@", "Microsoft.Web/plans@", "no type"),
    "an API version that does not exist": ("vaults@2023-07-01", "vaults@2023-08-01", "is not known"),
    "shared keys": ("allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "allowSharedKeyAccess"),
    "public blobs": ("allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "allowBlobPublicAccess"),
    "a public container": ("publicAccess: 'None'", "publicAccess: 'Blob'", "publicAccess"),
    "plain HTTP to storage": ("supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false", "HttpsTraffic"),
    "versions of deleted voices": ("isVersioningEnabled: false", "isVersioningEnabled: true", "isVersioningEnabled"),
    "soft delete": ("{ enabled: false }\n    isV", "{ enabled: true, days: 7 }\n    isV", "deleteRetentionPolicy"),
    "another container": ("'enrollment-audio'", "'enrolment-audio'", "containers"),
    "another table": ("'SpeakerProfiles'", "'Profiles'", "tables"),
    "a family that is forgotten": ("'verification-text-independent', ", "", "lifecycle prefixes"),
    "a policy on the whole container": ("'${audioContainer}/${family}/'", "audioContainer", "lifecycle prefixes"),
    "a policy of other days": ("GreaterThan: audioRetentionDays", "GreaterThan: 365", "lifecycle"),
    "a policy by another date": ("daysAfterCreation", "daysAfterLastAccessTime", "lifecycle"),
    "a policy that sleeps": (
        "enabled: true\n          definition",
        "enabled: false\n          definition",
        "lifecycle enabled",
    ),
    "other days for the app": ("string(audioRetentionDays)", "'365'", "SPEAKER_AUDIO_RETENTION_DAYS"),
    "a wrong role": (
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "76199698-9eea-4c19-bc75-cec21354c6b6",
        "roles of the app",
    ),
    "too much of a role": (
        "4633458b-17de-408a-b874-0445c86b69e6",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "roles of the app",
    ),
    "a role on the whole group": ("scope: insights", "scope: resourceGroup()", "roles of the app"),
    "a role for a person as a service": (
        "principalType: principalType",
        "principalType: 'ServicePrincipal'",
        "principal type",
    ),
    "a connection string": (
        "    SPEAKER_MAX_PROFILES:",
        "    SPEAKER_STORAGE_CONNECTION_STRING: 'x'\n    SPEAKER_MAX_PROFILES:",
        "is banned",
    ),
    "a setting that Flex refuses": (
        "    SPEAKER_MAX_PROFILES:",
        "    FUNCTIONS_WORKER_RUNTIME: 'python'\n    SPEAKER_MAX_PROFILES:",
        "is banned",
    ),
    "a setting that the app does not read": ("SPEAKER_MAX_PROFILES:", "SPEAKER_MAXIMUM_PROFILES:", "does not read"),
    "a setting that is missing": ("    SPEAKER_STORAGE_TABLE_URL: tableUrl\n", "", "is not set"),
    "a setting that is a number": ("string(maxProfiles)", "maxProfiles", "is no text"),
    "a setting that the app refuses": ("string(maxProfiles)", "'${maxProfiles}.5'", "refuses"),
    "the blob endpoint for tables": ("TABLE_URL: tableUrl", "TABLE_URL: blobUrl", "storage endpoints"),
    "a key in the account's stead": (
        "blobUrl\n    AzureWebJobsStorage__t",
        "storage.listKeys()\n    AzureWebJobsStorage__t",
        "listKeys is not known",
    ),
    "threads that do not match": ("string(httpConcurrency)", "'1'", "threads"),
    "another Python": ("version: '3.13'", "version: '3.12'", "runtime"),
    "another plan": ("name: 'FC1'", "name: 'Y1'", "plan"),
    "plain HTTP to the app": ("httpsOnly: true", "httpsOnly: false", "httpsOnly"),
    "publishing by password": ("allow: false", "allow: true", "closed to passwords"),
    "an identity that reads no keys": (
        "keyVaultReferenceIdentity: identity.id",
        "keyVaultReferenceIdentity: 'SystemAssigned'",
        "vault identity",
    ),
    "any identity": ("    AZURE_CLIENT_ID: identity.properties.clientId\n", "", "AZURE_CLIENT_ID"),
    "a key in a setting": (
        "'@Microsoft.KeyVault(VaultName=${vault.name};SecretName=${keysSecret})'",
        "apiKeys",
        "shows a secret",
    ),
    "a key in an output": (
        "output AZURE_LOCATION string = location",
        "output AZURE_LOCATION string = apiKeys",
        "shows a secret",
    ),
    "a key that is not secure": ("@secure()\n", "", "secure parameters"),
    "telemetry by key": ("DisableLocalAuth: true", "DisableLocalAuth: false", "DisableLocalAuth"),
    "telemetry that nobody asked for": ("= telemetry\n", "= !telemetry\n", "telemetry:"),
    "access policies": ("enableRbacAuthorization: true", "enableRbacAuthorization: false", "enableRbac"),
    "storage open beside its endpoints": (
        "publicNetworkAccess: vnetEnabled ? 'Disabled' : 'Enabled'",
        "publicNetworkAccess: 'Enabled'",
        "network of",
    ),
    "a firewall that stops the lifecycle policy": ("bypass: 'AzureServices'", "bypass: 'None'", "lifecycle policy"),
    "a zone of another service": ("privatelink.vaultcore.azure.net", "privatelink.vault.azure.net", "zones"),
    "an endpoint to the wrong service": (
        "name: 'vault', target: vault.id",
        "name: 'vault', target: storage.id",
        "target",
    ),
    "an app outside the network": ("'${network.id}/subnets/app'", "null", "subnet of the app"),
    "tokens of any tenant": ("${tenant().tenantId}/v2.0", "common/v2.0", "issuer"),
    "tokens from anybody": (
        "          defaultAuthorizationPolicy: { allowedApplications: split(authAllowedClientIds, ',') }\n",
        "",
        "authAllowedClientIds",
    ),
    "tokens from anybody who is named empty": (
        "split(authAllowedClientIds, ',')",
        "authAllowedClientIds == '' ? [] : []",
        "accepted tokens",
    ),
    "an app that azd does not find": ("'azd-service-name': 'api'", "'azd-service-name': 'web'", "service"),
}


def problems(template: str, arguments: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a template."""
    try:
        deployment = evaluate(template, FOLDER, arguments)
    except TemplateError as error:
        return [str(error)]
    found = list(schema.breaches(deployment))
    try:
        return found + list(policy.breaches(deployment))
    except (KeyError, TypeError, ValueError) as error:  # what a rule looks for is not there at all
        return [*found, f"a rule cannot be read: {error!r}"]


@pytest.mark.parametrize("arguments", VARIATIONS.values(), ids=VARIATIONS)
def test_what_would_be_deployed_keeps_every_rule(arguments: Mapping[str, Any]) -> None:
    assert problems(TEMPLATE, arguments) == []


@pytest.mark.parametrize(("written", "instead", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_caught(written: str, instead: str, said: str) -> None:
    assert written in TEMPLATE
    mistaken = TEMPLATE.replace(written, instead)
    found = problems(mistaken, FULL) + problems(mistaken, BASE)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"audioRetentionDays": -1}, "minValue"),
        ({"instanceMemoryMB": 1024}, "allowed"),
        ({"vnetEnabled": "true"}, "is no bool"),
        ({"environmentName": ""}, "minLength"),
        ({"colour": "red"}, "no such parameter"),
    ],
)
def test_an_argument_that_is_not_allowed_is_refused(arguments: Mapping[str, Any], said: str) -> None:
    assert said in problems(TEMPLATE, {**BASE, **arguments})[0]


def test_every_rule_of_the_policy_catches_a_mistake() -> None:
    silent = set(policy.RULES)
    for written, instead, _ in MISTAKES.values():
        for arguments in (BASE, FULL):
            silent -= _broken(TEMPLATE.replace(written, instead), arguments)
    assert not silent


def test_the_parameters_file_fills_every_parameter_with_its_own_default() -> None:
    values = {name: _resolve(entry["value"]) for name, entry in PARAMETERS.items()}
    defaults = evaluate(TEMPLATE, FOLDER, BASE).arguments
    assert set(values) == set(defaults)
    for name in set(defaults) - set(BASE):
        assert values[name] == policy_text(defaults[name]), name


def test_the_parameters_file_names_each_variable_once() -> None:
    variables = [re.findall(r"\$\{(\w+)", entry["value"])[0] for entry in PARAMETERS.values()]
    assert len(set(variables)) == len(variables)
    assert {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"} <= set(variables)


def test_every_abbreviation_is_used() -> None:
    names = json.loads((FOLDER / "abbreviations.json").read_text())
    assert [name for name in names if f"abbreviations.{name}}}" not in TEMPLATE] == []


def test_the_settings_that_the_template_leaves_out_have_defaults_that_hold_in_azure() -> None:
    left_out = set(SETTINGS) - set(policy.settings_of(evaluate(TEMPLATE, FOLDER, BASE)))
    assert "SPEAKER_STORAGE_CONNECTION_STRING" in left_out
    assert not left_out & policy.NEEDED


def policy_text(value: object) -> str:
    """A value as the environment holds it."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _resolve(value: str) -> str:
    """What azd makes of ``${NAME=default}`` where the environment says nothing."""
    return re.sub(r"\$\{\w+=?(.*?)\}", r"\1", value)


def _broken(template: str, arguments: Mapping[str, Any]) -> set[Any]:
    broken = set()
    try:
        deployment = evaluate(template, FOLDER, arguments)
        for rule in policy.RULES:
            if any(rule(deployment)):
                broken.add(rule)
    except (TemplateError, KeyError, TypeError, ValueError):
        pass
    return broken
