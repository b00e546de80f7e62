"""How a profile is written as an entity of a table and read again, and what the names of blobs say.

Booleans say where a profile stands: they are what older versions of the app wrote and can read. What cannot be
understood, be it damaged or of a newer version, is there all the same, and harms nobody else.
"""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final

import numpy as np

from shared.listening.views import Band
from shared.store import PARTITIONS, Met, Span, StoredAudio, UpkeepReport, Walk
from shared.voices.consent import Consent
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Enrollment, Profile, is_guid
from shared.voices.signatures import Signature, View
from shared.voices.standing import Standing

SCHEMA: Final = 1
"""Raised when an older app must not touch what a newer one has written."""
OPTED_OUT_SCHEMA: Final = 2
"""Of rows whose speakers have opted out, which older apps would enroll again."""
SEALED_SCHEMA: Final = 3
"""Of rows that are sealed, which older apps could only take for others."""
BOOKS: Final = "upkeep"
"""The partition of what is noted about all profiles: the last report, how far the walk has come, and tallies."""
REPORT_KEY: Final = {"PartitionKey": BOOKS, "RowKey": "last"}
WALK_KEY: Final = {"PartitionKey": BOOKS, "RowKey": "walk"}

_STANDINGS: Final[Mapping[Standing, Mapping[str, bool]]] = {
    Standing.DELETING: {"Deleting": True, "Enrolled": False, "Active": True},
    Standing.INACTIVE: {"Deleting": False, "Enrolled": False, "Active": False},
    Standing.ENROLLED: {"Deleting": False, "Enrolled": True, "Active": True},
    Standing.ENROLLING: {"Deleting": False, "Enrolled": False, "Active": True},
    Standing.EXPIRED: {"Deleting": False, "Enrolled": False, "Active": True},
    Standing.OPTED_OUT: {"Deleting": False, "Enrolled": False, "Active": False},
}
_NAMED: Final = {standing.value: standing for standing in (Standing.EXPIRED, Standing.OPTED_OUT)}
"""Those that booleans do not tell."""

_VIEWS: Final[Mapping[Band, tuple[str, str]]] = {
    Band.WIDE: ("Signature", "SignatureSpeechSec"),
    Band.NARROW: ("NarrowSignature", "NarrowSignatureSpeechSec"),
}
"""Properties that hold a view's mean and its weight."""


_WALK: Final[Mapping[str, tuple[str, type]]] = {
    "Moved": ("moved", datetime),
    "Family": ("family", str),
    "Begin": ("begin", int),
    "After": ("after", str),
}
"""Properties of a walk: its field, and of which type."""
_MET: Final = {
    "UnreadableProfiles": "unreadable_profiles",
    "ForeignAudio": "foreign_audio",
    "Consenting": "consenting",
    "WithoutConsent": "without_consent",
}
"""Likewise of what was met: numbers. Older versions met less."""


def partition_of(family: Family, profile_id: str) -> str:
    """The partition in which a profile is."""
    return f"{family.name}:{profile_id[:2]}"


def partitions_of(of: Family | Span) -> tuple[str, str]:
    """The first partition of a family or span, and where the next ones begin.

    In the outermost spans that is where the family's begin and end, whatever stands there.
    """
    name, span = (of.name, Span(of)) if isinstance(of, Family) else (of.family.name, of)
    first = f"{name}:{span.begin:02x}" if span.begin else f"{name}:"
    return first, f"{name}:{span.end:02x}" if span.end < PARTITIONS else f"{name};"


