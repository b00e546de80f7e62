"""What a busy instance answers: a part of the tree of ``shared/errors.py``."""

from functions.contract.refusals import RateLimited
from shared.errors import SpeakerError


class Busy(RateLimited):
    """The instance has as many requests in flight as it may."""

    held: int
    says = "The service is busy with {held} requests. Try again in {wait_sec} seconds."
    note = "also as `Retry-After`, from the time that requests take; `SPEAKER_MAX_IN_FLIGHT`"
    own = True


class Starting(SpeakerError):
    """So many requests are in flight, and none has been served yet."""

    status, code = 503, "ServiceUnavailable"
    wait_sec: int
    says = "The service is starting. Try again in {wait_sec} seconds."
    note = "also as `Retry-After`; `SPEAKER_MAX_IN_FLIGHT`"
    own = True

    @property
    def retry_after_sec(self) -> int | None:
        """When it has started."""
        return self.wait_sec
