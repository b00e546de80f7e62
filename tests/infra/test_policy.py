"""What would be sent keeps every rule, and every rule can fail."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.infra import policy
from tests.infra.compiler import SETS
from tests.infra.deployment import NAMES, Deployment

MISTAKES: Final = {
    # the set whose snapshot is changed: what is written, what is written instead, and what must be said of it
    "pages of everybody": ("sign-in", '"https://b.example"', '"*"', "site"),
    "an old TLS": ("plain", '"TLS1_2"', '"TLS1_0"', "minimumTlsVersion"),
    "shared keys": ("plain", '"allowSharedKeyAccess": false', '"allowSharedKeyAccess": true', "allowSharedKeyAccess"),
    "public blobs": ("plain", '"allowBlobPublicAccess": false', '"allowBlobPublicAccess": true', "allowBlobPublic"),
    "a public container": ("plain", '"publicAccess": "None"', '"publicAccess": "Blob"', "publicAccess"),
    "plain HTTP to storage": ("plain", 'TrafficOnly": true', 'TrafficOnly": false', "HttpsTraffic"),
    "versions of deleted voices": ("plain", 'VersioningEnabled": false', 'VersioningEnabled": true', "Versioning"),
    "soft delete": ("plain", '"deleteRetentionPolicy": {', '"deleteRetentionPolicy": {"days": 7, ', "deleteRetention"),
    "another container": ("plain", "/enrollment-audio", "/enrolment-audio", "containers"),
    "the package beside the voices": ("plain", "'stpltyx3rhab4qahost'", "'stpltyx3rhab4qa'", "package"),
    "another table": ("plain", "/SpeakerProfiles", "/Profiles", "tables"),
    "a family that is forgotten": ("plain", '"enrollment-audio/verification-text-independent/",', "", "prefixes"),
    "a policy on the whole container": ("plain", "audio/verification-text-independent/", "audio/", "prefixes"),
    "a policy of other days": ("no-retention", 'CreationGreaterThan": 0', 'CreationGreaterThan": 365', "lifecycle"),
    "a policy by another date": ("plain", "daysAfterCreation", "daysAfterLastAccessTime", "lifecycle"),
    "a policy that sleeps": ("plain", '"enabled": true,\n', '"enabled": false,\n', "lifecycle enabled"),
    "other days for the app": ("plain", 'AUDIO_RETENTION_DAYS": "365"', 'AUDIO_RETENTION_DAYS": "30"', "lifecycle"),
    "a wrong role": ("plain", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "76199698-9eea-4c19-bc75-cec21354c6b6", "app"),
    "too much of a role": ("plain", "4633458b-17de-408a", "b86a8fe4-44ce-4948", "roles of the app"),
    "a role on the whole group": (
        "plain",
        "/providers/Microsoft.Insights/components/appi-pltyx3rhab4qa/p",
        "/p",
        "app",
    ),
    "a role for a person as a service": ("keys", 'Type": "ServicePrincipal"', 'Type": "User"', "principal type"),
    "a role for storage without its key": (
        "plain",
        "/userAssignedIdentities/id-p",
        "/userAssignedIdentities/id-v",
        "app",
    ),
    "a connection string": ("plain", '"SPEAKER_MAX_PROFILES"', '"SPEAKER_STORAGE_CONNECTION_STRING"', "is banned"),
    "a setting that Flex refuses": ("plain", '"SPEAKER_MAX_PROFILES"', '"FUNCTIONS_WORKER_RUNTIME"', "is banned"),
    "a setting that the app does not read": ("plain", "SPEAKER_MAX_PROFILES", "SPEAKER_MAXIMUM_PROFILES", "not read"),
    "a setting that is missing": ("plain", '"SPEAKER_STORAGE_TABLE_URL"', '"STORAGE_TABLE_URL"', "is not set"),
    "a setting that is a number": ("plain", '"10000"', "10000", "is no text"),
    "a setting that the app refuses": ("plain", '"10000"', '"10000.5"', "refuses"),
    "the blob endpoint for tables": ("plain", "https://{0}.table.{1}", "https://{0}.blob.{1}", "storage endpoints"),
    "threads that do not match": ("plain", 'THREAD_COUNT": "2"', 'THREAD_COUNT": "1"', "threads"),
    "another Python": ("plain", '"version": "3.13"', '"version": "3.12"', "runtime"),
    "another plan": ("plain", '"FC1"', '"Y1"', "plan"),
    "plain HTTP to the app": ("plain", '"httpsOnly": true', '"httpsOnly": false', "httpsOnly"),
    "FTP that is told to be off": ("plain", '"minTlsVersion": "1.2"', '"ftpsState": "Disabled"', "site"),
    "publishing by password": ("plain", '"allow": false', '"allow": true', "closed to passwords"),
    "any identity": ("plain", '"AZURE_CLIENT_ID"', '"CLIENT_ID"', "AZURE_CLIENT_ID"),
    "another identity for the keys": ("plain", 'ReferenceIdentity": "/', 'ReferenceIdentity": "', "vault identity"),
    "a key in a setting": ("keys", '"@Microsoft.KeyVault(', '"not-a-key,another-that-is-none(', "shows a secret"),
    "a key in an output": ("keys", '"SPEAKER_RESOURCE_GROUP": "rg"', '"X": "not-a-key,another-that-is-none"', "output"),
    "a key that is read": ("plain", '"ORT_DISABLE_TELEMETRY": "1"', '"X": "[listKeys(1)]"', "reads a key"),
    "a reference that leads nowhere": ("sign-in", '_KEYS": ""', '_KEYS": "@Microsoft.KeyVault(X)"', "references"),
    "telemetry by key": ("plain", '"DisableLocalAuth": true', '"DisableLocalAuth": false', "DisableLocalAuth"),
    "telemetry that nobody asked for": ("telemetry", '"OpenTelemetry"', '"None"', "telemetry"),
    "telemetry of the model's runtime": ("plain", 'ORT_DISABLE_TELEMETRY": "1"', 'ORT_DISABLE_TELEMETRY": "0"', "ORT"),
    "access policies": ("plain", 'RbacAuthorization": true', 'RbacAuthorization": false', "enableRbac"),
    "a vault protected without need": ("plain", 'PurgeProtection": null', 'PurgeProtection": true', "purge"),
    "purge protection that is false": ("production", 'PurgeProtection": true', 'PurgeProtection": false', "purge"),
    "encryption for an account that exists": (
        "plain",
        '"encryption": null',
        '"encryption": {"services": {}}',
        "encryption of the host",
    ),
    "a key that leaves tables out": ("customer-managed-key", '"table": {', '"tables": {', "covered"),
    "a log of reads": ("plain", '"StorageWrite"', '"StorageRead"', "logs"),
    "an alert on a table that is not there": ("plain", "union isfuzzy=true none, ", "", "tables may be missing"),
    "an alert that nobody hears": ("production", "Microsoft.Insights/actionGroups", "Microsoft.Insights/x", "hears"),
    "storage open beside its endpoints": ("private", 'NetworkAccess": "Disabled"', 'NetworkAccess": "Enabled"', "of"),
    "a firewall that stops the lifecycle policy": ("plain", '"AzureServices"', '"None"', "lifecycle policy"),
    "a vault that stops the key": ("customer-managed-key", '"AzureServices"', '"None"', "bypass for the key"),
    "a zone of another service": ("private", ".vaultcore.", ".keyvault.", "zone"),
    "an endpoint to the wrong service": ("private", "vaults/kv-pltyx3rhab4qa", "vaults/kv-x", "target"),
    "an app outside the network": ("private", "/subnets/app", "/subnets/endpoints", "subnet of the app"),
    "tokens of any tenant": ("sign-in", "{1}/v2.0", "common/v2.0", "issuer"),
    "tokens from anybody": ("sign-in", '"allowedApplications"', '"applications"', "accepted tokens"),
    "a seal by another key": ("trust", "{1}/keys/{2}", "{1}/secrets/{2}", "sealing key"),
    "a seal that the app may not open": ("trust", "e147488a-f6f5-4113-8e2d-b22465e9d5a4", "x", "role"),
    "a trail that goes too soon": (
        "trust",
        '"daysAfterCreationGreaterThan": 3650',
        '"x": 3650',
        "the trail's lifecycle",
    ),
    "a topic of other events": ("trust", "CloudEventSchemaV1_0", "EventGridSchema", "topics"),
    "a database that takes passwords": (
        "postgres",
        '"passwordAuth": "Disabled"',
        '"passwordAuth": "Enabled"',
        "authConfig",
    ),
    "a database in plain text": ("postgres", '"value": "ON"', '"value": "OFF"', "configured"),
    "a database without vectors": ("postgres", '"VECTOR"', '"UUID-OSSP"', "configured"),
    "a database of somebody else": ("postgres", '"principalName": "id-', '"principalName": "my-', "administrators"),
    "a database that was not asked for": (
        "private",
        'Microsoft.Network/virtualNetworks"',
        'Microsoft.DBforPostgreSQL/flexibleServers"',
        "servers",
    ),
    "backups that outlive": ("postgres", '"backupRetentionDays": 7', '"backupRetentionDays": 35', "backup"),
    "a database that nobody makes": ("postgres", "dbname={2}", "dbname=postgres", "told the database"),
    "a database that is not checked": ("postgres", "sslmode=verify-full", "sslmode=require", "told the database"),
    "a database open beside its endpoint": (
        "postgres",
        '"publicNetworkAccess": "Disabled"',
        '"publicNetworkAccess": "Enabled"',
        "network of the database",
    ),
    "a database for the whole internet": (
        "scale",
        '"endIpAddress": "0.0.0.0"',
        '"endIpAddress": "255.0.0.0"',
        "firewall",
    ),
    "a trail that anybody may change": ("trust", '"immutabilityPeriodSince', '"period', "immutability"),
    "an app that azd does not find": ("plain", '"azd-service-name": "api"', '"azd-service-name": "web"', "service"),
    "an output that azd forgets": ("plain", "SPEAKER_RESOURCE_GROUP", "AZURE_RESOURCE_GROUP", "azd would forget"),
}


def said(text: str, name: str) -> Iterator[tuple[object, str]]:
    """Every sentence about a snapshot, with the rule that says it."""
    deployment = Deployment.read(text, name)
    for rule in policy.RULES:
        try:
            yield from ((rule, sentence) for sentence in rule(deployment))
        except (KeyError, TypeError, ValueError) as error:  # what a rule looks for is not there at all
            yield rule, f"cannot be read: {error!r}"


def mistaken(mistake: str) -> list[tuple[object, str]]:
    """Every sentence about a snapshot with a mistake in it."""
    name, written, instead, _ = MISTAKES[mistake]
    text = (SETS / f"{name}.snapshot.json").read_text()
    assert written in text
    return list(said(text.replace(written, instead), name))


@pytest.mark.parametrize("name", NAMES)
def test_what_would_be_sent_keeps_every_rule(name: str) -> None:
    assert list(policy.breaches(Deployment.load(name))) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_caught(mistake: str) -> None:
    sentences = [sentence for _, sentence in mistaken(mistake)]
    assert any(MISTAKES[mistake][3] in sentence for sentence in sentences), sentences


def test_every_rule_catches_a_mistake() -> None:
    caught = {rule for mistake in MISTAKES for rule, _ in mistaken(mistake)}
    assert set(policy.RULES) - caught == set()
