"""What the deployment must be, whatever the parameters: each rule yields the sentences that it finds broken."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from shared.errors import Misconfigured
from shared.settings import ROOT, SETTINGS, Settings
from shared.store.azure import AUDIO_CONTAINER, TABLE
from shared.voices.families import FAMILIES
from tests.infra.bicep import Deployment, Resource

ROLES: Final = {
    # https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
APP_ROLES: Final = {
    ("storage", "Storage Blob Data Owner"),
    ("storage", "Storage Table Data Contributor"),
    ("vault", "Key Vault Secrets User"),
    ("insights", "Monitoring Metrics Publisher"),
}
NEEDED: Final = {"SPEAKER_RECOGNITION_KEYS", "SPEAKER_STORAGE_BLOB_URL", "SPEAKER_STORAGE_TABLE_URL"}
BANNED: Final = re.compile(
    # Flex Consumption refuses or ignores the first; the others would let the app in by a secret, or open it.
    "FUNCTIONS_WORKER_RUNTIME(_VERSION)?|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT"
    "|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT.*|WEBSITE_TIME_ZONE|TZ|WEBSITE_VNET_ROUTE_ALL"
    "|SCM_DO_BUILD_DURING_DEPLOYMENT|ENABLE_ORYX_BUILD"
    "|AzureWebJobsStorage|AzureWebJobsStorage__accountKey|SPEAKER_STORAGE_CONNECTION_STRING"
    "|AZURE_CLIENT_SECRET|APPINSIGHTS_INSTRUMENTATIONKEY|AZURE_FUNCTIONS_ENVIRONMENT|WEBSITE_AUTH_ENABLED"
)
SECRETIVE: Final = re.compile(
    r"\blist(Keys|Secrets|AccountSas|ServiceSas)\s*\(|AccountKey=|SharedAccessSignature|"
    r"primaryKey|primarySharedKey|InstrumentationKey|\bsig="
)
ZONES: Final = {
    "blob": "privatelink.blob.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "sites": "privatelink.azurewebsites.net",
}


def breaches(deployment: Deployment) -> Iterator[str]:
    """Every rule that is broken."""
    for rule in RULES:
        yield from rule(deployment)


def settings_of(deployment: Deployment) -> Mapping[str, Any]:
    """The app settings."""
    return _config(deployment, "appsettings")


def no_key_opens_storage(deployment: Deployment) -> Iterator[str]:
    """Storage is reached over TLS 1.2, by identity, never by a key or by nobody."""
    wanted = {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }
    yield from _differs(_only(deployment, "Microsoft.Storage/storageAccounts"), wanted)


def deleted_is_deleted(deployment: Deployment) -> Iterator[str]:
    """No version, no soft delete and no change feed keeps a voice."""
    blobs = _only(deployment, "Microsoft.Storage/storageAccounts/blobServices")
    wanted: dict[str, Any] = {"isVersioningEnabled": False}
    kept = ("changeFeed", "containerDeleteRetentionPolicy", "deleteRetentionPolicy", "restorePolicy")
    yield from _differs(blobs, wanted | {name: {"enabled": False} for name in kept})


def storage_is_what_the_code_names(deployment: Deployment) -> Iterator[str]:
    """Table and containers are the code's constants; the only other container holds the app's package."""
    yield from _same("tables", _names(deployment, "Microsoft.Storage/storageAccounts/tableServices/tables"), {TABLE})
    package = _app_config(deployment)["deployment"]["storage"]["value"].rpartition("/")[2]
    containers = deployment.of("Microsoft.Storage/storageAccounts/blobServices/containers")
    yield from _same("containers", {one.body["name"] for one in containers}, {AUDIO_CONTAINER, package})
    for container in containers:
        yield from _differs(container, {"publicAccess": "None"})


def audio_is_deleted_when_the_app_says_so(deployment: Deployment) -> Iterator[str]:
    """The lifecycle policy takes exactly the blobs that the code writes, after the days that the app is told."""
    policy = _only(deployment, "Microsoft.Storage/storageAccounts/managementPolicies").properties["policy"]
    [rule] = policy["rules"]
    filters, actions = rule["definition"]["filters"], rule["definition"]["actions"]
    written = {f"{AUDIO_CONTAINER}/{family.name}/" for family in FAMILIES.values()}
    yield from _same("lifecycle prefixes", set(filters["prefixMatch"]), written)
    yield from _same("lifecycle blob types", filters["blobTypes"], ["blockBlob"])
    days = deployment.arguments["audioRetentionDays"]
    yield from _same("lifecycle", actions, {"baseBlob": {"delete": {"daysAfterCreationGreaterThan": days}}})
    yield from _is("lifecycle enabled", rule["enabled"])
    yield from _same("SPEAKER_AUDIO_RETENTION_DAYS", settings_of(deployment)["SPEAKER_AUDIO_RETENTION_DAYS"], str(days))


def the_app_gets_every_setting(deployment: Deployment) -> Iterator[str]:
    """Every setting that the app reads is set or defaulted, every one that is set is read, and it accepts them."""
    settings = settings_of(deployment)
    ours = {name for name in settings if name.startswith("SPEAKER_")}
    yield from (f"{name} is not set" for name in sorted(NEEDED - ours))
    yield from (f"{name} is set, but the app does not read it" for name in sorted(ours - set(SETTINGS)))
    yield from (f"{name} is no text" for name, value in settings.items() if isinstance(value, int))
    yield from (f"{name} is banned" for name in settings if BANNED.fullmatch(name))
    try:
        read = Settings.read({**settings, "SPEAKER_RECOGNITION_KEYS": "from,the,vault"})
    except (Misconfigured, TypeError) as problem:
        yield f"the app refuses its settings: {problem}"
    else:
        account = _only(deployment, "Microsoft.Storage/storageAccounts").body["name"]
        wanted = tuple(f"https://{account}.{service}.core.windows.net" for service in ("blob", "table"))
        yield from _same("storage endpoints", (read.blob_url, read.table_url), wanted)


def the_app_runs_as_flex_consumption_on_its_python(deployment: Deployment) -> Iterator[str]:
    """Flex Consumption, Linux, the Python of the repository, as many threads as requests at once."""
    plan, config = _only(deployment, "Microsoft.Web/serverfarms"), _app_config(deployment)
    yield from _same("plan", plan.body["sku"], {"tier": "FlexConsumption", "name": "FC1"})
    yield from _differs(plan, {"reserved": True})
    python = (ROOT / ".python-version").read_text().strip()
    yield from _same("runtime", config["runtime"], {"name": "python", "version": python})
    scale, given = config["scaleAndConcurrency"], deployment.arguments
    threads = settings_of(deployment).get("PYTHON_THREADPOOL_THREAD_COUNT")
    yield from _same("threads", threads, str(scale["triggers"]["http"]["perInstanceConcurrency"]))
    ready = given["alwaysReadyInstances"]
    yield from _same("always ready", scale["alwaysReady"], [{"name": "http", "instanceCount": ready}] if ready else [])
    yield from _same("memory", scale["instanceMemoryMB"], given["instanceMemoryMB"])


def the_app_is_reached_over_tls_and_not_by_password(deployment: Deployment) -> Iterator[str]:
    """HTTPS only, TLS 1.2, no FTP, no publishing passwords."""
    app = _app(deployment)
    yield from _differs(app, {"httpsOnly": True})
    cors = {"allowedOrigins": [origin for origin in deployment.arguments["corsOrigins"].split(",") if origin]}
    site = {"ftpsState": "Disabled", "minTlsVersion": "1.2", "scmMinTlsVersion": "1.2", "cors": cors}
    yield from _same("site", app.properties["siteConfig"], site)
    channels = deployment.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    closed = {channel.body["name"] for channel in channels if channel.properties["allow"] is False}
    yield from _same("channels closed to passwords", closed, {"ftp", "scm"})


def the_app_is_its_identity_everywhere(deployment: Deployment) -> Iterator[str]:
    """One user-assigned identity reads keys, package, storage and monitoring."""
    app, client = _app(deployment), "[identity.properties.clientId]"
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {"[identity.id]": {}}}
    yield from _same("identity", app.body["identity"], assigned)
    yield from _same("vault identity", str(app.properties["keyVaultReferenceIdentity"]), "[identity.id]")
    package = _app_config(deployment)["deployment"]["storage"]["authentication"]
    shown = {key: str(value) for key, value in package.items()}
    wanted = {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": "[identity.id]"}
    yield from _same("package identity", shown, wanted)
    for name, value in {
        "AZURE_CLIENT_ID": client,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": client,
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": f"ClientId={client};Authorization=AAD",
    }.items():
        yield from _same(name, str(settings_of(deployment).get(name)), value)


def roles_are_the_least(deployment: Deployment) -> Iterator[str]:
    """The app holds the four roles it needs, where it needs them; the operator only the keys'."""
    names = {role: name for name, role in ROLES.items()}
    found: dict[str, set[tuple[str, str]]] = {"app": set(), "operator": set()}
    for role in deployment.of("Microsoft.Authorization/roleAssignments"):
        properties = role.properties
        guid = properties["roleDefinitionId"].rpartition("/")[2]
        app = str(properties["principalId"]) == "[identity.properties.principalId]"
        kind = "ServicePrincipal" if app else deployment.arguments["principalType"]
        found["app" if app else "operator"].add((str(role.body["scope"]), names.get(guid, guid)))
        yield from _same(f"{role.handle}: principal type", properties["principalType"], kind)
    yield from _same("roles of the app", found["app"], APP_ROLES)
    officer = {("vault", "Key Vault Secrets Officer")} if deployment.arguments["principalId"] else set()
    yield from _same("roles of the operator", found["operator"], officer)


