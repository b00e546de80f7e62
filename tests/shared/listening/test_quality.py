import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.audio import decode
from shared.listening.bundle import Bundle
from shared.listening.embedder import Embedder
from shared.listening.frames import FRAME
from shared.listening.model import Model
from shared.listening.noise import snr_db
from shared.listening.quality import SpeechDetector, Spoken, audible, speech_frames
from shared.listening.runtime import runtime
from shared.listening.views import narrowed
from tests import voices
from tests.recordings import Recordings
from tools.bundle.sources import WHEELS

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[3] / "models"
RATE = 16_000
type Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(MODELS / "silero-vad")


@pytest.fixture(scope="module")
def detector(bundle: Bundle) -> SpeechDetector:
    return SpeechDetector(bundle)


@pytest.fixture(scope="module")
def recording(recordings: Recordings) -> Samples:
    """Fourteen seconds of clean read speech."""
    return recordings.read(recordings.reading)


def noise(samples: int, power: float = 1e-2) -> Samples:
    return np.random.default_rng(0).normal(0, power**0.5, samples).astype(np.float32)


def seconds(clip: Samples) -> float:
    return len(clip) / RATE


def padded(clip: Samples, before: float, after: float) -> Samples:
    return np.pad(clip, (round(before * RATE), round(after * RATE)))


def from_runs(*runs: tuple[int, float]) -> NDArray[np.float32]:
    """Frame probabilities: so many frames of such a value, one run after the other."""
    return np.concatenate([np.full(frames, value, np.float32) for frames, value in runs])


# Voice activity


def test_detector_equals_the_model_fed_frame_by_frame(
    bundle: Bundle, detector: SpeechDetector, recording: Samples
) -> None:
    model = Model(bundle)
    hidden = cell = np.zeros((1, 1, 128), np.float32)
    context, expected = np.zeros(64, np.float32), []
    for frame in audible(recording)[: len(recording) // FRAME * FRAME].reshape(-1, FRAME):
        probability, hidden, cell = model.run(input=np.concatenate([context, frame])[np.newaxis], h=hidden, c=cell)
        expected.append(probability[0])
        context = frame[-64:]
    np.testing.assert_allclose(detector.speech_probability(recording)[: len(expected)], expected, atol=1e-5)


def test_detector_equals_the_streaming_model_of_the_same_wheel(
    bundle: Bundle, detector: SpeechDetector, recording: Samples, tmp_path: Path
) -> None:
    [source] = bundle.sources
    if not (wheel := WHEELS / source.wheel).is_file():
        pytest.skip(f"no streaming model: {wheel} was removed")
    streaming = runtime().InferenceSession(zipfile.ZipFile(wheel).extract("silero_vad/data/silero_vad.onnx", tmp_path))
    state, context, expected = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
    for frame in audible(recording)[: len(recording) // FRAME * FRAME].reshape(-1, FRAME):
        inputs = {"input": np.concatenate([context, frame])[np.newaxis], "state": state, "sr": np.array(RATE)}
        probability, state = streaming.run(None, inputs)
        expected.append(probability[0, 0])
        context = frame[-64:]
    np.testing.assert_allclose(detector.speech_probability(recording)[: len(expected)], expected, atol=1e-4)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (1, 1), (512, 1), (513, 2), (16_000, 32)])
def test_last_frame_is_completed(detector: SpeechDetector, samples: int, frames: int) -> None:
    assert detector.speech_probability(noise(samples)).shape == (frames,)


def test_several_channels_are_refused(detector: SpeechDetector) -> None:
    with pytest.raises(ValueError, match="one channel"):
        detector.speech_probability(noise(1600).reshape(2, -1))


def test_speech_lasts_while_it_is_likely() -> None:
    speech = speech_frames(from_runs((20, 0.1), (10, 0.4), (10, 0.9), (10, 0.4), (20, 0.1)))
    np.testing.assert_array_equal(np.flatnonzero(speech), np.arange(20, 50))


def test_what_is_never_likely_is_no_speech() -> None:
    assert not speech_frames(from_runs((20, 0.1), (50, 0.49), (20, 0.1))).any()


@pytest.mark.parametrize(("gap", "net"), [(2, 42), (3, 40)])
def test_short_gap_counts_as_speech(gap: int, net: int) -> None:
    assert speech_frames(from_runs((20, 0.9), (gap, 0.0), (20, 0.9))).sum() == net


@pytest.mark.parametrize(("length", "net"), [(7, 0), (8, 8)])
def test_outburst_is_no_speech(length: int, net: int) -> None:
    assert speech_frames(from_runs((20, 0.0), (length, 1.0), (20, 0.0))).sum() == net


def test_silence_before_and_after_is_no_speech() -> None:
    assert speech_frames(from_runs((2, 0.0), (20, 0.9), (1, 0.0))).sum() == 20


def test_no_frames_hold_no_speech() -> None:
    assert speech_frames(np.zeros(0, np.float32)).shape == (0,)


# Net speech


