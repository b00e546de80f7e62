"""What can be wrong with voices that are known, and with groups of them: a part of the tree of ``shared/errors.py``."""

from typing import Final

from shared.errors import (
    CHALLENGE,
    ENROLL,
    IDENTIFY,
    NAMED,
    RECOGNIZE,
    TRY_LATER,
    VERIFY,
    Forbidden,
    InvalidRequest,
    NotEnrolled,
    NotFound,
    SpeakerError,
)

PUT_GROUP: Final = ("PutGroup",)
ADD_TO_GROUP: Final = ("AddToGroup",)
CHANGE_MEMBERS: Final = (*ADD_TO_GROUP, "RemoveFromGroup")
OF_ONE_GROUP: Final = ("GetGroup", *CHANGE_MEMBERS, "ListGroupProfiles")


class UnknownGroup(NotFound):
    """No group of the family has the id."""

    group_id: str
    says = "Requested group doesn't exist."
    adds = "Group: {group_id}."
    where = (*OF_ONE_GROUP, *RECOGNIZE, *NAMED)
    note = "`groupId` and `watchlist` name groups, too"
    own = True


class NobodyEnrolled(InvalidRequest):
    """There is nobody to compare with."""

    says = "Nobody is enrolled."
    adds = "There is no enrolled profile in the group, or among all of the family."
    where = IDENTIFY
    note = "with `groupId`, or `profileIds=*`"
    own = True


class TooManyGroups(Forbidden):
    """A profile is in as many groups as it may be."""

    allowed: int
    profile_id: str
    says = "Maximum allowed number of groups per profile is {allowed}."
    adds = "Profile {profile_id} is in as many. Remove it from another."
    where = ADD_TO_GROUP
    own = True


class GroupChanged(SpeakerError):
    """The group is not in the state that the caller knows."""

    status, code = 412, "PreconditionFailed"
    says = "The group has changed, or is not there. Read it again and repeat the request with its ETag."
    where = PUT_GROUP
    note = "only with `If-Match`"
    own = True


class Expired(InvalidRequest):
    """The voice was not heard for too long."""

    profile_id: str
    reason = "expired"
    says = NotEnrolled.says
    adds = "Profile {profile_id} has expired. Another enrollment revives it."
    where = NotEnrolled.where
    note = "`SPEAKER_EXPIRY_DAYS`"
    own = True


class OptedOut(InvalidRequest):
    """The speaker has opted out: there is no voice to compare with."""

    profile_id: str
    reason = "optedOut"
    says = NotEnrolled.says
    adds = "The speaker of profile {profile_id} has opted out."
    where = NotEnrolled.where
    own = True


class EnrollingOptedOut(Forbidden):
    """The speaker has opted out: no voice is taken."""

    code = "InvalidOperation"
    profile_id: str
    reason = "optedOut"
    says = "The speaker has opted out."
    adds = "Profile {profile_id} takes no speech until its speaker opts in."
    where = (*ENROLL, "PutConsent")
    own = True


class NoConsent(Forbidden):
    """Nobody has noted that the speaker consents."""

    code = "InvalidOperation"
    profile_id: str
    reason = "noConsent"
    says = "The speaker's consent is missing."
    adds = "Note it with profile {profile_id} before anything is enrolled."
    where = ENROLL
    note = "only with `SPEAKER_CONSENT=required`"
    own = True


class ChallengeOver(InvalidRequest):
    """The challenge cannot be answered any more."""

    minutes: int
    reason = "challengeOver"
    says = "Invalid challenge."
    adds = "It is unknown, was answered before, or is older than {minutes} minutes. Ask for another."
    where = VERIFY
    own = True


class Locked(SpeakerError):
    """Too many verifications of the profile failed in a row."""

    status, code = 429, "RateLimit"
    failures: int
    wait_sec: int
    reason = "locked"
    says = TRY_LATER
    adds = "The last {failures} verifications of the profile failed."
    where = (*VERIFY, *CHALLENGE)
    note = "also as `Retry-After`; only with `SPEAKER_FAILURE_LIMIT`"
    own = True
