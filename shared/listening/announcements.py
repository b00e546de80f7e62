"""What comes before the caller on a line: an announcement is speech, but another voice's.

Measured on 32 people who read, after 4.5 s of another person and a pause of a second: all whose first words end in a
pause were at a log-likelihood ratio of 1.7 at most to the whole of the clip, and one's own first words at 8.1 at least.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.frames import runs

SUSPICIOUS_LLR: Final = 4.0
"""Of first words and the whole of a clip, below which they are compared with the rest of it."""

_PAUSE: Final = 16
"""Frames (0.5 s) that end the first words."""
_FIRST_WORDS: Final = 62
"""Frames (2 s) of speech that tell a voice."""
_REST: Final = 2
"""Times as much speech that has to follow: a caller says more than is announced, or nobody knows who is who."""


def end_of_first_words(speech: NDArray[np.bool]) -> int | None:
    """The frame in the pause after the first words, if enough speech follows; [frames] tell where speech is."""
    spoken, ended = 0, 0
    for start, stop in runs(speech):
        if spoken >= _FIRST_WORDS and start - ended >= _PAUSE:
            return (ended + start) // 2 if speech[start:].sum() >= _REST * spoken else None
        spoken, ended = spoken + stop - start, stop
    return None
