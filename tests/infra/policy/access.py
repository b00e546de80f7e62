"""Rules of identities, roles, keys and tokens: who may do what, and where secrets are."""

import re
from collections.abc import Iterator
from typing import Final

from tests.infra.compiler import TENANT
from tests.infra.deployment import Deployment
from tests.infra.policy.checks import (
    HOST,
    INSIGHTS,
    UNIQUE,
    VAULT,
    VOICES,
    customer_key,
    differs,
    flex,
    names,
    production,
    same,
    site,
    true,
)

ROLES: Final = {
    # https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e9d5a4",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "EventGrid Data Sender": "d5a91429-5739-47e2-a06b-3470a27159e7",
}
IDENTITY: Final = f"<id-{UNIQUE}."
CLIENT_ID: Final = f"{IDENTITY}clientId>"
"""What a snapshot has where Azure fills in the client id of the app's identity."""
APP_ROLES: Final = {
    (VOICES, "Storage Blob Data Contributor"),
    (VOICES, "Storage Table Data Contributor"),
    (HOST, "Storage Blob Data Owner"),
    (HOST, "Storage Queue Data Contributor"),
    (VAULT, "Key Vault Secrets User"),
    (INSIGHTS, "Monitoring Metrics Publisher"),
}
SECRETIVE: Final = re.compile(
    r"\blist(Keys|Secrets|AccountSas|ServiceSas)\s*\(|AccountKey=|SharedAccessSignature|"
    r"primaryKey|primarySharedKey|InstrumentationKey|\bsig="
)


