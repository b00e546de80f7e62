"""Rules of the function app: what it runs on, and what it is told."""

import re
from collections.abc import Iterator
from typing import Final

from shared.errors import Misconfigured
from shared.settings import ROOT, SETTINGS, Settings
from tests.infra.deployment import Deployment
from tests.infra.policy.checks import HOST, VOICES, differs, flex, same, site

NEEDED: Final = {f"SPEAKER_STORAGE_{service}_URL" for service in ("BLOB", "TABLE", "QUEUE")}
BANNED: Final = re.compile(
    # Flex Consumption refuses or ignores the first; the others would let the app in by a secret, or open it.
    "FUNCTIONS_WORKER_RUNTIME(_VERSION)?|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT"
    "|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT.*|WEBSITE_TIME_ZONE|TZ|WEBSITE_VNET_ROUTE_ALL"
    "|SCM_DO_BUILD_DURING_DEPLOYMENT|ENABLE_ORYX_BUILD"
    "|AzureWebJobsStorage|AzureWebJobsStorage__accountKey|SPEAKER_STORAGE_CONNECTION_STRING"
    "|AZURE_CLIENT_SECRET|APPINSIGHTS_INSTRUMENTATIONKEY|AZURE_FUNCTIONS_ENVIRONMENT|WEBSITE_AUTH_ENABLED"
)
_ASKED_FOR: Final = {"AZURE_LOCATION", "AZURE_RESOURCE_GROUP", "AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"}


def the_app_gets_every_setting(deployment: Deployment) -> Iterator[str]:
    """Every setting that the app reads is set or defaulted, every one that is set is read, and it accepts them."""
    settings = deployment.settings
    ours = {name for name in settings if name.startswith("SPEAKER_")}
    yield from (f"{name} is not set" for name in sorted(NEEDED - ours))
    yield from (f"{name} is set, but the app does not read it" for name in sorted(ours - set(SETTINGS)))
    yield from (f"{name} is no text" for name, value in settings.items() if not isinstance(value, str))
    yield from (f"{name} is banned" for name in settings if BANNED.fullmatch(name))
    followed = {name: "from,the,vault" for name, value in settings.items() if str(value).startswith("@Microsoft.K")}
    topic = {"SPEAKER_EVENTS_TOPIC": "https://topic"} if deployment.given.get("events") else {}
    try:
        read = Settings.read({**settings, **followed, **topic})
    except (Misconfigured, TypeError) as problem:
        yield f"the app refuses its settings: {problem}"
    else:
        wanted = tuple(f"https://{VOICES}.{service}.core.windows.net" for service in ("blob", "table"))
        yield from same("storage endpoints", (read.blob_url, read.table_url), wanted)
        yield from same("queue endpoint", read.queue_url, f"https://{HOST}.queue.core.windows.net")


def the_app_runs_as_flex_consumption_on_its_python(deployment: Deployment) -> Iterator[str]:
    """Flex Consumption, Linux, the Python of the repository, as many threads as requests at once."""
    plan, config = deployment.only("Microsoft.Web/serverfarms"), flex(deployment)
    yield from same("plan", plan.body["sku"], {"tier": "FlexConsumption", "name": "FC1"})
    yield from differs(plan, {"reserved": True, "zoneRedundant": deployment.given.get("zoneRedundant", False)})
    python = (ROOT / ".python-version").read_text().strip()
    yield from same("runtime", config["runtime"], {"name": "python", "version": python})
    scale, given = config["scaleAndConcurrency"], deployment.given
    threads = deployment.settings.get("PYTHON_THREADPOOL_THREAD_COUNT")
    yield from same("threads", threads, str(scale["triggers"]["http"]["perInstanceConcurrency"]))
    ready = given.get("alwaysReadyInstances", 0)
    yield from same("always ready", scale["alwaysReady"], [{"name": "http", "instanceCount": ready}] if ready else [])
    yield from same("memory", scale["instanceMemoryMB"], given.get("instanceMemoryMB", 2048))


def the_app_is_reached_over_tls_and_not_by_password(deployment: Deployment) -> Iterator[str]:
    """HTTPS only, TLS 1.2, no publishing passwords; Flex knows no FTP, and refuses to be told that it is off."""
    app = site(deployment)
    yield from differs(app, {"httpsOnly": True})
    origins = [origin.strip() for origin in deployment.given.get("corsOrigins", "").split(",") if origin.strip()]
    config = {"minTlsVersion": "1.2", "scmMinTlsVersion": "1.2", "cors": {"allowedOrigins": origins}}
    yield from same("site", app.properties["siteConfig"], config)
    channels = deployment.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    closed = {channel.name for channel in channels if channel.properties["allow"] is False}
    yield from same("channels closed to passwords", closed, {"ftp", "scm"})


def azd_finds_everything(deployment: Deployment) -> Iterator[str]:
    """Tags lead azd to the environment and to the service of azure.yaml; no output takes what azd itself asks for."""
    for resource in deployment.resources:
        if "location" in resource.body and not resource.type.endswith("virtualNetworkLinks"):
            tag = resource.body.get("tags", {}).get("azd-env-name")
            yield from same(f"{resource.name}: tag", tag, deployment.given["environmentName"])
    services = re.findall(r"^services:\n  (\w+):", (ROOT / "azure.yaml").read_text(), re.MULTILINE)
    yield from same("service", [site(deployment).body["tags"].get("azd-service-name")], services)
    yield from same("outputs that azd would forget", _ASKED_FOR & set(deployment.outputs), set())
