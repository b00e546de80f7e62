"""What stands in a table: rows that older versions of the app can read, and rows that they wrote."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.store.entities import from_entity, to_entity
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from shared.voices.standing import Standing

PROFILE = Profile.new(VERIFICATION, "en-us", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("standing", sorted({*Standing} - {Standing.UNREADABLE, Standing.LOCKED}, key=str))
def test_every_standing_comes_back(standing: Standing) -> None:
    entity = to_entity(replace(PROFILE, standing=standing))
    assert from_entity(VERIFICATION, entity, "etag").standing is standing


@pytest.mark.parametrize(
    ("written", "standing"),
    [
        ({"Enrolled": False, "Deleting": False}, Standing.ENROLLING),
        ({"Enrolled": True, "Deleting": False}, Standing.ENROLLED),
        ({"Enrolled": False, "Active": False, "Deleting": False}, Standing.INACTIVE),
        ({"Enrolled": True, "Active": True, "Deleting": True}, Standing.DELETING),
    ],
    ids=["before activation phrases", "enrolled before them", "inactive", "marked while it was enrolled"],
)
def test_what_older_versions_wrote_is_read(written: dict[str, bool], standing: Standing) -> None:
    entity = to_entity(PROFILE)
    for name in ("Enrolled", "Active", "Deleting"):
        del entity[name]
    assert from_entity(VERIFICATION, {**entity, **written}, "etag").standing is standing
