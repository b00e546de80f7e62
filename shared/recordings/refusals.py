"""What a long recording can be refused for: the part of the tree of ``shared/errors.py`` that belongs to this room."""

from shared.errors import RECORDING, InvalidRequest


class OutdatedSignature(InvalidRequest):
    """Another model than today's made a profile's signature."""

    profile_id: str
    says = "The profile's signature was made by another model."
    adds = "Profile {profile_id} is re-extracted by upkeep; try again after that, or enroll it anew."
    where = RECORDING
    own = True