def to_entity(profile: Profile) -> dict[str, Any]:
    """A profile's properties."""
    return {
        "PartitionKey": partition_of(profile.family, profile.id),
        "RowKey": profile.id,
        "Schema": OPTED_OUT_SCHEMA if profile.opted_out else SCHEMA,
        "Locale": profile.locale,
        "Created": profile.created,
        **_STANDINGS[profile.standing],
        **({"Standing": profile.standing.value} if profile.standing in _NAMED.values() else {}),
        "Enrollments": json.dumps(
            [(each.id, each.audio_sec, each.speech_sec, each.snr_db) for each in profile.enrollments]
        ),
        "Heard": json.dumps([_heard(each) for each in profile.enrollments]),
        **({"Phrase": profile.phrase} if profile.phrase else {}),
        **({"Updated": profile.updated} if profile.updated else {}),
        **({"Used": profile.used} if profile.used else {}),
        **({"Recognized": profile.recognized} if profile.recognized else {}),
        **({"Consent": _consent_text(profile.consent)} if profile.consent else {}),
        **({"Groups": json.dumps(sorted(profile.groups))} if profile.groups else {}),
        **_signature_properties(profile.signature),
    }


def from_entity(family: Family, entity: Mapping[str, Any], etag: str) -> Profile:
    """The profile that an entity holds; where it cannot be understood, an unreadable one."""
    profile_id = str(entity["RowKey"])
    try:
        return _read(family, profile_id, entity, etag)
    except (KeyError, TypeError, ValueError, OverflowError):
        return Profile.unreadable(family, profile_id, etag, str(entity["PartitionKey"]))


def stored_audio(name: str, written: datetime, noted: Mapping[str, str] | None = None) -> StoredAudio | None:
    """The audio that a blob of this name is, or None if it is none of ours.

    Args:
        noted: what was written beside it: that it is sealed, and when its first copy was written.
    """
    match name.split("/"):
        case [family, profile_id, file] if family in FAMILIES and is_guid(profile_id) and file.endswith(".wav"):
            beside = noted or {}
            first = datetime.fromisoformat(beside["written"]) if "written" in beside else written
            return StoredAudio(FAMILIES[family], profile_id, file.removesuffix(".wav"), first, "sealed" in beside)
    return None


def report_properties(report: UpkeepReport) -> dict[str, Any]:
    """A report's properties."""
    return {"Finished": report.finished, **_met_properties(report)}


def report_of(entity: Mapping[str, Any]) -> UpkeepReport | None:
    """The report that an entity holds; None if it cannot be understood."""
    try:
        return UpkeepReport(_of(datetime, entity["Finished"]), *astuple(_met(entity)))
    except (KeyError, TypeError):
        return None


def walk_properties(walk: Walk) -> dict[str, Any]:
    """A walk's properties."""
    return {**{name: getattr(walk, field) for name, (field, _) in _WALK.items()}, **_met_properties(walk.met)}


def walk_of(entity: Mapping[str, Any]) -> Walk | None:
    """The walk that an entity holds; None if it cannot be understood, and the next one begins anew."""
    try:
        return Walk(**{field: _of(kind, entity[name]) for name, (field, kind) in _WALK.items()}, met=_met(entity))
    except (KeyError, TypeError):
        return None


def _met_properties(of: Met | UpkeepReport) -> dict[str, int]:
    return {name: getattr(of, field) for name, field in _MET.items()}


def _met(entity: Mapping[str, Any]) -> Met:
    return Met(**{field: _of(int, entity.get(name, 0)) for name, field in _MET.items()})


def _read(family: Family, profile_id: str, entity: Mapping[str, Any], etag: str) -> Profile:
    """The profile that an entity holds; raises KeyError, TypeError or ValueError where it is none."""
    if _of(int, entity.get("Schema", SCHEMA)) not in (SCHEMA, OPTED_OUT_SCHEMA, SEALED_SCHEMA):
        raise ValueError("a newer version wrote it")
    if not is_guid(profile_id) or entity["PartitionKey"] != partition_of(family, profile_id):
        raise ValueError("nobody would find it here")
    return Profile(
        family=family,
        id=profile_id,
        locale=_of(str, entity["Locale"]),
        created=_of(datetime, entity["Created"]),
        updated=_moment(entity.get("Updated")),
        used=_moment(entity.get("Used")),
        recognized=_moment(entity.get("Recognized")),
        consent=_consent(entity.get("Consent")),
        standing=_standing(entity),
        phrase=None if entity.get("Phrase") is None else _of(str, entity["Phrase"]),
        enrollments=_enrollments(entity),
        signature=_signature(entity),
        groups=frozenset(_of(str, key) for key in _of(list, json.loads(entity.get("Groups", "[]")))),
        etag=etag,
    )


