"""Rules of the topic that is told what was done to voices."""

from collections.abc import Iterator

from tests.infra.deployment import Deployment
from tests.infra.policy.checks import same


def events_go_to_a_topic_that_knows_no_keys(deployment: Deployment) -> Iterator[str]:
    """There is one where it is asked for, it takes CloudEvents and tokens, and the app is told which it is."""
    asked = bool(deployment.given.get("events"))
    found = [dict(topic.properties) for topic in deployment.of("Microsoft.EventGrid/topics")]
    wanted = {"inputSchema": "CloudEventSchemaV1_0", "disableLocalAuth": True, "minimumTlsVersionAllowed": "1.2"}
    yield from same("topics", found, [wanted] if asked else [])
    yield from same("told the topic", "'endpoint'" in deployment.settings["SPEAKER_EVENTS_TOPIC"], asked)
