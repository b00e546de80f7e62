"""The wire format of Azure's providers, out of the official SDKs that are generated from it."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from enum import EnumMeta
from functools import cache
from types import ModuleType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from azure.mgmt.keyvault import models as vault_models
from azure.mgmt.keyvault import types as vault
from azure.mgmt.network import models as network_models
from azure.mgmt.network import types as network
from azure.mgmt.storage import models as storage_models
from azure.mgmt.storage import types as storage
from azure.mgmt.web import models as web_models
from azure.mgmt.web import types as web

from tests.infra.bicep import Deployment, Handle, Later, Resource

_MODELS: Final[Mapping[ModuleType, ModuleType]] = {
    vault: vault_models,
    network: network_models,
    storage: storage_models,
    web: web_models,
}
_WIRE: Final[Mapping[str, tuple[ModuleType, str]]] = {
    "Microsoft.KeyVault/vaults": (vault, "VaultCreateOrUpdateParameters"),
    "Microsoft.KeyVault/vaults/secrets": (vault, "SecretCreateOrUpdateParameters"),
    "Microsoft.Network/privateEndpoints": (network, "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": (network, "PrivateDnsZoneGroup"),
    "Microsoft.Network/virtualNetworks": (network, "VirtualNetwork"),
    "Microsoft.Storage/storageAccounts": (storage, "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": (storage, "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": (storage, "BlobContainer"),
    "Microsoft.Storage/storageAccounts/managementPolicies": (storage, "ManagementPolicy"),
    "Microsoft.Storage/storageAccounts/tableServices": (storage, "TableServiceProperties"),
    "Microsoft.Storage/storageAccounts/tableServices/tables": (storage, "Table"),
    "Microsoft.Web/serverfarms": (web, "AppServicePlan"),
    "Microsoft.Web/sites": (web, "Site"),
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": (web, "CsmPublishingCredentialsPoliciesEntity"),
    "Microsoft.Web/sites/config/appsettings": (web, "StringDictionary"),
    "Microsoft.Web/sites/config/authsettingsV2": (web, "SiteAuthSettingsV2"),
}
API_VERSIONS: Final = {
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.KeyVault": "2023-07-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "2024-06-01",
    "Microsoft.Network/privateEndpoints": "2024-05-01",
    "Microsoft.Network/virtualNetworks": "2024-05-01",
    "Microsoft.OperationalInsights/workspaces": "2023-09-01",
    "Microsoft.Storage": "2024-01-01",
    "Microsoft.Web": "2024-04-01",
}
"""The versions in which these providers were read, by the beginning of the type."""

_OF_BICEP: Final = frozenset({"name", "parent", "scope", "dependsOn"})


def breaches(deployment: Deployment) -> Iterator[str]:
    """What the providers would not understand."""
    for resource in deployment.resources:
        yield from _version(resource)
        kind = resource.type
        kind = f"{kind}/{resource.body['name']}" if kind.endswith("/config") else kind
        if kind in _WIRE:
            module, name = _WIRE[kind]
            body = {key: value for key, value in resource.body.items() if key not in _OF_BICEP}
            yield from _check(body, getattr(module, name), str(resource.handle))
        elif kind not in API_VERSIONS:
            yield f"{resource.handle}: no type {kind}"


def _version(resource: Resource) -> Iterator[str]:
    known = {version for kind, version in API_VERSIONS.items() if f"{resource.type}/".startswith(f"{kind}/")}
    if resource.api_version not in known:
        yield f"{resource.handle}: {resource.type}@{resource.api_version} is not known, only {sorted(known)}"


def _check(value: object, kind: Any, path: str) -> Iterator[str]:  # noqa: ANN401  a type, or the form of one
    if value is None or isinstance(value, Later | Handle) or kind is Any:
        return
    origin = get_origin(kind)
    check: Callable[[Any, Any, str], Iterator[str]] = _check_plain
    if hasattr(kind, "__total__"):  # a TypedDict, of typing or of typing_extensions
        check = _check_fields
    elif origin in (list, dict):
        check = _check_items
    elif origin is Union:
        check = _check_choice
    yield from check(value, kind, path)


def _check_fields(value: object, kind: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {kind.__name__}"
        return
    fields = _fields(kind)
    for name in sorted(_required(kind) - set(value)):
        yield f"{path}: {name} is missing"
    for name, item in value.items():
        if name in fields:
            yield from _check(item, fields[name], f"{path}.{name}")
        else:
            yield f"{path}: no property {name}{_meant(name, fields)}"


@cache
def _fields(kind: Any) -> Mapping[str, Any]:  # noqa: ANN401
    module = next(module for module in _MODELS if module.__name__ == kind.__module__)
    return get_type_hints(kind, globalns={**vars(_MODELS[module]), **vars(module)})


def _required(kind: Any) -> set[str]:  # noqa: ANN401
    """Fields marked as required: the mark itself is read, because totality is lost where a type inherits."""
    return {name for name, hint in kind.__annotations__.items() if "Required[" in str(hint)}


def _meant(name: str, fields: Mapping[str, object]) -> str:
    close = get_close_matches(name, fields, 1, 0.5)
    return f" (meant {close[0]}?)" if close else ""


def _check_items(value: object, kind: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, get_origin(kind)):
        yield f"{path}: {value!r} is no {get_origin(kind).__name__}"
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for index, item in items:
        yield from _check(item, get_args(kind)[-1], f"{path}[{index}]")


def _check_choice(value: object, kind: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    choices = get_args(kind)
    closed = [choice for choice in choices if isinstance(choice, EnumMeta)]
    if closed:  # the other choice is any string, so that old clients survive new values
        if value not in [word for choice in closed for word in _words(choice)]:
            yield f"{path}: {value!r} is no {closed[0].__name__}"
    elif not any(not list(_check(value, choice, path)) for choice in choices):
        yield f"{path}: {value!r} fits none of {choices}"


def _words(kind: EnumMeta) -> list[object]:
    members: list[Any] = list(kind)
    return [member.value for member in members]


def _check_plain(value: object, kind: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    if get_origin(kind) is Literal:
        fits = value in get_args(kind)
    elif isinstance(kind, EnumMeta):
        fits = value in _words(kind)
    elif isinstance(kind, type) and kind in (str, int, bool, float):
        fits = type(value) is kind or (kind is float and type(value) is int)
    else:
        fits = True  # a model class, where the SDK leaves the wire type out
    if not fits:
        yield f"{path}: {value!r} is no {getattr(kind, '__name__', kind)}"
