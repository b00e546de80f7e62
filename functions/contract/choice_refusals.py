"""What can be wrong with what a caller says of a speaker's choices: a part of the tree of ``shared/errors.py``."""

from shared.errors import CONSENT, CREATE, InvalidArgument


class BadConsent(InvalidArgument):
    """What is said of a consent is not allowed."""

    name: str
    allowed: str
    says = "Invalid consent. Its {name} should be {allowed}."
    where = (*CREATE, *CONSENT)
    own = True
