"""What an app can tell a speaker whose clip was used and could have been better: one row a hint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from functions.contract.shapes import TEXT, Field, Shape
from shared.listening.quality import Quality
from shared.profiles.enrolling import Enrolled
from shared.profiles.fitting import Agreement

CLIPPED_FROM: Final = 0.01
"""Share of samples at full scale from which a recorder was overdriven for long; speech recorded with care has none."""
QUIET_BELOW_DB: Final = -45.0
"""Level of speech; recordings that people made with care lie above -36."""
NOISY_BELOW_DB: Final = 8.0
"""Signal-to-noise ratio; recordings that people made with care lie above 10."""


@dataclass(frozen=True)
class Hint:
    """Something to do better, in words that an app can show."""

    code: str
    message: str


@dataclass(frozen=True)
class Row[Of]:
    """A kind of hint.

    Attributes:
        holds: the value that was measured, where it is worth a hint.
        says: the message, with the value in braces.
    """

    code: str
    holds: Callable[[Of], object | None]
    says: str

    def of(self, thing: Of) -> list[Hint]:
        """The hint, if it is to be given."""
        value = self.holds(thing)
        return [] if value is None else [Hint(self.code, self.says.format(value))]


def _where(value: float | None, *, given: bool) -> float | None:
    return value if given else None


def _low(value: float | None, bound: float) -> float | None:
    return _where(value, given=value is not None and value < bound)


QUALITY: Final = (
    Row[Quality](
        "clipped",
        lambda of: _where(of.clipped, given=of.clipped >= CLIPPED_FROM),
        "The recording is distorted: {:.0%} of it is cut off at full volume. Speak further from the microphone, or "
        "turn it down.",
    ),
    Row[Quality](
        "quiet",
        lambda of: _low(of.level_db, QUIET_BELOW_DB),
        "The voice is very quiet: its level is {:.0f} dB of full volume. Speak closer to the microphone.",
    ),
    Row[Quality](
        "narrowband",
        lambda of: _where(of.bandwidth_hz, given=of.is_narrowband),
        "The recording has no sound above {:.0f} Hz, as by telephone. Record at 16 kHz if you can.",
    ),
    Row[Quality](
        "noisy",
        lambda of: _low(of.snr_db, NOISY_BELOW_DB),
        "The voice stands only {:.1f} dB out of the noise. Record in a quieter place.",
    ),
    Row[Quality](
        "announced",
        lambda of: of.announced_sec or None,
        "The first {:.1f} s are another voice, as an announcement is, and were left out. Send what the speaker says "
        "alone.",
    ),
    Row[Quality](
        "cancelled",
        lambda of: of.louder,
        "The channels cancel each other, so channel={} alone was heard. Record one channel, or invert one of them.",
    ),
    Row[Quality](
        "twoVoices",
        lambda of: of.sides,
        "Different people speak on two channels: the log-likelihood ratio is {0.llr:.1f}. Both were heard as one; "
        "choose with channel={0.first} or channel={0.second}.",
    ),
)


def _other_voice(agreement: Agreement | None) -> float | None:
    return agreement.llr if agreement and not agreement.is_one_voice else None


FIT: Final = (
    Row[Enrolled](
        "otherVoice",
        lambda of: _other_voice(of.fit.agreement),
        "The voice is not like the earlier enrollments: the log-likelihood ratio is {:.1f}. If it is another person's, "
        "reset the profile and enroll it anew.",
    ),
    Row[Enrolled](
        "repeated",
        lambda of: of.fit.repeats,
        "The recording is the same as enrollment {}. Say something new.",
    ),
)
HINT: Final = Shape[Hint](
    "Hint",
    (
        Field("code", TEXT, lambda hint: hint.code, "what it is about, for programs"),
        Field("message", TEXT, lambda hint: hint.message, "what was measured and what to do, for people"),
    ),
    open_to_more=True,
)


def of_quality(quality: Quality) -> list[Hint]:
    """Hints on a clip."""
    return [hint for row in QUALITY for hint in row.of(quality)]


def of_enrollment(enrolled: Enrolled) -> list[Hint]:
    """Hints on a clip that was enrolled."""
    return [*of_quality(enrolled.quality), *(hint for row in FIT for hint in row.of(enrolled))]
