import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.bundle import Bundle, golden_signal
from shared.listening.embedder import CHUNK_SEC, Embedder
from shared.listening.model import Model
from shared.listening.refusals import InvalidAudio
from tests.recordings import Recordings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CAMPPLUS = ROOT / "models" / "campplus"
PROCESS_STATUS = Path("/proc/self/status")
type Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(Bundle.load(CAMPPLUS))


def noise(seconds: float, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)


def unit(vector: Samples) -> Samples:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def assert_same_direction(left: Samples, right: Samples, least: float = 1 - 1e-6) -> None:
    assert unit(left).astype(np.float64) @ unit(right) >= least


def with_golden(folder: Path, output: list[float]) -> Bundle:
    manifest = json.loads((CAMPPLUS / "manifest.json").read_text())
    manifest["golden"]["output"] = output
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "model.onnx").symlink_to(CAMPPLUS / "model.onnx")
    return Bundle.load(folder)


def test_model_gives_the_reference_embedding_of_every_recording_that_has_one(recordings: Recordings) -> None:
    model = Model(Bundle.load(CAMPPLUS))
    for samples, expected in recordings.embedded():
        actual = model.run(waveform=samples[np.newaxis])[0][0]
        assert np.abs(actual - expected).max() <= 1e-3
        assert_same_direction(actual, expected)


def test_reference_embedding_of_the_synthetic_signal(recordings: Recordings, embedder: Embedder) -> None:
    expected = recordings.reference("synthetic")
    actual = embedder.embed(golden_signal())
    assert np.abs(actual - unit(expected)).max() <= 1e-4
    assert_same_direction(actual, expected)


def test_manifest_holds_the_reference_embedding(embedder: Embedder) -> None:
    expected = np.array(Bundle.load(CAMPPLUS).required_golden().output, np.float32)
    assert np.abs(embedder.embed(golden_signal()) - expected).max() <= 1e-4


def test_bundle_with_another_golden_embedding_is_refused(tmp_path: Path) -> None:
    output = list(Bundle.load(CAMPPLUS).required_golden().output)
    output[7] += 0.01
    with pytest.raises(BundleError, match="golden"):
        Embedder(with_golden(tmp_path, output))


def test_bundle_with_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="192 numbers, its manifest says 256"):
        Embedder(with_golden(tmp_path, [0.0625] * 256))


@pytest.mark.parametrize("seconds", [0.025, 0.5, 3, 10, 10.01, 25])
def test_embedding_has_unit_length(embedder: Embedder, seconds: float) -> None:
    embedding = embedder.embed(noise(seconds))
    assert (embedding.dtype, embedding.shape) == (np.dtype(np.float32), (192,))
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-6)


def test_digital_silence_has_an_embedding(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed(np.zeros(16_000, np.float32))).all()


def test_loudness_does_not_change_an_embedding(embedder: Embedder) -> None:
    assert_same_direction(embedder.embed(noise(3)), embedder.embed(noise(3) * np.float32(0.25)), 0.999)


def test_clip_of_one_chunk_is_embedded_whole(embedder: Embedder) -> None:
    clip = noise(CHUNK_SEC)
    whole = Model(Bundle.load(CAMPPLUS)).run(waveform=clip[np.newaxis])[0][0]
    np.testing.assert_allclose(embedder.embed(clip), unit(whole), atol=1e-6)


@pytest.mark.parametrize(("seconds", "parts"), [(10.1, 2), (20, 2), (25, 3)])
def test_long_clip_is_the_mean_of_equal_parts(embedder: Embedder, seconds: float, parts: int) -> None:
    clip = noise(seconds)
    mean = np.mean([embedder.embed(part) for part in np.array_split(clip, parts)], axis=0)
    np.testing.assert_allclose(embedder.embed(clip), unit(mean), atol=1e-6)


def test_order_of_chunks_does_not_matter(embedder: Embedder) -> None:
    first, second = noise(10, 1), noise(10, 2)
    forth, back = embedder.embed(np.concatenate([first, second])), embedder.embed(np.concatenate([second, first]))
    np.testing.assert_allclose(forth, back, atol=1e-6)


def test_threads_share_an_embedder(embedder: Embedder) -> None:
    clips = [noise(seconds, seed) for seed, seconds in enumerate((0.5, 1, 2, 3, 1.5, 0.7, 2.2, 4))]
    alone = [embedder.embed(clip) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedder.embed, clips))
    np.testing.assert_array_equal(together, alone)


def test_parts_of_one_recording_are_closer_than_other_speakers(recordings: Recordings, embedder: Embedder) -> None:
    files = recordings.files(recordings.readers)[:12]
    clips = [clip for clip in map(recordings.read, files) if len(clip) > 8 * 16_000]
    left, right = (np.array([embedder.embed(part) for part in parts]) for parts in (
        [clip[: 4 * 16_000] for clip in clips], [clip[-4 * 16_000 :] for clip in clips]
    ))  # fmt: skip
    similarity = left @ right.T
    same = np.eye(len(clips), dtype=bool)
    assert similarity[same].min() > similarity[~same].max()


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_a_frame_is_refused(embedder: Embedder, samples: int) -> None:
    with pytest.raises(InvalidAudio, match=r"Minimum allowed length is 0\.025 second\(s\)\. The audio is 0\.0"):
        embedder.embed(np.zeros(samples, np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(embedder: Embedder, bad: float) -> None:
    clip = noise(1)
    clip[100] = bad
    with pytest.raises(ValueError, match="finite"):
        embedder.embed(clip)


def test_several_channels_are_refused(embedder: Embedder) -> None:
    with pytest.raises(ValueError, match="one channel"):
        embedder.embed(noise(1).reshape(2, -1))


@pytest.mark.skipif(not PROCESS_STATUS.exists(), reason="no /proc to read the peak memory of a process from")
def test_five_minutes_need_no_more_memory_than_half_a_minute() -> None:
    assert peak_memory_mb(300) < peak_memory_mb(30) + 100


def peak_memory_mb(seconds: int) -> float:
    """Largest resident memory of a process that measures and embeds a clip of this length."""
    code = f"""
from pathlib import Path
import numpy
from shared.listening.bundle import Bundle
from shared.listening.embedder import Embedder
from shared.listening.quality import SpeechDetector
embedder = Embedder(Bundle.load(Path("models/campplus")))
detector = SpeechDetector(Bundle.load(Path("models/silero-vad")))
clip = numpy.random.default_rng(0).normal(0, 0.1, {seconds} * 16_000).astype(numpy.float32)
detector.measure(clip)
embedder.embed(clip)
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""
    return float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT))