def keys_live_in_the_vault(deployment: Deployment) -> Iterator[str]:
    """The app's setting names the secret that the template writes, in a vault that only roles open."""
    vault = _only(deployment, "Microsoft.KeyVault/vaults")
    yield from _differs(vault, {"enableRbacAuthorization": True})
    secret = deployment.outputs["SPEAKER_KEYS_SECRET"]
    reference = f"@Microsoft.KeyVault(VaultName={vault.body['name']};SecretName={secret})"
    yield from _same("key reference", settings_of(deployment).get("SPEAKER_RECOGNITION_KEYS"), reference)
    written = [secret] if deployment.arguments["apiKeys"] else []
    yield from _same("secrets", sorted(_names(deployment, "Microsoft.KeyVault/vaults/secrets")), written)


def telemetry_is_opt_in(deployment: Deployment) -> Iterator[str]:
    """Host and worker both speak OpenTelemetry, or neither does."""
    wanted = ("OpenTelemetry", "true") if deployment.arguments["telemetry"] else (None, None)
    names = ("AzureFunctionsJobHost__telemetryMode", "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY")
    yield from _same("telemetry", tuple(map(settings_of(deployment).get, names)), wanted)


def monitoring_takes_tokens_only(deployment: Deployment) -> Iterator[str]:
    """Nobody who merely knows the connection string writes telemetry."""
    insights = _only(deployment, "Microsoft.Insights/components")
    yield from _differs(insights, {"DisableLocalAuth": True})
    yield from _same("workspace", str(insights.properties["WorkspaceResourceId"]), "[logs.id]")
    logs = _only(deployment, "Microsoft.OperationalInsights/workspaces")
    yield from _is("workspace without keys", logs.properties["features"]["disableLocalAuth"])


