"""The template: its names, its order, what it refuses, and that its parameters are those of the code."""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from shared.settings import ROOT, SETTINGS
from tests.infra.compiler import FOLDER, SUBSCRIPTION, compiled, needs_compiler, snapshot
from tests.infra.deployment import NAMES, Deployment, order
from tests.infra.expressions import CHINA, GOVERNMENT, Cloud

PARAMETERS: Final = json.loads((FOLDER / "main.parameters.json").read_text())["parameters"]
TEMPLATE: Final = (FOLDER / "main.bicep").read_text()
VARIABLE: Final = re.compile(r"\$\{(\w+)=?(.*)\}")
OF_AZD: Final = {"environmentName", "location", "principalId", "principalType"}
BY_HAND: Final = {"appSettings"}
IN_THE_ENVIRONMENT: Final = {"vnetEnabled", "vaultPurgeProtection", "vaultRetentionDays"}
"""Parameters whose default depends on what the deployment is for."""

KEPT: Final = {
    # what a deployment of the commit before the modules has made, in the group rg
    "Microsoft.Authorization/roleAssignments": {
        "9d78285b-8cbe-5fb8-98a9-cacc7a9e1110",
        "bc816e2a-5c29-5092-947c-88fdca739049",
        "1b14da96-e4f7-54f4-8a52-2526af4dbbbe",
        "e7ce2270-0970-5e0f-91da-8e78dc48f7f5",
    },
    "Microsoft.ManagedIdentity/userAssignedIdentities": {"id-pltyx3rhab4qa"},
    "Microsoft.Storage/storageAccounts": {"stpltyx3rhab4qa"},
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"enrollment-audio"},
    "Microsoft.Storage/storageAccounts/tableServices/tables": {"SpeakerProfiles"},
    "Microsoft.KeyVault/vaults": {"kv-pltyx3rhab4qa"},
    "Microsoft.OperationalInsights/workspaces": {"log-pltyx3rhab4qa"},
    "Microsoft.Insights/components": {"appi-pltyx3rhab4qa"},
    "Microsoft.Web/serverfarms": {"plan-pltyx3rhab4qa"},
    "Microsoft.Web/sites": {"func-pltyx3rhab4qa"},
    "Microsoft.Network/virtualNetworks": {"vnet-pltyx3rhab4qa"},
    "Microsoft.Network/privateEndpoints": {f"pe-{each}-pltyx3rhab4qa" for each in ("blob", "table", "vault", "sites")},
    "Microsoft.Network/privateDnsZones": {
        "privatelink.blob.core.windows.net",
        "privatelink.table.core.windows.net",
        "privatelink.vaultcore.azure.net",
        "privatelink.azurewebsites.net",
    },
}
REFUSED: Final[Mapping[str, tuple[Mapping[str, object], str]]] = {
    # parameters, and the sentence that refuses them
    "private inbound without a network": ({"inboundPrivate": True}, "inboundPrivate needs vnetEnabled"),
    "sign-in for nobody in particular": ({"authClientId": "a"}, "authClientId needs authAllowedClientIds"),
    "sign-in for blanks": ({"authClientId": "a", "authAllowedClientIds": " , "}, "authClientId needs authAllowed"),
    "callers without sign-in": ({"authAllowedClientIds": "a"}, "authAllowedClientIds needs authClientId"),
    "zones on one zone's storage": (
        {"zoneRedundant": True, "storageRedundancy": "Standard_LRS"},
        "zoneRedundant needs a storageRedundancy of Standard_ZRS or Standard_GZRS",
    ),
    "speech of nowhere": ({"speechResourceId": "a"}, "speechResourceId needs speechEndpoint"),
    "a seal that may vanish": ({"sealing": "vault"}, "sealing needs vaultPurgeProtection"),
    "a key that is kept and may vanish": ({"sealingKeyKept": True}, "sealing needs vaultPurgeProtection"),
    "a seal that a database cannot search": (
        {"sealing": "vault", "vaultPurgeProtection": True, "postgres": True},
        "postgres needs sealing off",
    ),
    "a trail that is deleted while nobody may": (
        {"audit": True, "auditRetentionDays": 30, "auditImmutableDays": 31},
        "auditRetentionDays needs auditImmutableDays of no more days",
    ),
    "a key of the customer's that may vanish": (
        {"customerManagedKey": True},
        "customerManagedKey needs vaultPurgeProtection",
    ),
}


