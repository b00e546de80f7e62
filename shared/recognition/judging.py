"""What a comparison of a voice with a profile comes to, whether the voice is a clip's or a profile's own."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.listening.listener import Listener, Utterance
from shared.listening.scoring import compare
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
        version, band = signature.model_version, signature.band_for(probe.band)
        seen, view = probe.seen(version, band), signature.views[band]
        signature.check_comparable(seen)
        others, narrowed = self.cohorts.others(profile, band, version), signature.is_narrowed_with(probe.band)
        compared = compare(view.mean, seen, others, narrowed=narrowed)
        calibration, allowed = self.listener.calibration(version), rate or self.false_match_rate
        verdict = calibration.decide(compared, view.speech_sec, probe.evidence_sec, allowed, among)
        return Candidate(profile.id, verdict, version, band)
