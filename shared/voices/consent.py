"""A speaker's consent, as the operator's own process took it down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MAX_TEXT: Final = 128
"""Characters of a version, or of who took it down."""


@dataclass(frozen=True)
class Consent:
    """That a speaker has consented.

    Attributes:
        version: of the text that the speaker agreed to, by the operator's own name.
        given: when that was.
        by: who, or what, took it down.
    """

    version: str
    given: datetime
    by: str
