"""How a profile is written as an entity of a table, and read again.

Booleans say where a profile stands: they are what older versions of the app wrote and can read.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, Final

import numpy as np

from shared.voices.families import Family
from shared.voices.records import Enrollment, Profile, Signature
from shared.voices.standing import Standing

_STANDINGS: Final[Mapping[Standing, Mapping[str, bool]]] = {
    Standing.DELETING: {"Deleting": True, "Enrolled": False, "Active": True},
    Standing.INACTIVE: {"Deleting": False, "Enrolled": False, "Active": False},
    Standing.ENROLLED: {"Deleting": False, "Enrolled": True, "Active": True},
    Standing.ENROLLING: {"Deleting": False, "Enrolled": False, "Active": True},
}


def partition_of(family: Family, profile_id: str) -> str:
    """The partition in which a profile is."""
    return f"{family.name}:{profile_id[:2]}"


def to_entity(profile: Profile) -> dict[str, Any]:
    """A profile's properties."""
    return {
        "PartitionKey": partition_of(profile.family, profile.id),
        "RowKey": profile.id,
        "Locale": profile.locale,
        "Created": profile.created,
        **_STANDINGS[profile.standing],
        "Enrollments": json.dumps([astuple(enrollment) for enrollment in profile.enrollments]),
        **({"Phrase": profile.phrase} if profile.phrase else {}),
        **({"Updated": profile.updated} if profile.updated else {}),
        **({"Used": profile.used} if profile.used else {}),
        **_signature_properties(profile.signature),
    }


def from_entity(family: Family, entity: Mapping[str, Any], etag: str) -> Profile:
    """The profile that an entity holds."""
    return Profile(
        family=family,
        id=entity["RowKey"],
        locale=entity["Locale"],
        created=entity["Created"],
        updated=entity.get("Updated"),
        used=entity.get("Used"),
        standing=_standing(entity),
        phrase=entity.get("Phrase"),
        enrollments=tuple(Enrollment(*fields) for fields in json.loads(entity["Enrollments"])),
        signature=_signature(entity),
        etag=etag,
    )


def _standing(entity: Mapping[str, Any]) -> Standing:
    """Where a profile stands; an enrolled one is active, and whether it was is of no use once it is being deleted."""
    if entity["Deleting"]:
        return Standing.DELETING
    if entity["Enrolled"]:
        return Standing.ENROLLED
    active = entity.get("Active", True)  # it was not written before there were activation phrases
    return Standing.ENROLLING if active else Standing.INACTIVE


def _signature_properties(signature: Signature | None) -> dict[str, Any]:
    if signature is None:
        return {}
    return {
        "Signature": signature.mean.astype("<f4").tobytes(),
        "SignatureSpeechSec": signature.speech_sec,
        "ModelVersion": signature.model_version,
    }


def _signature(entity: Mapping[str, Any]) -> Signature | None:
    if "Signature" not in entity:
        return None
    mean = np.frombuffer(entity["Signature"], "<f4")
    return Signature(mean, entity["SignatureSpeechSec"], entity["ModelVersion"])
