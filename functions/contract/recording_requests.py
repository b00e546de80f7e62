"""What callers may write about long recordings: a body that is audio, or JSON that says where it is."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from functions.contract.group_requests import group_id
from functions.contract.refusals import BadCandidates, BothCandidates, NoCandidates, TooMuchJson
from functions.contract.requests import canonical_guid, channel, is_unicode, json_object, profile_ids_of
from shared.listening.declared import media_type
from shared.recordings.clustering import Bounds
from shared.recordings.conversations import Among
from shared.recordings.formats import FORMATS
from shared.recordings.jobs import MAX_HOURS_TO_LIVE, Asked
from shared.recordings.refusals import BadRecording, UnknownRecording
from shared.settings.readers import SHARES, is_share

CANDIDATES: Final = ("profileIds", "groupId")
EVERYBODY: Final = "*"
SEPARATE: Final = "separate"
"""As a channel: each of them, for one speaker each."""
MAX_NAME: Final = 128
MAX_URL: Final = 8_192
MAX_JSON_BYTES: Final = 64 * 1024
"""Of a body that says where a recording is."""

type Read = Callable[[str, Any], Any]
"""Reads a value of JSON, or the text of a query parameter; None is neither."""


def whole(least: int, most: int) -> Read:
    """A whole number in a range."""

    def read(name: str, value: object) -> int:
        text = "" if isinstance(value, bool) else str(value)
        if not re.fullmatch("[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise BadRecording(name, f"a whole number from {least} to {most}")
        return int(text)

    return read


def switch(name: str, value: object) -> bool:
    """True or false."""
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise BadRecording(name, "true or false")
    return found


def share(name: str, value: object) -> float:
    """A false-match rate."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1
    except ValueError:
        number = -1
    if not is_share(number):
        raise BadRecording(name, SHARES)
    return number


def text(name: str, value: object) -> str:
    """A text that storage can hold."""
    if not isinstance(value, str) or len(value) > MAX_NAME or not is_unicode(value):
        raise BadRecording(name, f"a text of at most {MAX_NAME} characters")
    return value


def url(name: str, value: object) -> str:
    """An address, which is looked at more closely where it is fetched from."""
    if not isinstance(value, str) or len(value) > MAX_URL:
        raise BadRecording(name, f"an https URL of at most {MAX_URL:,} characters")
    return value


OPTIONS: Final[Mapping[str, tuple[str, Read]]] = {
    "displayName": ("display_name", text),
    "minSpeakers": ("least", whole(1, Bounds().most)),
    "maxSpeakers": ("most", whole(1, Bounds().most)),
    "exclusive": ("exclusive", switch),
    "falseMatchRate": ("false_match_rate", share),
    "timeToLiveHours": ("hours_to_live", whole(1, MAX_HOURS_TO_LIVE)),
    "keepAudioHours": ("keep_audio_hours", whole(0, MAX_HOURS_TO_LIVE)),
}
"""What may be asked of a job beside its candidates: the name that callers write, ours, and how it is read."""


def told_in(content_type: str, body: bytes) -> Mapping[str, Any] | None:
    """What a body says of a recording that lies elsewhere; None of one that is the recording.

    Raises:
        NoJson, TooMuchJson: it is meant to be JSON, and is none that is understood.
    """
    is_json = media_type(content_type).get_content_subtype() == "json"
    if not is_json and not (len(body) <= MAX_JSON_BYTES and body.strip()[:1] + body.strip()[-1:] == b"{}"):
        return None
    if len(body) > MAX_JSON_BYTES:
        raise TooMuchJson(len(body), MAX_JSON_BYTES)
    told = json_object(body, '{"contentUrl":"https://...","profileIds":["..."]}')
    matching = told.get("matching") or {}
    if not isinstance(matching, dict):
        raise BadRecording("matching", 'an object such as {"exclusive":true,"falseMatchRate":0.001}')
    return {**told, **matching, "contentUrl": told.get("contentUrl", "")}


def asked(given: Mapping[str, Any], content_type: str) -> Asked:
    """What is wanted of a recording, as query parameters or JSON have it.

    Raises:
        NoCandidates, BadCandidates, BothCandidates, BadGroupId: as ``candidates`` does.
        BadRecording: a value is not allowed.
        BadChannel: none that audio can have.
    """
    known = dict(_options(given, {**OPTIONS, "contentUrl": ("content_url", url)}))
    among = candidates(given)
    named = str(given.get("channel") or "")
    separate = is_separate(named)
    chosen = None if separate else channel(named)
    wanted = Asked(among.profile_ids, among.group_id, chosen, content_type, separate=separate, **known)
    if wanted.least > wanted.most:
        raise BadRecording("minSpeakers", f"at most maxSpeakers, which is {wanted.most}")
    if wanted.keep_audio_hours > wanted.hours_to_live:
        raise BadRecording("keepAudioHours", f"at most timeToLiveHours, which is {wanted.hours_to_live}")
    return wanted


def is_separate(channel: str | None) -> bool:
    """Whether every channel is to be one speaker's."""
    return (channel or "").lower() == SEPARATE


def recording_id(text: str) -> str:
    """The id of a recording as it is stored.

    Raises:
        UnknownRecording: none can have it.
    """
    known = canonical_guid(text)
    if known is None:
        raise UnknownRecording
    return known


def speaker(text: str) -> int:
    """The number of a speaker.

    Raises:
        BadRecording: it is none.
    """
    return int(whole(1, Bounds().most)("speaker", text))


def file_format(text: str | None) -> str | None:
    """The file that turns are asked for as; None for JSON.

    Raises:
        BadRecording: there is no such format.
    """
    chosen = (text or "json").lower()
    if chosen != "json" and chosen not in FORMATS:
        raise BadRecording("format", f"one of json, {', '.join(FORMATS)}")
    return None if chosen == "json" else chosen


def _options(given: Mapping[str, Any], known: Mapping[str, tuple[str, Read]]) -> Iterator[tuple[str, Any]]:
    for name, (ours, read) in known.items():
        if given.get(name) is not None:
            yield ours, read(name, given[name])


def candidates(given: Mapping[str, Any]) -> Among:
    """Who may speak in a recording: profiles by id, ``*`` for everybody, or a group.

    Raises:
        NoCandidates, BadCandidates, BothCandidates, BadGroupId: nobody is named, or not as it can be.
    """
    named, group = (given.get(name) for name in CANDIDATES)
    if named is not None and group is not None:
        raise BothCandidates
    if group is not None:
        return Among(group_id=group_id(str(group)))
    if named is None:
        raise NoCandidates
    items = named.split(",") if isinstance(named, str) else named
    if items == [EVERYBODY]:
        return Among()
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BadCandidates
    ids = profile_ids_of(item.strip() for item in items if item.strip())
    if not ids:
        raise BadCandidates
    return Among(tuple(ids))
