"""Events: what was done to voices, for programs that want to react, as CloudEvents 1.0 on a topic of Event Grid.

They come out of the outbox, out of the way of requests, at least once; sent again, one has the same id. No score,
no word and no sound is in one. ``docs/events.schema.json`` describes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from shared.store.outbox import Deed, Entry, Outbox
from shared.trust.refusals import TopicUnavailable

LISTENER: Final = "events"
"""As the outbox knows whoever gets events."""
TYPES: Final[Mapping[Deed, str]] = {
    Deed.CREATED: "ProfileCreated",
    Deed.ENROLLED: "ProfileEnrolled",
    Deed.RESET: "ProfileReset",
    Deed.DELETED: "ProfileDeleted",
    Deed.OPTED_OUT: "ProfileOptedOut",
    Deed.OPTED_IN: "ProfileOptedIn",
    Deed.EXPIRED: "ProfileExpired",
    Deed.LOCKED: "ProfileLocked",
    Deed.UNLOCKED: "ProfileUnlocked",
    Deed.VERIFIED: "SpeakerVerified",
    Deed.IDENTIFIED: "SpeakerIdentified",
    Deed.RECORDING: "RecordingCompleted",
}
"""What an event is called after ``SpeakerRecognition.``; of other deeds there is none."""

_AT_ONCE: Final = 100
"""Some 60 kB; the topic takes 1 MB."""

type Publish = Callable[[Sequence[Mapping[str, Any]]], None]
"""Publishes events; raises ``TopicUnavailable``."""


@dataclass(frozen=True, eq=False)
class Events:
    """Publishes what waits in the outbox."""

    outbox: Outbox
    publish: Publish

    def drain(self) -> int:
        """Publish it; how much it was.

        It may be cut off anywhere: what was published and not yet noted as such is published again.

        Raises:
            TopicUnavailable, StorageUnavailable: what is left waits.
        """
        published = 0
        for entries in batched(self.outbox.pending(LISTENER), _AT_ONCE, strict=False):
            told = [event_of(entry) for entry in entries if entry.deed in TYPES]
            if told:
                self.publish(told)
            for entry in entries:
                self.outbox.done(LISTENER, entry.id)
            published += len(told)
        return published


def event_of(entry: Entry) -> dict[str, Any]:
    """An entry as a CloudEvent in JSON."""
    data = {
        "profileId": entry.profile_id,
        "outcome": entry.outcome,
        "by": entry.who,
        "operation": entry.operation,
        "requestId": entry.correlation_id,
        "modelVersion": entry.model,
    }
    return {
        "specversion": "1.0",
        "id": entry.id,
        "source": f"/speaker-recognition/{entry.family.mode}/{entry.family.dependency}",
        "type": f"SpeakerRecognition.{TYPES[entry.deed]}",
        "time": entry.at.isoformat(),
        **({"subject": f"profiles/{entry.profile_id}"} if entry.profile_id else {}),
        "datacontenttype": "application/json",
        "data": {name: value for name, value in data.items() if value},
    }


def to_topic(endpoint: str) -> Publish:
    """Publishes to a topic by managed identity; without one to a listener on this machine, whose URL is http."""
    from azure.core.credentials import AzureKeyCredential  # half a second of imports, and for few
    from azure.core.exceptions import AzureError
    from azure.core.messaging import CloudEvent
    from azure.eventgrid import EventGridPublisherClient
    from azure.identity import DefaultAzureCredential

    is_local = endpoint.startswith("http:")
    credential = AzureKeyCredential("local") if is_local else DefaultAzureCredential()
    client = EventGridPublisherClient(endpoint, credential, retry_total=2)

    def publish(events: Sequence[Mapping[str, Any]]) -> None:
        try:
            client.send([CloudEvent.from_dict(dict(event)) for event in events])
        except AzureError as problem:
            raise TopicUnavailable(f"{type(problem).__name__}: {problem.message}") from problem

    return publish