def sent(folder: Path, parameters: Mapping[str, object], group: str = "rg") -> str:
    """What would be sent with parameters."""
    file = folder / "tried.bicepparam"
    given = {"environmentName": "dev", "location": "westeurope", **parameters}
    lines = [f"param {name} = {json.dumps(value).replace('"', "'")}" for name, value in given.items()]
    template = FOLDER.relative_to(folder, walk_up=True) / "main.bicep"
    file.write_text("\n".join([f"using '{template}'", *lines, ""]))
    return snapshot(file, group)


@needs_compiler
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused_with_a_sentence(case: str, tmp_path: Path) -> None:
    parameters, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence):
        sent(tmp_path, parameters)


@needs_compiler
def test_parameters_are_bounded() -> None:
    declared = compiled()["parameters"]
    assert (declared["audioRetentionDays"]["minValue"], declared["audioRetentionDays"]["maxValue"]) == (0, 36500)
    assert declared["instanceMemoryMB"]["allowedValues"] == [512, 2048, 4096]
    assert declared["environmentType"]["allowedValues"] == ["development", "production"]
    assert declared["nameSuffix"]["maxLength"] == 5  # a storage account has 24 letters at most
    assert {name for name, entry in declared.items() if entry["type"] == "securestring"} == {"apiKeys", "speechKey"}


def test_what_exists_keeps_its_name_and_its_roles() -> None:
    found = [Deployment.load(name) for name in ("inbound-private", "keys")]
    for kind, names in KEPT.items():
        assert names <= {resource.name for deployment in found for resource in deployment.of(kind)}, kind


@needs_compiler
def test_a_region_is_the_same_however_it_is_spelt(tmp_path: Path) -> None:
    assert sent(tmp_path, {"location": "West Europe"}) == sent(tmp_path, {"location": "westeurope"})


@needs_compiler
def test_a_suffix_keeps_two_services_of_one_environment_name_apart(tmp_path: Path) -> None:
    mine, other = (sent(tmp_path, {"nameSuffix": suffix}, group) for group, suffix in (("rg", ""), ("other", "B2")))
    assert '"stpltyx3rhab4qa"' in mine
    assert '"stpltyx3rhab4qab2"' in other
    assert '"stpltyx3rhab4qa"' not in other


@pytest.mark.parametrize(
    ("cloud", "zones"),
    [
        (GOVERNMENT, {"blob.core.usgovcloudapi.net", "table.core.usgovcloudapi.net"}),
        (GOVERNMENT, {"vaultcore.usgovcloudapi.net", "azurewebsites.us"}),
        (CHINA, {"blob.core.chinacloudapi.cn", "table.core.chinacloudapi.cn"}),
        (CHINA, {"vaultcore.azure.cn", "chinacloudsites.cn"}),
    ],
)
def test_private_names_are_those_of_the_cloud(cloud: Cloud, zones: set[str]) -> None:
    deployment = Deployment.load("inbound-private", cloud)
    found = {zone.name for zone in deployment.of("Microsoft.Network/privateDnsZones")}
    assert {f"privatelink.{zone}" for zone in zones} <= found


@pytest.mark.parametrize(("cloud", "suffix"), [(GOVERNMENT, "usgovcloudapi.net"), (CHINA, "chinacloudapi.cn")])
def test_a_database_is_called_as_in_its_cloud(cloud: Cloud, suffix: str) -> None:
    deployment = Deployment.load("postgres", cloud)
    assert f"host=psql-pltyx3rhab4qa.postgres.database.{suffix} " in deployment.settings["SPEAKER_POSTGRES"]
    zones = {zone.name for zone in deployment.of("Microsoft.Network/privateDnsZones")}
    assert f"privatelink.postgres.database.{suffix}" in zones