def the_network_is_private_when_asked(deployment: Deployment) -> Iterator[str]:
    """Storage and vault are closed to the internet exactly with the network, and reached through their endpoints."""
    private, inbound = (deployment.arguments[name] for name in ("vnetEnabled", "inboundPrivate"))
    access = ("Disabled", "Deny") if private else ("Enabled", "Allow")
    for kind in ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"):
        firewall = _only(deployment, kind).properties
        found = (firewall["publicNetworkAccess"], firewall["networkAcls"]["defaultAction"])
        yield from _same(f"network of {kind}", found, access)
    account = _only(deployment, "Microsoft.Storage/storageAccounts")
    yield from _same("bypass for the lifecycle policy", account.properties["networkAcls"]["bypass"], "AzureServices")
    inbound_access = "Disabled" if private and inbound else "Enabled"
    yield from _same("network of the app", _app(deployment).properties["publicNetworkAccess"], inbound_access)
    wanted = {"blob", "table", "vault", *(["sites"] if inbound else [])} if private else set()
    yield from _same("private endpoints", {_group(one) for one in _endpoints(deployment)}, wanted)
    yield from _same("zones", _names(deployment, "Microsoft.Network/privateDnsZones"), {ZONES[one] for one in wanted})
    subnet = "[network.id]/subnets/app" if private else None
    yield from _same("subnet of the app", _app(deployment).properties["virtualNetworkSubnetId"], subnet)


def private_names_lead_to_private_addresses(deployment: Deployment) -> Iterator[str]:
    """Each endpoint leads to what its group serves, and each zone is linked and filled."""
    targets = {"blob": "storage", "table": "storage", "vault": "vault", "sites": "app"}
    zones = deployment.of("Microsoft.Network/privateDnsZones")
    groups = deployment.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")
    for endpoint, zone, group in zip(_endpoints(deployment), zones, groups, strict=True):
        [connection] = endpoint.properties["privateLinkServiceConnections"]
        target = str(connection["properties"]["privateLinkServiceId"])
        yield from _same("target", target, f"[{targets[_group(endpoint)]}.id]")
        yield from _same("zone", zone.body["name"], ZONES[_group(endpoint)])
        yield from _same("zone's endpoint", group.body["parent"], endpoint.handle)
        [filled] = group.properties["privateDnsZoneConfigs"]
        yield from _same("filled zone", str(filled["properties"]["privateDnsZoneId"]), f"[{zone.handle}.id]")
    links = deployment.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    yield from _same("linked zones", [link.body["parent"] for link in links], [zone.handle for zone in zones])
    for network in deployment.of("Microsoft.Network/virtualNetworks"):
        subnets = {subnet["name"]: subnet["properties"] for subnet in network.properties["subnets"]}
        [delegation] = subnets["app"]["delegations"]
        yield from _same("delegation", delegation["properties"]["serviceName"], "Microsoft.App/environments")


