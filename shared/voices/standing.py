"""Where a profile stands, and what may be done with it then: one table, read by every operation."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from shared.errors import NotEnrolled, SpeakerError, UnknownProfile, UnreadableProfile
from shared.voices.refusals import EnrollingOptedOut, Expired, Locked, OptedOut


class Standing(Enum):
    """What a profile is, from its creation to its end.

    INACTIVE ──activation phrase──> ENROLLING ──enough speech──> ENROLLED <──enrolling── EXPIRED
        ^                               ^                         │    └──long unused──────^
        └─────────── reset ─────────────┴─────────────────────────┘
    any of them ──opt-out──> OPTED_OUT ──opt-in──> as it was created
    any of them ──deletion──> DELETING
    ENROLLED ──failures in a row──> LOCKED ──time, unlocking──> ENROLLED
    """

    INACTIVE = "inactive"
    """An activation phrase has to be heard before anything else."""
    ENROLLING = "enrolling"
    """More speech, or more clips, are needed."""
    ENROLLED = "enrolled"
    """Enough was heard once, or the caller waived the minimum."""
    LOCKED = "locked"
    """Enrolled, and not verified for a while; it stands in no profile's row, but in one of its own."""
    EXPIRED = "expired"
    """It was enrolled, and nobody has spoken in it for too long; the next enrollment revives it."""
    OPTED_OUT = "optedOut"
    """The speaker wants nothing of it: no voice is kept, and none is taken."""
    DELETING = "deleting"
    """Deletion has begun; nobody sees the profile any more."""
    UNREADABLE = "unreadable"
    """What is stored of it is damaged, or of a newer version: it can only be deleted."""


class Act(Enum):
    """What may be done with a profile; its value is how people call it."""

    READ = "read, or be in a group"
    ENROLL = "enroll"
    VERIFY = "verify"
    NAME = "identify, named by id"
    SEARCH = "identify, in a group or among all"
    CHALLENGE = "ask for a challenge"
    RESET = "reset"
    CONSENT = "note consent"
    OPT_OUT = "opt out"
    OPT_IN = "opt in"
    UNLOCK = "unlock"
    DELETE = "delete"


class Served(Enum):
    """How an operation answers that does not refuse; its value is for people."""

    DONE = "done"
    UNCHANGED = "nothing changes"
    ABSENT = "absent"
    """The others are answered as if it were not there."""


type Answer = Served | type[SpeakerError]
"""What an operation does, or the error that it answers."""

_USUAL: Final[Mapping[Act, Answer]] = {
    **dict.fromkeys(Act, Served.DONE),
    Act.OPT_IN: Served.UNCHANGED,
    Act.UNLOCK: Served.UNCHANGED,
}
_BY_NAME: Final = (Act.VERIFY, Act.CHALLENGE, Act.NAME)
_UNHEARD: Final[Mapping[Act, Answer]] = {
    **_USUAL,
    **dict.fromkeys(_BY_NAME, NotEnrolled),
    Act.SEARCH: Served.ABSENT,
}
ANSWERS: Final[Mapping[Standing, Mapping[Act, Answer]]] = {
    Standing.INACTIVE: _UNHEARD,
    Standing.ENROLLING: _UNHEARD,
    Standing.ENROLLED: _USUAL,
    Standing.LOCKED: {**_USUAL, Act.VERIFY: Locked, Act.CHALLENGE: Locked, Act.UNLOCK: Served.DONE},
    Standing.EXPIRED: {**_UNHEARD, **dict.fromkeys(_BY_NAME, Expired)},
    Standing.OPTED_OUT: {
        **_UNHEARD,
        **dict.fromkeys(_BY_NAME, OptedOut),
        **dict.fromkeys((Act.ENROLL, Act.CONSENT), EnrollingOptedOut),
        Act.RESET: Served.UNCHANGED,
        Act.OPT_OUT: Served.UNCHANGED,
        Act.OPT_IN: Served.DONE,
    },
    Standing.DELETING: {
        **dict.fromkeys(Act, UnknownProfile),
        Act.SEARCH: Served.ABSENT,
        Act.OPT_OUT: Served.DONE,
        Act.DELETE: Served.DONE,
    },
    Standing.UNREADABLE: {
        **dict.fromkeys(Act, UnreadableProfile),
        Act.SEARCH: Served.ABSENT,
        Act.DELETE: Served.DONE,
    },
}
"""What every operation answers, wherever a profile stands."""
