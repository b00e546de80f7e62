"""What trust refuses: a part of the tree of ``shared/errors.py``."""

from shared.errors import CREATE, ENROLL, Fault, InvalidRequest


class UsedForAnother(InvalidRequest):
    """A request comes under the id of another one."""

    request_id: str
    says = "Repeatability-Request-ID {request_id} was used for another request."
    adds = "Repeat a request as it was, or send it under an id of its own."
    where = (*CREATE, *ENROLL)
    own = True


class TopicUnavailable(Fault):
    """The topic did not take events; no request waits for it."""
