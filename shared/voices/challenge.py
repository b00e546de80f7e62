"""What a speaker is asked to say, so that an old recording does not answer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Challenge:
    """What a speaker is asked to say.

    Attributes:
        token: names it in the request that answers it.
        expires: until when it may be answered.
    """

    token: str
    phrase: str
    expires: datetime
