"""The one reader of the tools: rates, channels, lengths, and files that hold nothing to hear."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from tools.demo.speakers import MAX_CLIP_SEC, read_speakers
from tools.recordings import MAX_SEC, UnusableInput, read, to_wav


def sine(seconds: float, rate: int = SAMPLE_RATE, peak: float = 0.5) -> NDArray[np.float32]:
    return np.asarray(peak * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate), np.float32)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_any_rate_becomes_16_khz(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "tone.wav", sine(1, rate), rate, subtype="FLOAT")
    samples = read(tmp_path / "tone.wav")
    assert len(samples) == SAMPLE_RATE
    assert samples[1000:-1000] == pytest.approx(sine(1)[1000:-1000], abs=0.01)


def test_channels_become_their_mean(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "stereo.wav", np.stack([sine(1), 0 * sine(1)], axis=1), SAMPLE_RATE, subtype="FLOAT")
    assert read(tmp_path / "stereo.wav").tolist() == (sine(1) / 2).tolist()


def test_what_is_louder_than_full_scale_is_cut_off(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", sine(1, peak=2), SAMPLE_RATE, subtype="FLOAT")
    assert np.abs(read(tmp_path / "loud.wav")).max() == 1


@pytest.mark.parametrize("bound", [2, MAX_SEC])
def test_a_longer_recording_is_read_up_to_the_bound(tmp_path: Path, bound: int) -> None:
    soundfile.write(tmp_path / "long.flac", sine(MAX_SEC + 1, 8000), 8000)
    assert len(read(tmp_path / "long.flac", at_most_sec=bound)) == bound * SAMPLE_RATE


@pytest.mark.parametrize(
    ("samples", "why"),
    [([], "it holds no samples"), ([0.1, np.nan], "it holds samples that are no numbers")],
    ids=["empty", "no number"],
)
def test_a_file_with_nothing_to_hear_is_refused(tmp_path: Path, samples: list[float], why: str) -> None:
    soundfile.write(tmp_path / "none.wav", np.array(samples, np.float32), SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(UnusableInput, match=rf"none\.wav cannot be read as audio: {why}"):
        read(tmp_path / "none.wav")


def test_a_file_that_is_no_audio_or_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no audio")
    for name in ("text.wav", "absent.wav"):
        with pytest.raises(UnusableInput, match=f"{name} cannot be read as audio: "):
            read(tmp_path / name)


def test_a_wav_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(to_wav(sine(1)))
    assert read(tmp_path / "tone.wav") == pytest.approx(sine(1), abs=1 / 32768)


def test_speakers_of_a_demo_have_the_last_file_to_test_and_the_others_to_enroll(tmp_path: Path) -> None:
    for name in ("anna", "boris", "clara"):
        for clip, length in (("a", 1), ("b", MAX_CLIP_SEC + 1), ("c", 2)):
            (tmp_path / name).mkdir(exist_ok=True)
            soundfile.write(tmp_path / name / f"{clip}.wav", sine(length, 8000), 8000)
        (tmp_path / name / ".hidden").write_text("no audio")
    speakers = read_speakers(tmp_path)
    assert [speaker.name for speaker in speakers] == ["anna", "boris", "clara"]
    assert [len(clip) for clip in speakers[0].enrollments] == [44 + 32_000, 44 + 32_000 * MAX_CLIP_SEC]
    assert speakers[0].test == to_wav(read(tmp_path / "anna" / "c.wav"))


def test_a_folder_that_is_no_demo_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"absent is not a folder"):
        read_speakers(tmp_path / "absent")
    for name in ("anna", "boris"):
        (tmp_path / name).mkdir()
    with pytest.raises(UnusableInput, match=r"has 0 file\(s\); at least 2 are needed"):
        read_speakers(tmp_path)
    (tmp_path / "anna" / "a.wav").write_bytes(to_wav(sine(1)))
    (tmp_path / "anna" / "b.wav").write_bytes(to_wav(sine(1)))
    (tmp_path / "boris").rmdir()
    with pytest.raises(UnusableInput, match=r"has 1 speaker folder\(s\); at least 3 are needed"):
        read_speakers(tmp_path)