def _of[Value](kind: type[Value], value: object) -> Value:
    if not isinstance(value, kind):
        raise TypeError(f"not of type {kind.__name__}")
    return value


def _moment(value: object) -> datetime | None:
    return None if value is None else _of(datetime, value)


def _consent_text(consent: Consent) -> str:
    return json.dumps({"version": consent.version, "given": consent.given.isoformat(), "by": consent.by})


def _consent(text: object) -> Consent | None:
    if text is None:
        return None
    told = _of(dict, json.loads(_of(str, text)))
    given = datetime.fromisoformat(_of(str, told["given"]))
    return Consent(_of(str, told["version"]), given, _of(str, told["by"]))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return float(value)


def _seconds(value: object) -> float:
    seconds = _number(value)
    if not 0 <= seconds < math.inf:
        raise ValueError("no length of time")
    return seconds


def _enrollments(entity: Mapping[str, Any]) -> tuple[Enrollment, ...]:
    """The enrollments; what was heard in them stands apart, where versions that do not know of it leave it alone."""
    known = _of(list, json.loads(entity["Enrollments"]))
    heard = _of(list, json.loads(entity.get("Heard", "[]")))
    heard = heard if len(heard) == len(known) else [{}] * len(known)
    return tuple(_enrollment(*fields, **more) for fields, more in zip(known, heard, strict=True))


def _heard(enrollment: Enrollment) -> dict[str, Any]:
    printed = {"print": base64.b64encode(enrollment.print).decode()} if enrollment.print else {}
    return {"band": enrollment.band, **printed}


def _enrollment(
    name: object,
    audio_sec: object,
    speech_sec: object,
    snr_db: object,
    *,
    band: str | None = None,
    print: str = "",  # noqa: A002  as the row calls it
    **_: object,
) -> Enrollment:
    snr = None if snr_db is None else _number(snr_db)
    known = None if band is None else Band(band)
    printed = base64.b64decode(_of(str, print), validate=True)
    return Enrollment(_of(str, name), _seconds(audio_sec), _seconds(speech_sec), snr, known, printed)


def _standing(entity: Mapping[str, Any]) -> Standing:
    """Where a profile stands; an enrolled one is active, and whether it was is of no use once it is being deleted."""
    if _of(bool, entity["Deleting"]):
        return Standing.DELETING
    if "Standing" in entity:
        return _NAMED[entity["Standing"]]
    if _of(bool, entity["Enrolled"]):
        return Standing.ENROLLED
    active = _of(bool, entity.get("Active", True))  # it was not written before there were activation phrases
    return Standing.ENROLLING if active else Standing.INACTIVE


def _signature_properties(signature: Signature | None) -> dict[str, Any]:
    if signature is None:
        return {}
    properties: dict[str, Any] = {"ModelVersion": signature.model_version}
    for band, view in signature.views.items():
        mean, speech_sec = _VIEWS[band]
        properties |= {mean: view.mean.astype("<f4").tobytes(), speech_sec: view.speech_sec}
    return properties


def _signature(entity: Mapping[str, Any]) -> Signature | None:
    views = {band: _view(entity, *names) for band, names in _VIEWS.items() if names[0] in entity}
    return Signature(views, _of(str, entity["ModelVersion"])) if views else None


def _view(entity: Mapping[str, Any], mean_name: str, speech_name: str) -> View:
    mean = np.frombuffer(_of(bytes, entity[mean_name]), "<f4")
    speech_sec = _seconds(entity[speech_name])
    if not (np.isfinite(mean).all() and mean.any() and speech_sec):
        raise ValueError("no signature")
    return View(mean, speech_sec)
