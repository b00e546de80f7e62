"""What can be wrong with what a caller asks of a profile's account: a part of the tree of ``shared/errors.py``."""

from shared.errors import InvalidArgument


class BadDay(InvalidArgument):
    """A day is none of the calendar."""

    says = "Invalid since value. It should be a day, as in 2026-11-26."
    where = ("GetProfileAudit",)
    own = True
