"""What can be wrong with what a caller says of a group: a part of the tree of ``shared/errors.py``."""

from shared.errors import NAMED, RECOGNIZE, InvalidArgument
from shared.voices.refusals import CHANGE_MEMBERS, OF_ONE_GROUP, PUT_GROUP


class BadGroupId(InvalidArgument):
    """The id of a group is none that it can have."""

    says = "Invalid groupId value. It should be 1 to 64 of a to z, 0 to 9, - and _."
    where = (*PUT_GROUP, *OF_ONE_GROUP, "DeleteGroup", *RECOGNIZE, *NAMED)
    own = True


class BadGroup(InvalidArgument):
    """What is said of a group is not allowed."""

    name: str
    allowed: str
    says = "Invalid {name} value. It should be {allowed}."
    where = PUT_GROUP
    own = True


class BadMembers(InvalidArgument):
    """A body does not list ids of profiles, or too many."""

    most: int
    found: str
    says = "Invalid profileIds value. It should be a list of 1 to {most} profile ids."
    adds = "The body holds {found}."
    where = CHANGE_MEMBERS
    own = True
