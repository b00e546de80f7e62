"""What a long recording can be refused for: the part of the tree of ``shared/errors.py`` that belongs to this room."""

from shared.errors import InvalidRequest


class OutdatedSignature(InvalidRequest):
    """A profile's signature was made by another model than the recording's voices."""

    profile_id: str
    says = "The profile's signature was made by another model."
    adds = "Profile {profile_id} is re-extracted by upkeep; try again after that, or enroll it anew."
    where = ("IdentifyRecording",)
    own = True
