"""What a comparison of a voice with a profile comes to, whether the voice is a clip's or a profile's own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.listening.comparing import compare
from shared.listening.listener import Listener, Utterance
from shared.listening.scoring import Calibration
from shared.listening.views import Band
from shared.recognition.cohort import Cohorts
from shared.recognition.outcomes import Candidate
from shared.voices.records import Profile
from shared.voices.signatures import Signature


class Probe(Protocol):
    """A voice that is looked for."""

    @property
    def band(self) -> Band:
        """What its channel passed."""

    @property
    def evidence_sec(self) -> float:
        """Seconds of speech behind it."""

    def sees(self, version: str) -> bool:
        """Whether it can be told how a model of a version sees it."""

    def seen(self, version: str, band: Band) -> NDArray[np.float32]:
        """It in a band, by the model of a version: [dimension]."""


@dataclass(frozen=True, eq=False)
class Clip:
    """The voice of a clip."""

    listener: Listener
    heard: Utterance

    @property
    def band(self) -> Band:
        """What its channel passed."""
        return self.heard.band

    @property
    def evidence_sec(self) -> float:
        """Seconds of speech behind it."""
        return self.heard.evidence_sec

    def sees(self, version: str) -> bool:  # noqa: ARG002  of the protocol
        """Any model can listen to it."""
        return True

    def seen(self, version: str, band: Band) -> NDArray[np.float32]:
        """The clip in a band."""
        return self.listener.embed(self.heard, version, self.heard.seen_in(band))


@dataclass(frozen=True, eq=False)
class Enrolled:
    """The voice of a profile."""

    signature: Signature

    @property
    def band(self) -> Band:
        """The one that most of it is in."""
        return self.signature.band_for(Band.WIDE)

    @property
    def evidence_sec(self) -> float:
        """Seconds of speech behind it."""
        return self.signature.speech_sec

    def sees(self, version: str) -> bool:
        """Only its own model has listened to it."""
        return version == self.signature.model_version

    def seen(self, version: str, band: Band) -> NDArray[np.float32]:  # noqa: ARG002
        """The signature in a band, or in the only one that it has."""
        return self.signature.views[band if band in self.signature.views else self.band].mean


@dataclass(frozen=True, eq=False)
class Known:
    """A voice that a probe may be.

    Attributes:
        others: other voices to compare with in a band, [voices, dimension] of unit length.
    """

    profile_id: str
    signature: Signature
    others: Callable[[Band], NDArray[np.float32]]


def judged(known: Known, probe: Probe, calibration: Calibration, rate: float, among: int) -> Candidate:
    """A known voice as one of so many, in the band that it and the probe have.

    Args:
        calibration: of the model that made its signature.
        rate: false-match rate of all of them together.

    Raises:
        UnreadableProfile: the signature has another dimension.
    """
    signature = known.signature
    version, band = signature.model_version, signature.band_for(probe.band)
    seen, view = probe.seen(version, band), signature.views[band]
    signature.check_comparable(seen)
    compared = compare(view.mean, seen, known.others(band), narrowed=signature.is_narrowed_with(probe.band))
    verdict = calibration.decide(compared, view.speech_sec, probe.evidence_sec, rate, among)
    return Candidate(known.profile_id, verdict, version, band)


@dataclass(frozen=True, eq=False)
class Judge:
    """Decides on candidates.

    Attributes:
        false_match_rate: how often, at most, a stranger may be accepted in one request.
        cohorts: other voices, which tell how alike strangers are here.
    """

    listener: Listener
    cohorts: Cohorts
    false_match_rate: float

    def candidate(
        self, profile: Profile, signature: Signature, probe: Probe, among: int = 1, rate: float | None = None
    ) -> Candidate:
        """A profile as one of so many, by the model that made its signature: ratios compare, cosines would not.

        Args:
            rate: false-match rate of all of them together; None for the service's own.

        Raises:
            BundleError: the model of the signature is not installed, or damaged.
            UnreadableProfile: the signature has another dimension.
        """
        version = signature.model_version
        known = Known(profile.id, signature, partial(self.cohorts.others, profile, version=version))
        return judged(known, probe, self.listener.calibration(version), rate or self.false_match_rate, among)
