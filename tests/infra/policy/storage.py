"""Rules of storage: who gets in, how long it remembers, how it is encrypted."""

from collections.abc import Iterator
from typing import Any

from shared.recordings.jobs import MAX_HOURS_TO_LIVE
from shared.store.audio import AUDIO_CONTAINER
from shared.store.azure import RECORDINGS_CONTAINER, SNAPSHOT_CONTAINER, TABLE, TRAIL_CONTAINER
from shared.store.queues import POISON, QUEUE
from shared.voices.families import FAMILIES
from tests.infra.deployment import Deployment
from tests.infra.policy.checks import HOST, VAULT, VOICES, customer_key, differs, flex, names, same, true


def no_key_opens_storage(deployment: Deployment) -> Iterator[str]:
    """Storage is reached over TLS 1.2, by identity, never by a key or by nobody."""
    wanted = {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }
    accounts = deployment.of("Microsoft.Storage/storageAccounts")
    yield from same("accounts", {account.name for account in accounts}, {VOICES, HOST})
    for account in accounts:
        yield from differs(account, wanted)


def deleted_is_deleted(deployment: Deployment) -> Iterator[str]:
    """No version, no soft delete and no change feed keeps a voice."""
    kept = ("changeFeed", "containerDeleteRetentionPolicy", "deleteRetentionPolicy", "restorePolicy")
    wanted: dict[str, Any] = {"isVersioningEnabled": False} | {name: {"enabled": False} for name in kept}
    services = deployment.of("Microsoft.Storage/storageAccounts/blobServices")
    yield from same("blob services", {blobs.parent for blobs in services}, {VOICES, HOST})
    for blobs in services:
        yield from differs(blobs, wanted)


def storage_is_what_the_code_names(deployment: Deployment) -> Iterator[str]:
    """Table and container are the code's constants; the app's package lies apart, where the app says."""
    yield from same("tables", names(deployment, "Microsoft.Storage/storageAccounts/tableServices/tables"), {TABLE})
    package = flex(deployment)["deployment"]["storage"]["value"]
    containers = deployment.of("Microsoft.Storage/storageAccounts/blobServices/containers")
    found = {(each.parent, each.name) for each in containers}
    trail = {(VOICES, TRAIL_CONTAINER)} if deployment.given.get("audit") else set()
    yield from same("containers", found, {(VOICES, AUDIO_CONTAINER), (HOST, package.rpartition("/")[2])} | trail)
    yield from same("package", package.rpartition("/")[0], f"https://{HOST}.blob.core.windows.net")
    for container in containers:
        yield from differs(container, {"publicAccess": "None"})
    queues = deployment.of("Microsoft.Storage/storageAccounts/queueServices/queues")
    yield from same("queues", {(each.parent, each.name) for each in queues}, {(HOST, QUEUE), (HOST, POISON)})


def audio_is_deleted_when_the_app_says_so(deployment: Deployment) -> Iterator[str]:
    """The lifecycle policy takes exactly the blobs that the code writes, after the days that the app is told."""
    policy = deployment.only("Microsoft.Storage/storageAccounts/managementPolicies")
    yield from same("lifecycle account", policy.parent, VOICES)
    rule, other, last, *_ = policy.properties["policy"]["rules"]
    filters, actions = rule["definition"]["filters"], rule["definition"]["actions"]
    written = {f"{AUDIO_CONTAINER}/{family.name}/" for family in FAMILIES.values()}
    yield from same("lifecycle prefixes", set(filters["prefixMatch"]), written)
    yield from same("lifecycle blob types", filters["blobTypes"], ["blockBlob"])
    days = deployment.settings["SPEAKER_AUDIO_RETENTION_DAYS"]
    yield from same("lifecycle", actions, {"baseBlob": {"delete": {"daysAfterCreationGreaterThan": int(days)}}})
    yield from true("lifecycle enabled", rule["enabled"])
    yield from same("galleries' prefixes", other["definition"]["filters"]["prefixMatch"], [f"{SNAPSHOT_CONTAINER}/"])
    at_once = {"baseBlob": {"delete": {"daysAfterCreationGreaterThan": 1}}}
    yield from same("galleries' lifecycle", other["definition"]["actions"], at_once)
    yield from true("galleries' lifecycle enabled", other["enabled"])
    yield from same("recordings' prefixes", last["definition"]["filters"]["prefixMatch"], [f"{RECORDINGS_CONTAINER}/"])
    longest = {"baseBlob": {"delete": {"daysAfterCreationGreaterThan": MAX_HOURS_TO_LIVE // 24}}}
    yield from same("recordings' lifecycle", last["definition"]["actions"], longest)
    yield from true("recordings' lifecycle enabled", last["enabled"])


def the_trail_is_kept_as_the_parameters_say(deployment: Deployment) -> Iterator[str]:
    """It is deleted after its days and not before, and nobody may change it for those that were asked for."""
    given = deployment.given
    _, _, _, *rules = deployment.only("Microsoft.Storage/storageAccounts/managementPolicies").properties["policy"][
        "rules"
    ]
    told = [(rule["definition"]["filters"], rule["definition"]["actions"], rule["enabled"]) for rule in rules]
    days = given.get("auditRetentionDays", 0)
    deleted = {"baseBlob": {"delete": {"daysAfterCreationGreaterThan": days}}}
    filters = {"blobTypes": ["appendBlob"], "prefixMatch": [f"{TRAIL_CONTAINER}/"]}
    yield from same("the trail's lifecycle", told, [(filters, deleted, True)] if days else [])
    policies = deployment.of("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    found = [dict(policy.properties) for policy in policies]
    immutable = given.get("auditImmutableDays", 0)
    wanted = {"allowProtectedAppendWrites": True, "immutabilityPeriodSinceCreationInDays": immutable}
    yield from same("immutability", found, [wanted] if immutable else [])


def encryption_is_asked_for_or_not_mentioned(deployment: Deployment) -> Iterator[str]:
    """Azure takes it only for a new account, and refuses even ``false`` for an old one."""
    host = deployment.only("Microsoft.Storage/storageAccounts", HOST)
    yield from same("encryption of the host", host.properties.get("encryption"), None)
    account = deployment.only("Microsoft.Storage/storageAccounts", VOICES)
    found = account.properties.get("encryption") or {}
    twice = deployment.given.get("infrastructureEncryption")
    yield from same("encrypted twice", found.get("requireInfrastructureEncryption"), twice)
    if customer_key(deployment):
        yield from same("covered", set(found["services"]), {"blob", "file", "queue", "table"})
        yield from same("key types", {each["keyType"] for each in found["services"].values()}, {"Account"})
        where = (found["keyvaultproperties"]["keyname"], found["keyvaultproperties"]["keyvaulturi"])
        yield from same("key", where, ("voices", f"https://{VAULT}.vault.azure.net"))
        [holder] = account.body["identity"]["userAssignedIdentities"]
        yield from same("holder of the key", found["identity"]["userAssignedIdentity"], holder)
        yield from same("keys", names(deployment, "Microsoft.KeyVault/vaults/keys"), {"voices"})
