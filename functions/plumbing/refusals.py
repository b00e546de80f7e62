"""What a busy instance answers: a part of the tree of ``shared/errors.py``."""

from functions.contract.refusals import RateLimited
from shared.errors import CREATE, ENROLL, InvalidArgument, SpeakerError


class Busy(RateLimited):
    """The instance has as many requests in flight as it may."""

    held: int
    wait_ms: int
    says = "The service is busy with {held} requests. Try again in {wait_sec} seconds."
    note = "also as `Retry-After` and `retry-after-ms`, from the time that requests take; `SPEAKER_MAX_IN_FLIGHT`"
    own = True


class Starting(SpeakerError):
    """So many requests are in flight, and none has been served yet."""

    status, code = 503, "ServiceUnavailable"
    wait_sec: int
    says = "The service is starting. Try again in {wait_sec} seconds."
    note = "also as `Retry-After`; `SPEAKER_MAX_IN_FLIGHT`"
    own = True


class BadRepeatability(InvalidArgument):
    """A header of a repeatable request means nothing."""

    name: str
    allowed: str
    says = "Invalid {name} header. It should be {allowed}."
    where = (*CREATE, *ENROLL)
    note = "`Repeatability-Request-ID`, `Repeatability-First-Sent`"
    own = True


class SentTooLongAgo(SpeakerError):
    """The request may be a repeated one, and nobody knows any more."""

    status, code = 412, "PreconditionFailed"
    sent: str
    hours: int
    says = "Repeatability-First-Sent is {sent}. Requests are known for {hours} hours."
    adds = "Look whether it was served, or send it as a new one."
    where = (*CREATE, *ENROLL)
    own = True