@pytest.mark.parametrize("cloud", [GOVERNMENT, CHINA], ids=lambda cloud: cloud.name)
def test_no_name_of_the_public_cloud_is_left(cloud: Cloud) -> None:
    deployments = [Deployment.load(name, cloud) for name in NAMES]
    sent = str([(resource.body, deployment.outputs) for deployment in deployments for resource in deployment.resources])
    assert not re.findall(r"core\.windows\.net|azure\.net\b|azure\.com\b|microsoftonline\.com|azurewebsites\.net", sent)


@needs_compiler
def test_the_app_comes_after_its_network_and_the_network_knows_no_app() -> None:
    before = order(compiled())
    [app] = [path for path in before if path.endswith(" Microsoft.Web/sites")]
    private = {path for path in before if " Microsoft.Network/" in path}
    inbound = {path for path in private if path.startswith("inbound/")}
    assert private - inbound <= before[app]
    assert {path.partition(" ")[2] for path in private - inbound} >= {
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    }
    assert all(app in before[path] for path in inbound)


@needs_compiler
def test_what_the_app_starts_with_is_there_before_its_settings() -> None:
    before = order(compiled())
    [settings] = [path for path in before if path.startswith("app/appSettings ")]
    needed = ("voicesStorage/", "voices/", "hostStorage/", "vault/", "monitoring/", "links/", "identity ")
    assert {path for path in before if path.startswith(needed)} <= before[settings]


@needs_compiler
def test_a_server_is_changed_by_one_thing_after_another_and_ready_before_the_app_is_told() -> None:
    before = order(compiled())
    parts = _one_after_another(before, [path for path in before if path.startswith("database/")])
    assert [path.partition(" ")[0] for path in parts] == [
        "database/server",
        "database/administrator",
        "database/voices",
        "database/fromAzure",
        "database/configured",
    ]
    [endpoint] = [path for path in before if path.startswith("databaseLink/endpoints ")]
    [settings] = [path for path in before if path.startswith("app/appSettings ")]
    assert set(parts) <= before[endpoint] & before[settings]


@needs_compiler
def test_the_site_is_written_to_one_after_another() -> None:
    before = order(compiled())
    parts = [path for path in before if path.startswith("app/") and not path.endswith("/serverfarms")]
    assert [path.partition(" ")[0] for path in _one_after_another(before, parts)] == [
        "app/app",
        "app/ftp",
        "app/scm",
        "app/appSettings",
        "app/signInRules",
    ]


def _one_after_another(before: Mapping[str, set[str]], parts: Iterable[str]) -> list[str]:
    """Parts in the order in which they are made; each waits for the one before it."""
    made = sorted(parts, key=lambda path: len(before[path]))
    for earlier, later in pairwise(made):
        assert earlier in before[later]
    return made


@needs_compiler
def test_a_key_of_the_customers_is_there_before_what_it_encrypts() -> None:
    before = order(compiled())
    [account] = [path for path in before if path.startswith("voicesStorage/account ")]
    assert {path for path in before if path.startswith(("customerKey/", "vault/"))} <= before[account]


@needs_compiler
def test_nothing_is_looked_up_before_the_same_template_has_made_it() -> None:
    assert not [name for name, resource in compiled()["resources"].items() if resource.get("existing")]


def test_the_parameters_file_fills_every_parameter() -> None:
    declared = set(re.findall(r"^param (\w+)", TEMPLATE, re.MULTILINE))
    assert set(PARAMETERS) == declared
    assert {name for name, entry in PARAMETERS.items() if not isinstance(entry["value"], str)} == BY_HAND


@needs_compiler
def test_the_parameters_file_has_the_templates_defaults() -> None:
    defaults = {name: entry.get("defaultValue") for name, entry in compiled()["parameters"].items()}
    for name in set(PARAMETERS) - OF_AZD - BY_HAND - IN_THE_ENVIRONMENT - {"keysKept"}:
        [(_, written)] = VARIABLE.findall(PARAMETERS[name]["value"])
        assert written == _text(defaults[name]), name