def tokens_are_of_this_tenant_and_for_named_callers(deployment: Deployment) -> Iterator[str]:
    """App Service checks tokens only if asked to; then of the own tenant, for this app, from named clients."""
    rules = _config(deployment, "authsettingsV2")
    client = deployment.arguments["authClientId"]
    if not client:
        yield from _same("sign-in", rules, {})
        return
    provider = rules["identityProviders"]["azureActiveDirectory"]
    issuer = "https://login.microsoftonline.com/[tenant.tenantId]/v2.0"
    yield from _same("issuer", provider["registration"], {"clientId": client, "openIdIssuer": issuer})
    callers = {"allowedApplications": deployment.arguments["authAllowedClientIds"].split(",")}
    wanted = {"allowedAudiences": [client, f"api://{client}"], "defaultAuthorizationPolicy": callers}
    yield from _same("accepted tokens", provider["validation"], wanted)
    yield from _is("sign-in enabled", rules["platform"]["enabled"] and provider["enabled"])
    yield from _is("no token store", not rules["login"]["tokenStore"]["enabled"])


def secrets_are_nowhere(deployment: Deployment) -> Iterator[str]:
    """What is secure reaches the vault and nothing else."""
    secrets = [deployment.arguments[name] for name in deployment.secure if deployment.arguments[name]]
    yield from _same("secure parameters", deployment.secure, {"apiKeys"})
    for resource in deployment.resources:
        if resource.type != "Microsoft.KeyVault/vaults/secrets":
            yield from (f"{resource.handle} shows a secret" for secret in secrets if secret in str(resource.body))
    yield from ("an output shows a secret" for secret in secrets if secret in str(deployment.outputs))
    yield from (f"{one.handle} reads a key" for one in deployment.resources if SECRETIVE.search(str(one.body)))


def azd_finds_everything(deployment: Deployment) -> Iterator[str]:
    """Tags lead azd to the environment and to the service of azure.yaml."""
    environment = deployment.arguments["environmentName"]
    for resource in deployment.resources:
        if "location" in resource.body and not resource.type.endswith("virtualNetworkLinks"):
            yield from _same(f"{resource.handle}: tag", resource.body.get("tags", {}).get("azd-env-name"), environment)
    services = re.findall(r"^services:\n  (\w+):", (ROOT / "azure.yaml").read_text(), re.MULTILINE)
    yield from _same("service", [_app(deployment).body["tags"].get("azd-service-name")], services)


RULES: Final[tuple[Callable[[Deployment], Iterator[str]], ...]] = (
    no_key_opens_storage,
    deleted_is_deleted,
    storage_is_what_the_code_names,
    audio_is_deleted_when_the_app_says_so,
    the_app_gets_every_setting,
    the_app_runs_as_flex_consumption_on_its_python,
    the_app_is_reached_over_tls_and_not_by_password,
    the_app_is_its_identity_everywhere,
    roles_are_the_least,
    keys_live_in_the_vault,
    telemetry_is_opt_in,
    monitoring_takes_tokens_only,
    the_network_is_private_when_asked,
    private_names_lead_to_private_addresses,
    tokens_are_of_this_tenant_and_for_named_callers,
    secrets_are_nowhere,
    azd_finds_everything,
)


def _only(deployment: Deployment, kind: str) -> Resource:
    [resource] = deployment.of(kind)
    return resource


def _app(deployment: Deployment) -> Resource:
    return _only(deployment, "Microsoft.Web/sites")


def _app_config(deployment: Deployment) -> Mapping[str, Any]:
    config: Mapping[str, Any] = _app(deployment).properties["functionAppConfig"]
    return config


def _config(deployment: Deployment, name: str) -> Mapping[str, Any]:
    configs = {config.body["name"]: config.properties for config in deployment.of("Microsoft.Web/sites/config")}
    return configs.get(name, {})


def _names(deployment: Deployment, kind: str) -> set[str]:
    return {resource.body["name"] for resource in deployment.of(kind)}


def _endpoints(deployment: Deployment) -> list[Resource]:
    return deployment.of("Microsoft.Network/privateEndpoints")


def _group(endpoint: Resource) -> str:
    [connection] = endpoint.properties["privateLinkServiceConnections"]
    [group] = connection["properties"]["groupIds"]
    return str(group)


def _differs(resource: Resource, wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        yield from _same(f"{resource.handle}.{name}", resource.properties.get(name), value)


def _is(what: str, found: object) -> Iterator[str]:
    if found is not True:
        yield f"{what}: {found!r}, not True"


def _same(what: str, found: object, wanted: object) -> Iterator[str]:
    if found != wanted:
        yield f"{what}: {found!r}, not {wanted!r}"
