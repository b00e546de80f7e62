"""What can be wrong with recognition among everyone: a part of the tree of ``shared/errors.py``."""

from shared.errors import ENROLL, RECOGNIZE, SpeakerError


class GalleryNotReady(SpeakerError):
    """The voices of a family are still being read into memory."""

    status, code = 503, "ServiceUnavailable"
    says = "The voices of all profiles are being read. Try again."
    where = (*ENROLL, *RECOGNIZE, "FindDuplicates")
    note = "with `Retry-After: 10`; while an instance starts and there is no snapshot of very many profiles yet"
    own = True
    again_sec = 10
