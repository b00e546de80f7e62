"""Every way a request can fail, in one tree; the contract's status and code stand beside each branch.

    SpeakerError                    500 InternalServerError
    ├── InvalidRequest              400 InvalidRequest    the request is malformed or cannot be served as asked
    │   ├── InvalidAudio            400 InvalidRequest    the audio cannot be used; says what was measured
    │   └── NotEnrolled             400 InvalidRequest    the profile holds no voice signature yet
    ├── InvalidArgument             400 InvalidArgument   one named parameter has a value that is not allowed
    ├── Unauthorized                401 Unauthorized      no key was presented
    │   └── AccessDenied            401 401               a key was presented and is wrong
    ├── Forbidden                   403 InvalidRequest    a quota of the profile is used up
    │   ├── TooManyEnrollments      403 InvalidOperation  the profile holds as many clips as it may
    │   └── QuotaExceeded           403 Forbidden         the service holds as many profiles as it may
    ├── NotFound                    404 NotFound          no such profile
    │   └── NoSuchRoute             404 404               no such operation
    ├── Conflict                    409 Conflict          another request changed the profile at the same time
    ├── UnsupportedMediaType        415 UnsupportedMediaType  the body is compressed
    ├── RateLimited                 429 RateLimit         this instance is called more often than it may be
    ├── StorageUnavailable          503 ServiceUnavailable  tables or blobs did not answer
    ├── TranscriberUnavailable      503 ServiceUnavailable  the service that writes down what is said did not answer
    └── Misconfigured               500 InternalServerError  the operator has to act; the message goes to the log only
        ├── BadPhrase               500 InternalServerError  a line in a file of phrases is wrong; says which
        └── BundleError             500 InternalServerError  a model bundle is missing, damaged or not what it says

The message of an error below 500 is for the caller; that of a 5xx is for the log, and the caller reads ``told``.
"""


class SpeakerError(Exception):
    """Root of the tree.

    Attributes:
        status: HTTP status of the answer.
        code: the contract's ``error.code``.
        told: what the caller reads of an error from 500 on.
        retry_after_sec: when it is worth trying again, if that is known.
    """

    status = 500
    code = "InternalServerError"
    told = "Internal Server Error."
    retry_after_sec: int | None = None


class InvalidRequest(SpeakerError):
    """The request is malformed or cannot be served as asked."""

    status, code = 400, "InvalidRequest"


class InvalidAudio(InvalidRequest):
    """The audio cannot be used."""


class NotEnrolled(InvalidRequest):
    """The profile holds no voice signature yet."""


class InvalidArgument(SpeakerError):
    """One named parameter has a value that is not allowed."""

    status, code = 400, "InvalidArgument"


class Unauthorized(SpeakerError):
    """No subscription key was presented."""

    status, code = 401, "Unauthorized"


class AccessDenied(Unauthorized):
    """A subscription key was presented and is wrong."""

    code = "401"


class Forbidden(SpeakerError):
    """A quota is used up."""

    status, code = 403, "InvalidRequest"


class TooManyEnrollments(Forbidden):
    """The profile holds as many clips as it may."""

    code = "InvalidOperation"


class QuotaExceeded(Forbidden):
    """The service holds as many profiles as it may."""

    code = "Forbidden"


class NotFound(SpeakerError):
    """No such profile."""

    status, code = 404, "NotFound"


class NoSuchRoute(NotFound):
    """No such operation."""

    code = "404"


class Conflict(SpeakerError):
    """Another request changed the profile at the same time."""

    status, code = 409, "Conflict"


class UnsupportedMediaType(SpeakerError):
    """The body is in an encoding that is not read."""

    status, code = 415, "UnsupportedMediaType"


class RateLimited(SpeakerError):
    """This instance is called more often than it may be."""

    status, code = 429, "RateLimit"

    def __init__(self, retry_after_sec: int) -> None:
        """Say when the next call will pass."""
        super().__init__(f"Rate limit is exceeded. Try again in {retry_after_sec} seconds.")
        self.retry_after_sec = retry_after_sec


class StorageUnavailable(SpeakerError):
    """Tables or blobs did not answer within the retry budget."""

    status, code = 503, "ServiceUnavailable"
    told = "Storage is not available. Try again."


class TranscriberUnavailable(SpeakerError):
    """The service that writes down what is said did not answer."""

    status, code = 503, "ServiceUnavailable"
    told = "Speech recognition is not available. Try again."


class Misconfigured(SpeakerError):
    """A setting is wrong; the operator has to act."""


class BadPhrase(Misconfigured):
    """A line in a file of phrases is wrong."""


class BundleError(Misconfigured):
    """A model bundle is missing, damaged or not what its manifest says."""