def the_app_is_its_identity_everywhere(deployment: Deployment) -> Iterator[str]:
    """One user-assigned identity reads keys, package, storage and monitoring."""
    app, client = site(deployment), CLIENT_ID
    [assigned] = app.body["identity"]["userAssignedIdentities"]
    yield from same("identity", assigned.rpartition("/")[2], f"id-{UNIQUE}")
    yield from same("kind of identity", app.body["identity"]["type"], "UserAssigned")
    yield from same("vault identity", app.properties["keyVaultReferenceIdentity"], assigned)
    package = flex(deployment)["deployment"]["storage"]["authentication"]
    wanted = {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": assigned}
    yield from same("package identity", package, wanted)
    for name, value in {
        "AZURE_CLIENT_ID": client,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": client,
        "AzureWebJobsStorage__blobServiceUri": f"https://{HOST}.blob.core.windows.net",
        "AzureWebJobsStorage__queueServiceUri": f"https://{HOST}.queue.core.windows.net",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": f"ClientId={client};Authorization=AAD",
    }.items():
        yield from same(name, deployment.settings.get(name), value)


def roles_are_the_least(deployment: Deployment) -> Iterator[str]:
    """The app holds the roles it needs, where it needs them; the operator only the keys', storage only its key's."""
    names = {role: name for name, role in ROLES.items()}
    found: dict[str, set[tuple[str, str]]] = {}
    for role in deployment.of("Microsoft.Authorization/roleAssignments"):
        holder = str(role.properties["principalId"])
        guid = role.properties["roleDefinitionId"].rpartition("/")[2]
        found.setdefault(holder, set()).add((role.scope, names.get(guid, guid)))
        kind = "ServicePrincipal" if holder.startswith("<") else deployment.given.get("principalType", "User")
        if holder == deployment.given.get("principalId") or holder.startswith("<"):
            yield from same(f"{role.name}: principal type", _known(role.properties["principalType"], kind), kind)
    sealing = {("sealing", "Key Vault Crypto Service Encryption User")} if _seals(deployment) else set()
    sender = {(f"evgt-{UNIQUE}", "EventGrid Data Sender")} if deployment.given.get("events") else set()
    yield from same("roles of the app", found.pop(f"{IDENTITY}principalId>", set()), APP_ROLES | sealing | sender)
    storage = {(VAULT, "Key Vault Crypto Service Encryption User")}
    wanted = {f"<id-voices-{UNIQUE}.principalId>": storage} if customer_key(deployment) else {}
    officer = deployment.given.get("principalId", "[deployer().objectId]")
    if officer:
        wanted[officer] = {(VAULT, "Key Vault Secrets Officer")}
    yield from same("other roles", found, wanted)


def keys_live_in_the_vault(deployment: Deployment) -> Iterator[str]:
    """The app's settings name the secrets that the template writes, in a vault that only roles open."""
    vault, given, settings = deployment.only("Microsoft.KeyVault/vaults"), deployment.given, deployment.settings
    yield from differs(vault, {"enableRbacAuthorization": True})
    secrets = {"SPEAKER_RECOGNITION_KEYS": "speaker-recognition-keys", "SPEAKER_SPEECH_KEY": "speaker-speech-key"}
    wanted = {name: f"@Microsoft.KeyVault(VaultName={VAULT};SecretName={secret})" for name, secret in secrets.items()}
    if "authClientId" in given and "apiKeys" not in given:
        wanted["SPEAKER_RECOGNITION_KEYS"] = ""  # a reference that leads nowhere would stop those with tokens, too
    if "speechEndpoint" not in given or "speechResourceId" in given:
        wanted["SPEAKER_SPEECH_KEY"] = ""
    yield from same("references", {name: settings.get(name) for name in secrets}, wanted)
    yield from same("name of the secret", deployment.outputs["SPEAKER_KEYS_SECRET"], "speaker-recognition-keys")
    written = {"apiKeys": "speaker-recognition-keys", "speechKey": "speaker-speech-key"}
    found = names(deployment, "Microsoft.KeyVault/vaults/secrets")
    yield from same("secrets", found, {secret for name, secret in written.items() if name in given})


def the_key_of_seals_is_in_the_vault(deployment: Deployment) -> Iterator[str]:
    """The app is told the key that the template makes, which does nothing but wrap."""
    key = f"https://{VAULT}.vault.azure.net/keys/sealing" if _seals(deployment) else ""
    yield from same("sealing key", deployment.settings["SPEAKER_SEALING_KEY"], key)
    for made in deployment.of("Microsoft.KeyVault/vaults/keys"):
        yield from differs(made, {"kty": "RSA", "keyOps": ["wrapKey", "unwrapKey"]})


def a_deleted_vault_waits_in_production(deployment: Deployment) -> Iterator[str]:
    """Purge protection cannot be undone, and Azure refuses to be told that it is off: on, or not mentioned."""
    kept = production(deployment)
    vault = deployment.only("Microsoft.KeyVault/vaults").properties
    protected = kept or deployment.given.get("vaultPurgeProtection")
    yield from same("purge protection", vault.get("enablePurgeProtection"), True if protected else None)
    yield from same("days of a deleted vault", vault["softDeleteRetentionInDays"], 90 if kept else 7)
    yield from same("way back", vault["createMode"], "default")


def tokens_are_of_this_tenant_and_for_named_callers(deployment: Deployment) -> Iterator[str]:
    """App Service checks tokens only if asked to; then of the own tenant, for this app, from named clients."""
    configs = {config.name: config.properties for config in deployment.of("Microsoft.Web/sites/config")}
    rules = configs.get("authsettingsV2", {})
    client = deployment.given.get("authClientId")
    if not client:
        yield from same("sign-in", rules, {})
        return
    provider = rules["identityProviders"]["azureActiveDirectory"]
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    yield from same("issuer", provider["registration"], {"clientId": client, "openIdIssuer": issuer})
    named = [caller.strip() for caller in deployment.given["authAllowedClientIds"].split(",")]
    callers = {"allowedApplications": named}
    wanted = {"allowedAudiences": [client, f"api://{client}"], "defaultAuthorizationPolicy": callers}
    yield from same("accepted tokens", provider["validation"], wanted)
    yield from true("sign-in enabled", rules["platform"]["enabled"] and provider["enabled"])
    yield from true("no token store", not rules["login"]["tokenStore"]["enabled"])


def secrets_are_nowhere(deployment: Deployment) -> Iterator[str]:
    """What is secure reaches the vault and nothing else."""
    secrets = [deployment.given[name] for name in ("apiKeys", "speechKey") if name in deployment.given]
    for resource in deployment.resources:
        if resource.type != "Microsoft.KeyVault/vaults/secrets":
            yield from (f"{resource.name} shows a secret" for secret in secrets if secret in str(resource.body))
    yield from ("an output shows a secret" for secret in secrets if secret in str(deployment.outputs))
    yield from (f"{each.name} reads a key" for each in deployment.resources if SECRETIVE.search(str(each.body)))


def _seals(deployment: Deployment) -> bool:
    return bool(deployment.given.get("sealing") == "vault" or deployment.given.get("sealingKeyKept"))


def _known(found: object, wanted: str) -> object:
    """The kind of who deploys is known only to Azure."""
    return wanted if "deployer()" in str(found) else found
