"""Rules of what is logged, measured and told."""

from collections.abc import Iterator
from typing import Final

from tests.infra.deployment import Deployment
from tests.infra.policy.checks import VAULT, VOICES, differs, same, true

ALERT: Final = "Microsoft.Insights/scheduledQueryRules"


def telemetry_is_opt_in(deployment: Deployment) -> Iterator[str]:
    """Host and worker both speak OpenTelemetry, or neither does; the model's runtime never reports to its makers."""
    wanted = ("OpenTelemetry", "true") if deployment.given.get("telemetry") else (None, None)
    names = ("AzureFunctionsJobHost__telemetryMode", "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY")
    yield from same("telemetry", tuple(map(deployment.settings.get, names)), wanted)
    yield from same("ORT_DISABLE_TELEMETRY", deployment.settings.get("ORT_DISABLE_TELEMETRY"), "1")


def monitoring_takes_tokens_only(deployment: Deployment) -> Iterator[str]:
    """Nobody who merely knows the connection string writes telemetry."""
    insights = deployment.only("Microsoft.Insights/components")
    logs = deployment.only("Microsoft.OperationalInsights/workspaces")
    yield from differs(insights, {"DisableLocalAuth": True, "WorkspaceResourceId": logs.body["id"]})
    yield from true("workspace without keys", logs.properties["features"]["disableLocalAuth"])


def changes_of_voices_and_visits_of_the_vault_are_logged(deployment: Deployment) -> Iterator[str]:
    """Writes and deletions only, where they are asked for: reads would say who was recognised when."""
    found: dict[str, set[str]] = {}
    for each in deployment.of("Microsoft.Insights/diagnosticSettings"):
        scope = each.body["id"].partition("/providers/Microsoft.Insights")[0].rpartition("/providers/")[2]
        found[scope] = {log["category"] for log in each.properties["logs"] if log["enabled"]}
    wanted = {f"Microsoft.KeyVault/vaults/{VAULT}": {"AuditEvent"}}
    if deployment.given.get("storageLogs", True):
        services = [f"Microsoft.Storage/storageAccounts/{VOICES}/{each}Services/default" for each in ("blob", "table")]
        wanted |= {service: {"StorageWrite", "StorageDelete"} for service in services}
    yield from same("logs", found, wanted)


def alerts_ask_and_somebody_hears(deployment: Deployment) -> Iterator[str]:
    """Three alerts by queries of logs that need not be there yet; who hears of them is a parameter."""
    rules = {each.body["properties"]["displayName"]: each for each in deployment.of(ALERT)}
    wanted = {f"Speaker Recognition: {name}" for name in ("errors", "refused-keys", "upkeep-late")}
    yield from same("alerts", set(rules), wanted)
    people = [group.body["id"] for group in deployment.of("Microsoft.Insights/actionGroups")]
    yield from same("who hears", len(people), 1 if "alertEmail" in deployment.given else 0)
    for rule in rules.values():
        [criterion] = rule.properties["criteria"]["allOf"]
        yield from true(f"{rule.name}: tables may be missing", "union isfuzzy=true none," in criterion["query"])
        yield from differs(rule, {"skipQueryValidation": True, "actions": {"actionGroups": people}})
