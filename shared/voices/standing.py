"""Where a profile stands: the one state that says what may be done with it."""

from enum import Enum


class Standing(Enum):
    """What a profile is, from its creation to its end.

    INACTIVE ──activation phrase──> ENROLLING ──enough speech──> ENROLLED
        ^                               ^                           │
        └─────────── reset ─────────────┴───────────────────────────┘
    any of them ──deletion──> DELETING
    """

    INACTIVE = "inactive"
    """An activation phrase has to be heard before anything else."""
    ENROLLING = "enrolling"
    """More speech, or more clips, are needed."""
    ENROLLED = "enrolled"
    """Enough was heard once, or the caller waived the minimum."""
    DELETING = "deleting"
    """Deletion has begun; nobody sees the profile any more."""
    UNREADABLE = "unreadable"
    """What is stored of it is damaged, or of a newer version: it can only be deleted."""
