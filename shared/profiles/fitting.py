"""How a new clip goes with those that a profile holds: the same voice, and not the same recording."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.fingerprint import Prints, same_recording
from shared.listening.listener import Listener, Utterance
from shared.listening.scoring import LEAST_LLR, cosine
from shared.listening.views import Band
from shared.observing.trace import current
from shared.profiles.refusals import RepeatedRecording, VoiceDiffers
from shared.voices.records import Profile
from shared.voices.signatures import Signature, View


@dataclass(frozen=True)
class Agreement:
    """How alike a clip and the signature of the earlier ones are, in a band that both have."""

    cosine: float
    llr: float
    band: Band

    @property
    def is_one_voice(self) -> bool:
        """Whether nothing speaks for two speakers."""
        return self.llr >= LEAST_LLR


@dataclass(frozen=True)
class Fit:
    """How a clip goes with those that a profile holds.

    Attributes:
        agreement: None for a first clip, or where it is not asked for.
        repeats: number of the enrollment, from 1, that is the same recording.
        ignored: nothing came of the clip, as it is a repeated one.
    """

    agreement: Agreement | None = None
    repeats: int | None = None
    ignored: bool = False


FIRST: Final = Fit()


@dataclass(frozen=True, eq=False)
class Fitting:
    """Compares a clip with a profile before it is added.

    Attributes:
        agreement: what is done with another voice: off, warn or refuse.
        repeated: what is done with the same recording: warn, ignore or refuse.
    """

    listener: Listener
    agreement: str
    repeated: str

    def fit(self, profile: Profile, heard: Utterance, prints: Prints, version: str) -> Fit:
        """How a clip goes with a profile.

        Args:
            prints: of the clip.
            version: of the model by which it is added.

        Raises:
            VoiceDiffers, RepeatedRecording: it does not, and the operator refuses such clips.
        """
        repeats = _repeats(profile, prints)
        current().repeated = repeats is not None
        if repeats and self.repeated == "refuse":
            raise RepeatedRecording(repeats)
        agreement = self._agreement(profile.signature, heard, version)
        if agreement and not agreement.is_one_voice and self.agreement == "refuse":
            raise VoiceDiffers(agreement.llr, LEAST_LLR)
        return Fit(agreement, repeats, ignored=repeats is not None and self.repeated == "ignore")

    def _agreement(self, signature: Signature | None, heard: Utterance, version: str) -> Agreement | None:
        """None where there is nothing to compare with, or by another model."""
        if self.agreement == "off" or signature is None or signature.model_version != version:
            return None
        band, view, embedding = in_common(self.listener, signature, heard)
        alike = cosine(view.mean, embedding)
        llr = float(self.listener.calibration(version).llr(alike, view.speech_sec, heard.evidence_sec))
        current().agreement_llr = llr
        return Agreement(alike, llr, band)


def in_common(listener: Listener, signature: Signature, heard: Utterance) -> tuple[Band, View, NDArray[np.float32]]:
    """In which band a clip is compared with a signature, the signature there, and the clip's embedding there.

    Raises:
        BundleError: the model of the signature is not installed, or damaged.
        UnreadableProfile: the embedding has another dimension.
    """
    band = signature.band_for(heard.band)
    embedding = listener.embed(heard, signature.model_version, heard.seen_in(band))
    signature.check_comparable(embedding)
    return band, signature.views[band], embedding


def _repeats(profile: Profile, prints: Prints) -> int | None:
    held = enumerate(profile.enrollments, 1)
    return next((number for number, each in held if same_recording(prints, each.print)), None)
