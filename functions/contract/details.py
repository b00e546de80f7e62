"""What callers who ask for details are told: what a clip was good for, and what stands behind a score."""

from collections.abc import Callable
from typing import Final, Protocol

from functions.contract.hints import HINT, Hint, of_enrollment, of_quality
from functions.contract.shapes import (
    COUNT,
    EVIDENCE,
    GUID,
    MOMENT,
    NUMBER,
    NUMBER_OR_NONE,
    SCORE,
    SECONDS,
    TEXT,
    YES_OR_NO,
    Field,
    ListOf,
    Plain,
    Shape,
)
from shared.listening.quality import Quality
from shared.listening.scoring import LEAST_LLR
from shared.profiles.duplicates import Match
from shared.profiles.enrolling import Enrolled
from shared.profiles.fitting import Agreement
from shared.profiles.lifecycle import KeptAudio
from shared.recognition.outcomes import Candidate, Identified, Verified
from shared.voices.standing import Standing
from shared.words.matching import Saying, Tolerance

SCORED: Final = Shape[Match](
    "ScoredProfile",
    (Field("profileId", GUID, lambda of: of.profile_id), Field("score", SCORE, lambda of: of.score)),
)
"""How well a profile matches."""


class Heard(Protocol):
    """Whatever came of a clip."""

    @property
    def quality(self) -> Quality:
        """What the clip was good for."""

    @property
    def model_version(self) -> str:
        """Version of the model by which its voice was heard."""


_HEARD: Final[tuple[Field[Heard], ...]] = (
    Field("modelVersion", TEXT, lambda of: of.model_version, "version of the model by which the voice was heard"),
    Field("audioLengthInSec", SECONDS, lambda of: of.quality.total_sec, "length of the clip, pauses included"),
    Field("speechLengthInSec", SECONDS, lambda of: of.quality.speech_sec, "net speech in the clip"),
    Field("snrInDb", NUMBER_OR_NONE, lambda of: of.quality.snr_db, "signal-to-noise ratio; null for silence"),
    Field("clippedShare", NUMBER, lambda of: of.quality.clipped, "share of samples that overdriving cut off"),
    Field("bandwidthInHz", NUMBER_OR_NONE, lambda of: of.quality.bandwidth_hz, "frequency up to which there is sound"),
    Field("narrowband", YES_OR_NO, lambda of: of.quality.is_narrowband, "recorded at 8 kHz, whatever the file says"),
)
_AGREEMENT: Final = Shape[Agreement](
    "Agreement",
    (
        Field("cosine", EVIDENCE, lambda of: of.cosine, "similarity of the clip and the earlier ones, from -1 to 1"),
        Field("llr", EVIDENCE, lambda of: of.llr, "natural log-likelihood ratio of same and different speakers"),
        Field("leastLlr", NUMBER, lambda _: LEAST_LLR, "below it the clip is taken for another voice"),
        Field("band", TEXT, lambda of: of.band, "in which band they were compared: wide or narrow"),
    ),
    open_to_more=True,
)
_TOLERANCE: Final = Shape[Tolerance](
    "PhraseTolerance",
    (
        Field("distance", NUMBER, lambda of: of.distance, "share of letters heard otherwise, at most"),
        Field("length", NUMBER, lambda of: of.length, "share of the length, at least; 1 by it, at most"),
        Field("logLikelihood", NUMBER, lambda of: of.log_likelihood, "at least"),
        Field("llr", NUMBER, lambda of: of.llr, "at least"),
    ),
)
_SAYING: Final = Shape[Saying](
    "PhraseDetails",
    (
        Field("nearest", TEXT, lambda saying: saying.nearest, "the phrase that is most like what was heard"),
        Field("distance", NUMBER, lambda saying: saying.distance, "share of its letters that were heard otherwise"),
        Field("length", NUMBER, lambda saying: saying.length, "letters that were heard, as a share of the phrase's"),
        Field(
            "logLikelihood",
            NUMBER,
            lambda saying: saying.fit.log_likelihood if saying.fit else None,
            "log-likelihood of the phrase, given the sound, a token; where the transcriber can tell",
            optional=True,
        ),
        Field(
            "llr",
            NUMBER,
            lambda saying: saying.fit.llr if saying.fit else None,
            "log-likelihood ratio of the phrase and what was heard, a token; where the transcriber can tell",
            optional=True,
        ),
        Field("allowed", _TOLERANCE, lambda saying: saying.tolerance, "what is needed of each"),
    ),
    open_to_more=True,
)
_EVIDENCE: Final[tuple[Field[Candidate], ...]] = (
    Field("cosine", EVIDENCE, lambda of: of.verdict.cosine, "similarity of the two voices, from -1 to 1"),
    Field("llr", EVIDENCE, lambda of: of.verdict.llr, "natural log-likelihood ratio of same and different speakers"),
    Field("threshold", NUMBER, lambda of: of.verdict.threshold, "the ratio to accept from; the score 0.5"),
    Field("rawLlr", EVIDENCE, lambda of: of.verdict.raw_llr, "the ratio that the cosine has by itself"),
    Field("voices", COUNT, lambda of: of.verdict.voices, "others that it was seen from; 0: from nowhere"),
    Field("band", TEXT, lambda of: of.band, "in which band they were compared: wide or narrow"),
)
CANDIDATE: Final = Shape[Candidate](
    "CandidateDetails",
    (
        Field("profileId", GUID, lambda of: of.profile_id),
        *_EVIDENCE,
        Field("modelVersion", TEXT, lambda of: of.model_version, "version of the model that compared the voices"),
    ),
    open_to_more=True,
)


