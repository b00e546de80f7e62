"""What can be wrong with groups of voices: a part of the tree of ``shared/errors.py``."""

from typing import Final

from shared.errors import IDENTIFY, RECOGNIZE, Forbidden, InvalidRequest, NotFound, SpeakerError

PUT_GROUP: Final = ("PutGroup",)
ADD_TO_GROUP: Final = ("AddToGroup",)
CHANGE_MEMBERS: Final = (*ADD_TO_GROUP, "RemoveFromGroup")
OF_ONE_GROUP: Final = ("GetGroup", *CHANGE_MEMBERS, "ListGroupProfiles")


class UnknownGroup(NotFound):
    """No group of the family has the id."""

    group_id: str
    says = "Requested group doesn't exist."
    adds = "Group: {group_id}."
    where = (*OF_ONE_GROUP, *RECOGNIZE)
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
