"""Rules of the private network."""

from collections.abc import Iterator
from typing import Final

from tests.infra.deployment import Deployment
from tests.infra.policy.checks import (
    APP,
    DATABASE,
    HOST,
    UNIQUE,
    VAULT,
    VOICES,
    customer_key,
    names,
    production,
    same,
    site,
)

ENDPOINTS: Final = {
    # name of the endpoint: what it leads to, and the DNS zone of its private name
    f"pe-blob-{UNIQUE}": (VOICES, "blob", "privatelink.blob.core.windows.net"),
    f"pe-host-blob-{UNIQUE}": (HOST, "blob", "privatelink.blob.core.windows.net"),
    f"pe-host-queue-{UNIQUE}": (HOST, "queue", "privatelink.queue.core.windows.net"),
    f"pe-table-{UNIQUE}": (VOICES, "table", "privatelink.table.core.windows.net"),
    f"pe-vault-{UNIQUE}": (VAULT, "vault", "privatelink.vaultcore.azure.net"),
    f"pe-postgres-{UNIQUE}": (DATABASE, "postgresqlServer", "privatelink.postgres.database.azure.com"),
    f"pe-sites-{UNIQUE}": (APP, "sites", "privatelink.azurewebsites.net"),
}


def the_network_is_private_when_asked(deployment: Deployment) -> Iterator[str]:
    """Storage and vault are closed to the internet exactly with the network, and reached through their endpoints."""
    private = deployment.given.get("vnetEnabled", production(deployment))
    inbound = deployment.given.get("inboundPrivate", False)
    access = ("Disabled", "Deny") if private else ("Enabled", "Allow")
    for kind in ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"):
        for each in deployment.of(kind):
            found = (each.properties["publicNetworkAccess"], each.properties["networkAcls"]["defaultAction"])
            yield from same(f"network of {each.name}", found, access)
    for account in deployment.of("Microsoft.Storage/storageAccounts"):
        yield from same("bypass for the lifecycle policy", account.properties["networkAcls"]["bypass"], "AzureServices")
    bypass = deployment.only("Microsoft.KeyVault/vaults").properties["networkAcls"]["bypass"]
    yield from same("bypass for the key", bypass, "AzureServices" if customer_key(deployment) else "None")
    inbound_access = "Disabled" if inbound else "Enabled"
    yield from same("network of the app", site(deployment).properties["publicNetworkAccess"], inbound_access)
    asked = {"sites": inbound, "postgresqlServer": deployment.given.get("postgres", False)}
    wanted = {name for name, (_, group, _) in ENDPOINTS.items() if private and asked.get(group, True)}
    yield from same("private endpoints", names(deployment, "Microsoft.Network/privateEndpoints"), wanted)
    subnet = site(deployment).properties["virtualNetworkSubnetId"]
    yield from same("subnet of the app", subnet and subnet.partition("/virtualNetworks/")[2], _subnet(private))


def the_database_is_private_when_asked(deployment: Deployment) -> Iterator[str]:
    """It is closed to the internet exactly with the network; without, it hears every address of Azure, and no other."""
    private = deployment.given.get("vnetEnabled", production(deployment))
    for server in deployment.of("Microsoft.DBforPostgreSQL/flexibleServers"):
        access = "Disabled" if private else "Enabled"
        yield from same("network of the database", server.properties["network"], {"publicNetworkAccess": access})
        rules = [dict(rule.properties) for rule in deployment.of(f"{server.type}/firewallRules")]
        of_azure = dict.fromkeys(("startIpAddress", "endIpAddress"), "0.0.0.0")  # noqa: S104  as Azure writes its own
        yield from same("firewall of the database", rules, [] if private else [of_azure])


def private_names_lead_to_private_addresses(deployment: Deployment) -> Iterator[str]:
    """Each endpoint leads to what its name says, and its zone is there, linked and filled."""
    groups = {each.parent: each for each in deployment.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")}
    zones = set()
    for endpoint in deployment.of("Microsoft.Network/privateEndpoints"):
        target, group, zone = ENDPOINTS[endpoint.name]
        [connection] = endpoint.properties["privateLinkServiceConnections"]
        led = connection["properties"]["privateLinkServiceId"].rpartition("/")[2]
        yield from same("target", (led, connection["properties"]["groupIds"]), (target, [group]))
        [filled] = groups[endpoint.name].properties["privateDnsZoneConfigs"]
        yield from same("filled zone", filled["properties"]["privateDnsZoneId"], f"<{zone}.id>")
        zones.add(zone)
    yield from same("zones", names(deployment, "Microsoft.Network/privateDnsZones"), zones)
    links = deployment.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    yield from same("linked zones", {link.parent for link in links}, zones)
    for network in deployment.of("Microsoft.Network/virtualNetworks"):
        subnets = {subnet["name"]: subnet["properties"] for subnet in network.properties["subnets"]}
        [delegation] = subnets["app"]["delegations"]
        yield from same("delegation", delegation["properties"]["serviceName"], "Microsoft.App/environments")


def _subnet(private: bool) -> str | None:  # noqa: FBT001
    return f"vnet-{UNIQUE}/subnets/app" if private else None
