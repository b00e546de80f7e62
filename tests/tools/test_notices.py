"""Licences of what is deployed: every library and model with its text, and a bill of materials that validates."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from functions.contract.version import VERSION
from shared.listening.bundle import Bundle
from shared.settings import ROOT
from tools.package import notices as command
from tools.package import parts
from tools.package.notices import notices, write_notices
from tools.package.parts import Library, UnknownLicence, libraries, licence_text, models, vendored
from tools.package.sbom import NAME, sbom

LOCKED = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", parts.LOCK.read_text(), re.MULTILINE)}


@pytest.fixture(scope="module")
def installed() -> list[Library]:
    return libraries()


@pytest.fixture(scope="module")
def text(installed: list[Library]) -> str:
    return "\n".join(notices(installed, models(), vendored()))


@pytest.fixture(scope="module")
def bill(installed: list[Library]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sbom(installed, models(), vendored()))
    return document


def test_every_locked_library_and_every_model_is_named_with_its_licence(text: str, installed: list[Library]) -> None:
    assert {library.name for library in installed} == LOCKED
    for library in installed:
        assert f"\n  {library.name} {library.version}: {library.licence}\n" in text
    for model in models():
        assert f"\n  {model.name} {model.version}: {model.licence}\n" in text
    assert f"\n  htm {vendored().version}, with Preact: Apache-2.0 AND MIT\n" in text


def test_every_text_stands_once_below_the_names_of_all_that_it_belongs_to(text: str, installed: list[Library]) -> None:
    heads = re.findall(r"^={80}\n(.+)\n={80}$", text, re.MULTILINE)
    named = {name for head in heads for name in head.split(", ")}
    assert named == LOCKED | {model.name for model in models()} | {"htm"}
    texts = {each for library in installed for each in library.texts} | {*vendored().texts}
    texts |= {licence_text(model).strip("\n") for model in models()}
    assert len(heads) == len(texts)
    assert all(f"\n\n{each}" in text for each in texts)


@pytest.mark.parametrize(
    ("licence", "says"),
    [("MIT", "Permission is hereby granted, free of charge"), ("Apache-2.0", "Version 2.0, January 2004")],
)
def test_the_licence_beside_a_model_is_that_of_its_manifest(licence: str, says: str) -> None:
    own = [licence_text(model) for model in models() if model.licence == licence]
    assert own
    assert all(says in text for text in own)


def test_a_library_that_brings_no_text_has_one_that_is_kept_for_it(installed: list[Library]) -> None:
    kept = {file.stem for file in parts.TEXTS.glob("*.txt")}
    texts = {library.name: library.texts for library in installed if library.name in kept}
    assert set(texts) == kept
    assert texts == {name: ((parts.TEXTS / f"{name}.txt").read_text().strip("\n"),) for name in kept}


def test_a_library_whose_licence_nobody_can_tell_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(parts._READ, "tiktoken")
    with pytest.raises(UnknownLicence, match="tiktoken names no licence that SPDX knows"):
        libraries()


def test_a_library_without_a_text_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parts, "TEXTS", tmp_path)
    with pytest.raises(UnknownLicence, match="azure-functions-runtime comes without its licence"):
        libraries()


def test_a_library_that_is_locked_and_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-library==1.0 \\\n")
    monkeypatch.setattr(parts, "LOCK", tmp_path / "requirements.txt")
    with pytest.raises(UnknownLicence, match="no-such-library is locked and not installed"):
        libraries()


def test_a_model_without_its_licence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text((ROOT / "models" / "silero-vad" / "manifest.json").read_text())
    with pytest.raises(UnknownLicence, match="LICENSE is missing: put the licence of Silero VAD"):
        licence_text(Bundle.load(tmp_path))


def test_the_bill_of_materials_keeps_to_the_schema_of_cyclonedx(bill: dict[str, Any]) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill)) is None
    assert validator.validate_str(json.dumps({**bill, "components": [{"name": "no type"}]})) is not None


def test_the_bill_of_materials_is_of_this_version_and_lists_every_part(bill: dict[str, Any]) -> None:
    app = bill["metadata"]["component"]
    assert (app["name"], app["version"]) == (NAME, VERSION)
    by_kind: dict[str, set[str]] = {}
    for component in bill["components"]:
        by_kind.setdefault(component["type"], set()).add(component["name"])
    assert by_kind == {"library": LOCKED | {"htm"}, "machine-learning-model": {model.name for model in models()}}
    assert all(component["version"] and component["licenses"] for component in bill["components"])


def test_the_bill_of_materials_says_what_needs_what_and_the_hash_of_every_model_file(bill: dict[str, Any]) -> None:
    needs = {entry["ref"]: set(entry.get("dependsOn", ())) for entry in bill["dependencies"]}
    references = {component["name"]: component["bom-ref"] for component in bill["components"]}
    assert needs[NAME] == set(references.values())
    assert references["azure-core"] in needs[references["azure-storage-blob"]]
    files = {
        file["bom-ref"]: file["hashes"] for component in bill["components"] for file in component.get("components", ())
    }
    assert files == {
        f"models/{model.folder.name}/{name}": [{"alg": "SHA-256", "content": digest}]
        for model in models()
        for name, digest in model.files.items()
    }


def test_both_files_are_written_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = [tmp_path / "notices.txt", tmp_path / "sbom.json"]
    for name, file in zip(("NOTICES", "SBOM"), files, strict=True):
        monkeypatch.setattr(command, name, file)
    write_notices()
    first = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    write_notices()
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == first


def test_the_notice_of_the_project_names_every_model() -> None:
    notice = (ROOT / "NOTICE").read_text()
    assert all(model.name.split()[0] in notice and model.licence in notice for model in models())