def test_what_depends_on_the_environment_is_left_to_the_template() -> None:
    for name in IN_THE_ENVIRONMENT:
        assert VARIABLE.findall(PARAMETERS[name]["value"])[0][1] == "", name


def test_the_parameters_file_names_each_variable_once() -> None:
    variables = [VARIABLE.findall(entry["value"])[0][0] for name, entry in PARAMETERS.items() if name not in BY_HAND]
    assert len(set(variables)) == len(variables)
    assert {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"} <= set(variables)


def test_every_setting_of_the_code_can_be_deployed() -> None:
    """By a parameter of its own, by the template itself, or else by hand, through ``appSettings``."""
    by_itself = {"SPEAKER_STORAGE_BLOB_URL", "SPEAKER_STORAGE_TABLE_URL"}
    named = {name: setting.parameter for name, setting in SETTINGS.items() if setting.parameter}
    assert set(named.values()) <= set(PARAMETERS)
    assert named.keys() | by_itself <= set(Deployment.load("plain").settings)
    assert compiled()["parameters"]["appSettings"]["type"] == "object"


@needs_compiler
@pytest.mark.parametrize("name", sorted(name for name, setting in SETTINGS.items() if setting.parameter))
def test_a_parameter_has_the_default_of_its_setting_and_reaches_it(name: str) -> None:
    setting = SETTINGS[name]
    declared = compiled()["parameters"][setting.parameter]
    assert _text(declared["defaultValue"]).lower() == setting.default
    assert (
        f"parameters('{setting.parameter}')"
        in compiled()["resources"]["app"]["properties"]["parameters"]["settings"]["value"]
        or setting.parameter == "speechKey"
    )


def test_settings_by_hand_are_kept_beside_those_of_the_template() -> None:
    settings = Deployment.load("telemetry").settings
    assert settings["PYTHONOPTIMIZE"] == "1"
    assert "PYTHONOPTIMIZE" not in Deployment.load("plain").settings


def test_lists_are_trimmed() -> None:
    deployment = Deployment.load("sign-in")
    rules = deployment.only("Microsoft.Web/sites/config", "authsettingsV2").properties["identityProviders"]
    allowed = rules["azureActiveDirectory"]["validation"]["defaultAuthorizationPolicy"]
    assert allowed["allowedApplications"] == [
        "55555555-5555-5555-5555-555555555555",
        "66666666-6666-6666-6666-666666666666",
    ]
    cors = deployment.only("Microsoft.Web/sites").properties["siteConfig"]["cors"]["allowedOrigins"]
    assert cors == ["https://app.example.org", "https://b.example"]


def test_whoever_deploys_may_rotate_the_keys_unless_the_parameters_say_otherwise() -> None:
    assert re.search(r"param principalId string = deployer\(\)\.objectId", TEMPLATE)
    officer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    roles = Deployment.load("plain").of("Microsoft.Authorization/roleAssignments")
    [held] = [role for role in roles if role.properties["roleDefinitionId"].endswith(officer)]
    assert held.properties["principalId"] == "33333333-3333-3333-3333-333333333333"
    assert f"/subscriptions/{SUBSCRIPTION}/" in held.body["id"]


def test_every_abbreviation_is_used() -> None:
    names = json.loads((FOLDER / "abbreviations.json").read_text())
    assert [name for name in names if f"abbreviations.{name}}}" not in TEMPLATE] == []


def test_api_versions_are_stable_but_for_diagnostic_settings_which_have_no_usable_one() -> None:
    used = {
        found for file in FOLDER.rglob("*.bicep") for found in re.findall(r"'(\w[\w.]+/[^']+@[^']+)'", file.read_text())
    }
    assert {each for each in used if "preview" in each} == {"Microsoft.Insights/diagnosticSettings@2021-05-01-preview"}


def test_the_host_lets_requests_through_to_application_insights() -> None:
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    assert levels["Host.Results"] == "Information"


def _text(value: object) -> str:
    """A value as the environment holds it."""
    return json.dumps(value) if isinstance(value, bool) else str(value)
