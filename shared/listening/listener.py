"""From a clip to a voice: check what was recorded, measure it, and embed the speech in it."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.announcements import SUSPICIOUS_LLR, end_of_first_words
from shared.listening.audio import Clip, decode
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.declared import Recording, declared
from shared.listening.embedder import Embedder
from shared.listening.frames import FRAME, FRAME_SEC
from shared.listening.limits import MIN_SPEECH_SEC, ClipLimits
from shared.listening.quality import Quality, SpeechDetector, Spoken
from shared.listening.scoring import LEAST_LLR, Calibration, cosine
from shared.listening.sides import MIN_SIDE_SEC, Sides, name_of, without_leak
from shared.listening.views import TESTED, VIEWS, Band, Seen
from shared.observing.trace import current, stage

SPEECH_SHARE: Final = 0.8
"""Of what is embedded, net speech in ordinary recordings: pauses of less than a second are embedded as well."""


@dataclass(frozen=True, eq=False)
class Utterance:
    """A clip that was fit for use.

    Attributes:
        clip: the audio.
        quality: its net speech and signal-to-noise ratio.
        speech: [n] float32 at 16 kHz, the clip without its long pauses: what is embedded.
        embeddings: those made so far, by model version, as it came and as narrow channels pass it.
    """

    clip: Clip
    quality: Quality
    speech: NDArray[np.float32]
    embeddings: dict[tuple[str, Seen], NDArray[np.float32]] = field(default_factory=dict)

    @property
    def band(self) -> Band:
        """What its channel passed."""
        return Band.NARROW if self.quality.is_narrowband else Band.WIDE

    def seen_in(self, band: Band) -> Seen:
        """How it is embedded to be compared in a band."""
        return TESTED[self.band][band]

    @property
    def evidence_sec(self) -> float:
        """Seconds of speech that a comparison may count on, so that speech which the detector missed lowers no bar."""
        return max(self.quality.speech_sec, SPEECH_SHARE * len(self.speech) / SAMPLE_RATE)


class Listener:
    """Turns the audio of a request into an utterance, and an utterance into an embedding of any installed model.

    Models are loaded when they are first needed. Safe to use from several threads.
    """

    def __init__(self, current: Bundle, others: Iterable[Bundle], detector: Bundle, *, any_format: bool = True) -> None:
        """Bind to models.

        Args:
            current: makes new signatures.
            others: made older signatures, which are compared by them until they are re-extracted.
            detector: finds speech.
            any_format: as in ``decode``.
        """
        self.version = current.version
        self._bundles = {bundle.version: bundle for bundle in (*others, current)}
        self._detector_bundle = detector
        self._any_format = any_format
        self._loading = threading.RLock()
        self._embedders: dict[str, Embedder] = {}
        self._detector: SpeechDetector | None = None

    def calibration(self, version: str) -> Calibration:
        """What cosines of a version are worth.

        Raises:
            BundleError: the version is not installed.
        """
        return self._bundle(version).required_calibration()

    def warm_up(self) -> None:
        """Load what a first request would wait for: about a second.

        Raises:
            BundleError: a bundle is missing or damaged.
        """
        self._detect()
        self._embedder(self.version)

    def listen(self, recording: Recording, limits: ClipLimits) -> Utterance:
        """Decode and check one clip; the cheap checks come first.

        Raises:
            InvalidAudio: wrong format, too short, too long, too noisy, or too little speech; says what was measured.
            Without a header also where it was recorded otherwise than it was read.
        """
        with stage("decode"):
            said = declared(recording.content_type)
            clip = decode(
                recording.body,
                declared=said,
                channel=recording.channel,
                any_format=self._any_format,
                max_sec=limits.max_sec,
            )
        limits.check_length(clip.seconds)
        sides = self._sides(clip)  # before the clip, whose measures the log keeps
        heard = self.hear(clip)
        self._check_reading(heard)
        limits.check_quality(heard.quality)
        louder = None if clip.louder is None else name_of(clip.louder)
        return replace(heard, quality=replace(heard.quality, louder=louder, sides=sides))

    def hear(self, clip: Clip) -> Utterance:
        """Measure a clip, whatever it holds, but for an announcement before it."""
        with stage("detect"):
            probability = self._detect().speech_probability(clip.samples)
        heard = self._after_announcement(clip, probability)
        current().speech_sec, current().snr_db = heard.quality.speech_sec, heard.quality.snr_db
        return heard

    def embed(self, heard: Utterance, version: str, seen: Seen = Seen.AS_IT_CAME) -> NDArray[np.float32]:
        """The utterance's embedding by the model of a version: [dimension] float32 of unit length; made once.

        Raises:
            BundleError: the version is not installed, or damaged.
        """
        current().models.add(version)
        if (version, seen) not in heard.embeddings:
            with stage("embed"):
                heard.embeddings[version, seen] = self._embedder(version).embed(*VIEWS[seen](heard.speech))
        return heard.embeddings[version, seen]

    def direction(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The current model's embedding of samples as they are: [dimension] float32 of unit length.

        Raises:
            BundleError: the model is damaged.
            TooShort: there is nothing to embed.
        """
        return self._embedder(self.version).embed(samples)

    @contextmanager
    def embedding(self, heard: Utterance, version: str) -> Iterator[None]:
        """Embed the utterance beside what is done within; ``embed`` then has it.

        Raises:
            BundleError: as ``embed``.
        """
        with ThreadPoolExecutor(1, "embedding") as beside:
            embedded = beside.submit(copy_context().run, self.embed, heard, version)
            yield
            embedded.result()

    def _after_announcement(self, clip: Clip, probability: NDArray[np.float32], begin: int = 0) -> Utterance:
        """The clip from a frame on, or from a later one where its first words are another voice than the rest."""
        heard, speech = _part(clip, probability, begin, len(probability))
        end = end_of_first_words(speech)
        if end is None:
            return heard
        first, _ = _part(clip, probability, begin, begin + end)
        if self._ratio(first, heard) >= SUSPICIOUS_LLR:
            return heard
        rest = self._after_announcement(clip, probability, begin + end)
        return rest if self._ratio(first, rest) < LEAST_LLR else heard

    def _ratio(self, one: Utterance, other: Utterance) -> float:
        """Log-likelihood ratio of one speaker and two, in the band that both have."""
        band = Band.NARROW if Band.NARROW in (one.band, other.band) else Band.WIDE
        voices = (self.embed(each, self.version, each.seen_in(band)) for each in (one, other))
        return float(self.calibration(self.version).llr(cosine(*voices), one.evidence_sec, other.evidence_sec))

    def _sides(self, clip: Clip) -> Sides | None:
        """Two channels of a clip, if different people speak on them."""
        apart, heard = clip.apart, {}
        for channel, samples in apart.items():
            [other] = (samples for which, samples in apart.items() if which != channel)
            heard[name_of(channel)] = self.hear(Clip(without_leak(samples, other)))
        if not heard or min(each.quality.speech_sec for each in heard.values()) < MIN_SIDE_SEC:
            return None
        llr = self._ratio(*heard.values())
        first, second = heard
        return Sides(first, second, llr) if llr < LEAST_LLR else None

    def _check_reading(self, heard: Utterance) -> None:
        """Refuse a clip without a header if it sounds as if it was recorded in another way than it was read.

        Before its quality: speech that was misread is often noisy as well. Where there is none, it is only noise.
        """
        misreadings, read_at = self._bundle(self.version).misreadings, heard.clip.read_at
        if read_at and misreadings and heard.quality.speech_sec >= MIN_SPEECH_SEC:
            misreadings.check(self.embed(heard, self.version), read_at)

    def _bundle(self, version: str) -> Bundle:
        if version not in self._bundles:
            raise BundleError(f"a signature was made by model version {version}, which is not installed")
        return self._bundles[version]

    def _embedder(self, version: str) -> Embedder:
        with self._loading:
            if version not in self._embedders:
                self._embedders[version] = Embedder(self._bundle(version))
            return self._embedders[version]

    def _detect(self) -> SpeechDetector:
        with self._loading:
            self._detector = self._detector or SpeechDetector(self._detector_bundle)
            return self._detector


def _part(clip: Clip, probability: NDArray[np.float32], begin: int, end: int) -> tuple[Utterance, NDArray[np.bool]]:
    """What some frames of a clip hold, and which of them are speech."""
    spoken = Spoken(clip.samples[begin * FRAME : end * FRAME], probability[begin:end])
    measured = replace(spoken.quality(), total_sec=clip.seconds, announced_sec=begin * FRAME_SEC)
    return Utterance(clip, measured, spoken.without_pauses()), spoken.speech
