"""What a comparison of a voice with a profile comes to, whether the voice is a clip's or a profile's own."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.comparing import Crowd, compare_all
from shared.listening.listener import Listener, Utterance
from shared.listening.scoring import Calibration, Comparison, Conditions
from shared.listening.views import Band
from shared.profiles.changes import signature_of
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

    @property
    def snr_db(self) -> float | None:
        """Signal-to-noise ratio, where that is known."""

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

    @property
    def snr_db(self) -> float | None:
        """That of the clip."""
        return self.heard.quality.snr_db

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

    @property
    def snr_db(self) -> None:
        """Not known of what was enrolled."""

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
        others: other voices to compare with in a band.
    """

    profile_id: str
    signature: Signature
    others: Callable[[Band], Crowd]


def judged(
    known: Sequence[Known], probe: Probe, calibration: Callable[[str], Calibration], rate: float, among: int
) -> list[Candidate]:
    """Known voices as some of so many, each in the band that it and the probe have.

    Args:
        calibration: of the model of a version.
        rate: false-match rate of all of them together.

    Raises:
        UnreadableProfile: a signature has another dimension.
    """
    alike: dict[_Way, list[Known]] = defaultdict(list)
    for each in known:
        alike[_Way.of(each, probe.band)].append(each)
    found: dict[int, Candidate] = {}
    for way, some in alike.items():
        for each, compared in zip(some, _compared(some, probe, way), strict=True):
            enrolled_sec = each.signature.views[way.band].speech_sec
            verdict = calibration(way.version).decide(compared, enrolled_sec, probe.evidence_sec, rate, among)
            found[id(each)] = Candidate(each.profile_id, verdict, way.version, way.band)
    return [found[id(each)] for each in known]


class _Way(NamedTuple):
    """What signatures have in common that are compared at once."""

    crowd: Crowd
    version: str
    band: Band
    narrowed: bool

    @classmethod
    def of(cls, known: Known, probe: Band) -> Self:
        signature, band = known.signature, known.signature.band_for(probe)
        return cls(known.others(band), signature.model_version, band, signature.is_narrowed_with(probe))


def _compared(some: Sequence[Known], probe: Probe, way: _Way) -> list[Comparison]:
    seen = probe.seen(way.version, way.band)
    for each in some:
        each.signature.check_comparable(seen)
    means = [each.signature.views[way.band].mean for each in some]
    left_out = [way.crowd.left_out(each.profile_id) for each in some]
    return compare_all(means, seen, way.crowd.voices, left_out, Conditions(way.narrowed, probe.snr_db))


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

    def candidates(
        self, profiles: Iterable[Profile], probe: Probe, among: int = 1, rate: float | None = None
    ) -> list[Candidate]:
        """Profiles as some of so many, by the models that made their signatures: ratios compare, cosines would not.

        Args:
            rate: false-match rate of all of them together; None for the service's own.

        Raises:
            NotEnrolled, Expired, OptedOut: a profile has no signature that may be compared.
            BundleError: the model of a signature is not installed, or damaged.
            UnreadableProfile: a signature has another dimension.
        """
        known = [self.known(profile) for profile in profiles]
        return judged(known, probe, self.listener.calibration, rate or self.false_match_rate, among)

    def known(self, profile: Profile) -> Known:
        """A profile's voice; raises as ``signature_of``."""
        signature = signature_of(profile)
        return Known(profile.id, signature, partial(self.cohorts.others, profile, version=signature.model_version))