def _hints[Of](of: Callable[[Of], list[Hint]]) -> Field[Of]:
    return Field("hints", ListOf(HINT), of, "what would make a better clip; empty where nothing would")


_HINTS: Final[Field[Heard]] = _hints(lambda of: of_quality(of.quality))


def _candidate_of(verified: Verified) -> Candidate:
    return verified.candidate


ENROLLMENT_DETAILS: Final = Shape[Enrolled](
    "EnrollmentDetails",
    (
        *_HEARD,
        _hints(of_enrollment),
        Field("agreement", _AGREEMENT, lambda of: of.fit.agreement, "with the earlier enrollments", optional=True),
        Field(
            "repeats",
            COUNT,
            lambda of: of.fit.repeats,
            "which enrollment, from 1, is the same recording",
            optional=True,
        ),
        Field("phrase", _SAYING, lambda of: of.saying, "how near the clip came to a phrase", optional=True),
        Field(
            "duplicates",
            ListOf(SCORED),
            lambda of: of.duplicates,
            "other profiles of the same person, from best to worst; where `duplicates` asks for them",
            optional=True,
        ),
    ),
    open_to_more=True,
)
VERIFICATION_DETAILS: Final = Shape[Verified](
    "VerificationDetails",
    (
        *(of.through(_candidate_of) for of in _EVIDENCE),
        *_HEARD,
        _HINTS,
        Field("phrase", _SAYING, lambda of: of.saying, "how near the clip came to the passphrase", optional=True),
    ),
    open_to_more=True,
)
IDENTIFICATION_DETAILS: Final = Shape[Identified](
    "IdentificationDetails",
    (
        Field("ranking", ListOf(CANDIDATE), lambda of: of.ranking, "what stands behind each score"),
        Field("candidates", COUNT, lambda of: of.candidates, "how many were compared"),
        Field("threshold", NUMBER, lambda of: of.best.verdict.threshold, "the ratio to accept from, among so many"),
        Field(
            "galleryAsOf",
            MOMENT,
            lambda of: of.gallery_as_of,
            "up to when changes of other instances count; with `groupId` or `profileIds=*`",
            optional=True,
        ),
        Field("margin", EVIDENCE, lambda of: of.margin, "log-likelihood ratio by which the best leads"),
        *_HEARD,
        _HINTS,
    ),
    open_to_more=True,
)
_OURS: Final = (Standing.LOCKED, Standing.EXPIRED, Standing.OPTED_OUT)
"""Where a profile may stand for which the contract has no word."""
STANDING: Final = Plain({"type": "string", "enum": [each.value for each in _OURS]}, name="Standing")


def _standing(kept: KeptAudio) -> str | None:
    return kept.standing.value if kept.standing in _OURS else None


PROFILE_DETAILS: Final = Shape[KeptAudio](
    "ProfileDetails",
    (
        Field("standing", STANDING, _standing, "where it stands, if the contract has no word for it", optional=True),
        Field("canBeReExtracted", YES_OR_NO, lambda kept: kept.can_be_re_extracted, "all enrollment audio is kept"),
        Field("audioKept", COUNT, lambda kept: kept.clips, "enrollments whose audio is kept"),
    ),
    open_to_more=True,
)