def test_most_of_a_reading_is_speech(detector: SpeechDetector, recording: Samples) -> None:
    measured = detector.measure(recording)
    assert measured.total_sec == seconds(recording)
    assert 0.7 < measured.speech_sec / measured.total_sec < 1


def test_added_silence_adds_no_speech(detector: SpeechDetector, recording: Samples) -> None:
    alone, among_silence = detector.measure(recording), detector.measure(padded(recording, 20, 35))
    assert among_silence.total_sec == pytest.approx(alone.total_sec + 55)
    assert among_silence.speech_sec == pytest.approx(alone.speech_sec, abs=0.3)


@pytest.mark.parametrize("length", [0, 100, RATE, 5 * RATE])
def test_net_speech_is_never_longer_than_the_clip(length: int) -> None:
    certain = np.ones(-(-length // FRAME), np.float32)
    measured = Spoken(noise(length), certain).quality()
    assert measured.speech_sec <= measured.total_sec


# Signal-to-noise ratio


@pytest.mark.parametrize("truth", [0, 2, 5, 10, 15, 20])
def test_snr_of_noisy_speech(detector: SpeechDetector, recordings: Recordings, truth: float) -> None:
    clip = padded(recordings.read(recordings.phrase), 1, 1)  # its own SNR is above 40 dB
    speech = np.repeat(speech_frames(detector.speech_probability(clip)), FRAME)[: len(clip)]
    power = float(np.mean(clip[speech] ** 2)) / 10 ** (truth / 10)
    assert detector.measure(clip + noise(len(clip), power)).snr_db == pytest.approx(truth, abs=1.5)


@pytest.mark.parametrize("truth", [0, 10, 30])
def test_snr_of_known_powers(truth: float) -> None:
    speech = np.arange(1000) % 100 < 60
    powers = np.where(speech, 1e-4 * 10 ** (truth / 10) + 1e-4, 1e-4)
    assert snr_db(powers, speech) == pytest.approx(truth, abs=0.1)


def test_clean_reading_is_not_noisy(detector: SpeechDetector, recording: Samples) -> None:
    measured = detector.measure(recording)
    assert measured.snr_db is not None
    assert measured.snr_db > 10


def test_no_recording_is_called_too_noisy(detector: SpeechDetector, recordings: Recordings) -> None:
    files = recordings.files("*")[::4]
    ratios = [detector.measure(recordings.read(file)).snr_db for file in files]
    assert min(ratio for ratio in ratios if ratio is not None) > 5


def test_other_people_talking_lower_the_snr(detector: SpeechDetector, recordings: Recordings) -> None:
    talker = np.resize(recordings.read(recordings.phrase), 10 * RATE)
    files = recordings.files(recordings.readers)[:6]
    crowd = np.sum([np.resize(recordings.read(file), 10 * RATE) for file in files], axis=0, dtype=np.float32)
    crowd *= np.sqrt(np.mean(talker**2) / np.mean(crowd**2))
    clean, crowded = (detector.measure(clip).snr_db for clip in (talker, talker + crowd))
    assert clean is not None
    assert crowded is not None
    assert crowded < 16 < clean


def test_noise_alone_has_no_signal(detector: SpeechDetector) -> None:
    measured = detector.measure(noise(5 * RATE))
    assert measured.speech_sec == 0
    assert measured.snr_db == pytest.approx(0, abs=1)


def test_steady_tone_has_no_signal(detector: SpeechDetector) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(5 * RATE) / RATE)
    assert detector.measure(tone.astype(np.float32)).snr_db == pytest.approx(0, abs=1)


@pytest.mark.parametrize("length", [0, 1, RATE])
def test_digital_silence_has_no_snr(detector: SpeechDetector, length: int) -> None:
    measured = detector.measure(np.zeros(length, np.float32))
    assert (measured.speech_sec, measured.snr_db) == (0, None)


def test_silence_without_any_noise_is_capped() -> None:
    speech = np.arange(1000) % 100 < 60
    assert snr_db(np.where(speech, 1e-1, 1e-9), speech) == 60


def test_digital_silence_does_not_hide_the_noise(detector: SpeechDetector, recording: Samples) -> None:
    noisy = recording + noise(len(recording), 1e-4)
    alone, padded_out = (detector.measure(clip).snr_db for clip in (noisy, padded(noisy, 10, 10)))
    assert padded_out == pytest.approx(alone, abs=1)


def test_constant_offset_is_no_noise(detector: SpeechDetector, recording: Samples) -> None:
    straight, offset = (detector.measure(clip).snr_db for clip in (recording, recording + np.float32(0.05)))
    assert offset == pytest.approx(straight, abs=1)


def test_missed_syllable_is_no_noise() -> None:
    speech = np.arange(1000) % 100 < 60
    powers = np.where(speech, 1e-2, 1e-5)
    powers[90::100] = 1e-2
    assert snr_db(powers, speech) == pytest.approx(30, abs=0.1)


# Pauses


def test_long_pauses_are_dropped(detector: SpeechDetector, recording: Samples) -> None:
    clip = padded(recording[: 5 * RATE], 25, 30)
    kept = Spoken(clip, detector.speech_probability(clip)).without_pauses()
    assert 3 < seconds(kept) < 6


@pytest.mark.parametrize(("pause", "dropped"), [(10, 0), (31, 0), (32, 16), (100, 84)])
def test_quarter_of_a_second_stays_beside_speech(pause: int, dropped: int) -> None:
    clip = noise((80 + pause) * FRAME)
    kept = Spoken(clip, from_runs((40, 0.9), (pause, 0.0), (40, 0.9))).without_pauses()
    assert len(clip) - len(kept) == dropped * FRAME
    np.testing.assert_array_equal(kept[: 40 * FRAME], clip[: 40 * FRAME])
    np.testing.assert_array_equal(kept[-40 * FRAME :], clip[-40 * FRAME :])


def test_short_silence_around_speech_stays() -> None:
    clip = noise(80 * FRAME - 100)
    np.testing.assert_array_equal(Spoken(clip, from_runs((20, 0.0), (40, 0.9), (20, 0.0))).without_pauses(), clip)


def test_nothing_but_pauses_is_kept_whole() -> None:
    clip = noise(RATE)
    assert Spoken(clip, np.zeros(32, np.float32)).without_pauses() is clip


def test_speech_without_pauses_is_kept_whole() -> None:
    clip = noise(RATE + 7)
    np.testing.assert_array_equal(Spoken(clip, np.ones(32, np.float32)).without_pauses(), clip)


def test_voice_is_recognized_among_a_minute_of_silence(detector: SpeechDetector, recording: Samples) -> None:
    embedder = Embedder(Bundle.load(MODELS / "campplus"))
    clip = padded(recording[-5 * RATE :], 20, 35)
    voice = embedder.embed(Spoken(clip, detector.speech_probability(clip)).without_pauses())
    assert voice @ embedder.embed(recording[: 7 * RATE]) > 0.7


CUTS = [("david", 22_464, 135_680), ("ewan", 4_752, 78_720), ("boris", 26_304, 81_920)]


@pytest.mark.parametrize(("name", "start", "length"), CUTS, ids=[name for name, *_ in CUTS])
def test_a_clip_that_ends_in_a_little_speech_is_not_noisy(
    detector: SpeechDetector, name: str, start: int, length: int
) -> None:
    """What is too short to count as speech is no noise either."""
    clip = decode(voices.speakers()[name].enrollments[0]).samples[start : start + length]
    snr = detector.measure(clip).snr_db
    assert snr is not None
    assert snr > 20


def test_no_cut_of_clean_speech_is_noisy(detector: SpeechDetector) -> None:
    """Of 20,000 cuts of people's recordings, 19,730 held half a second of speech, and none was below 2 dB."""
    random = np.random.default_rng(0)
    clips = [decode(clip).samples for name in ("anna", "boris", "david", "ewan") for clip in _clips_of(name)]
    lowest = min(_snr_of_a_cut(detector, clips[random.integers(len(clips))], random) for _ in range(150))
    assert lowest > 2


def _clips_of(name: str) -> Sequence[bytes]:
    return voices.speakers()[name].enrollments


def _snr_of_a_cut(detector: SpeechDetector, clip: NDArray[np.float32], random: np.random.Generator) -> float:
    start = int(random.integers(0, len(clip) - 8_000))
    heard = detector.measure(clip[start : start + int(random.uniform(0.7, 6) * 16_000)])
    return heard.snr_db if heard.snr_db is not None and heard.speech_sec >= 0.5 else np.inf


@pytest.mark.parametrize("gain", [1.0, 0.05, 0.01])
def test_speech_is_found_at_any_loudness(detector: SpeechDetector, recording: Samples, gain: float) -> None:
    heard = detector.measure(recording).speech_sec
    assert detector.measure(recording * np.float32(gain)).speech_sec == pytest.approx(heard, abs=0.5)


def test_words_are_found_on_the_telephone(detector: SpeechDetector, recordings: Recordings) -> None:
    """Spoken digits through 300 to 3400 Hz, of which the model by itself hears a quarter of what it hears at a desk."""
    words = [recordings.read(file) for file in recordings.files(recordings.telephone)[:6]]
    line = [narrowed(samples[: 5 * RATE])[1] for samples in words]
    found = sum(detector.measure(samples).speech_sec for samples in line)
    assert found > 0.4 * sum(len(samples) / RATE for samples in line)


@pytest.mark.parametrize("loudness", [0.001, 0.03, 0.3])
def test_no_noise_becomes_speech_by_being_raised(detector: SpeechDetector, loudness: float) -> None:
    time = np.arange(8 * RATE) / RATE
    hum = np.sin(2 * np.pi * 50 * time) + 0.3 * np.sin(2 * np.pi * 150 * time)
    for sound in (noise(8 * RATE, 1.0), hum.astype(np.float32)):
        assert detector.measure(sound * np.float32(loudness)).speech_sec == 0
