"""What `make package` makes can be deployed: it serves from an empty folder, on nothing but its requirements."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
import requests

from devhost.azurite import azurite_for_identities
from devhost.stack import Host, host
from functions.console import files
from shared.settings import ROOT
from tests import voices
from tests.infra.deployment import Deployment
from tests.infra.identity import STORAGE, Identity, identity, write_certificate
from tests.infra.policy.access import CLIENT_ID
from tools.client import Client
from tools.package.command import MAX_BYTES, make_package

pytestmark = pytest.mark.slow

KEYS: Final = ("a-key", "another-key")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_package(tmp_path_factory.mktemp("package") / "package.zip")


@pytest.fixture(scope="module")
def unpacked(package: Path) -> Path:
    folder = package.parent / "app"
    zipfile.ZipFile(package).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def python(unpacked: Path) -> Path:
    """An interpreter that has the requirements and nothing else."""
    environment = unpacked.parent / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    _pip("--python", python, "install", "--no-compile", "-r", unpacked / "requirements.txt")
    return python


@pytest.fixture(scope="module")
def dev_host(package: Path) -> Path:
    """The dev host and what it alone needs, apart from the app's environment."""
    folder = package.parent / "devhost-path"
    [aiohttp] = re.findall(r"^aiohttp==\S+", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    _pip("install", "--no-compile", "--target", folder, aiohttp)
    (folder / "devhost").symlink_to(ROOT / "devhost")
    return folder


@pytest.fixture(scope="module")
def user_assigned() -> Iterator[Identity]:
    with identity() as known:
        yield known


@pytest.fixture(scope="module")
def served(unpacked: Path, python: Path, dev_host: Path, user_assigned: Identity) -> Iterator[Host]:
    """The package under the settings of the template, on storage that only tokens open."""
    certificate, private_key = (unpacked.parent / name for name in ("certificate.pem", "key.pem"))
    write_certificate(certificate, private_key)
    with azurite_for_identities(certificate, private_key) as storage:
        environment = {
            **_settings(storage, user_assigned),
            **user_assigned.environment,
            "REQUESTS_CA_BUNDLE": str(certificate),
            "SSL_CERT_FILE": str(certificate),
            "PYTHONPATH": str(dev_host),
        }
        assert not re.search("AccountKey|ConnectionString", str(environment), re.IGNORECASE)
        with host(environment, root=unpacked, python=python) as running:
            yield running


def test_the_package_holds_the_app_and_its_models_and_nothing_else(package: Path) -> None:
    names = zipfile.ZipFile(package).namelist()
    top = {name.partition("/")[0] for name in names}
    app = {"function_app.py", "__pycache__", "functions", "host.json", "models", "requirements.txt", "shared"}
    assert top == app | {"LICENSE", "NOTICE", "THIRD_PARTY_NOTICES.txt", "sbom.cdx.json"}
    assert {Path(name).suffix for name in names if Path(name).name not in {"LICENSE", "NOTICE"}} <= {
        ".py", ".pyc", ".json", ".onnx", ".bin", ".txt", ".html", ".css", ".js", ".svg"
    }  # fmt: skip
    assert {"models/campplus/model.onnx", "models/whisper-tiny-en/model.bin"} <= set(names)
    assert {f"functions/console/{name}" for name in files()} <= set(names)


def test_the_package_is_small_and_always_the_same(package: Path, tmp_path: Path) -> None:
    assert package.stat().st_size < MAX_BYTES
    assert make_package(tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_every_module_is_deployed_compiled_and_no_bytecode_besides(package: Path) -> None:
    names = zipfile.ZipFile(package).namelist()
    tag = sys.implementation.cache_tag
    expected = {
        str(Path(name).parent / "__pycache__" / f"{Path(name).stem}.{tag}.pyc")
        for name in names
        if name.endswith(".py")
    }
    assert {name for name in names if name.endswith(".pyc")} == expected


def test_what_is_deployed_is_not_compiled_again_but_for_sources_that_were_edited(
    package: Path, python: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(package).extractall(tmp_path)
    assert _compiled(python, tmp_path) == set()
    edited = tmp_path / "shared" / "errors.py"
    edited.write_text(edited.read_text() + "EDITED = True\n")
    assert _compiled(python, tmp_path) == {edited}


def test_bytecode_names_no_folder_of_whoever_built_it(package: Path) -> None:
    with zipfile.ZipFile(package) as opened:
        assert not [name for name in opened.namelist() if str(ROOT).encode() in opened.read(name)]


def test_the_package_knows_its_speaker_with_nothing_but_a_managed_identity(
    served: Host, python: Path, user_assigned: Identity
) -> None:
    client, anna = Client(served.url, "verification", KEYS[1]), voices.speakers()["anna"]
    profile_id = client.create()
    for clip in anna.enrollments:
        enrolled = client.enroll(profile_id, clip)
    assert enrolled["enrollmentStatus"] == "Enrolled"
    assert client.verify(profile_id, anna.test)["recognitionResult"] == "Accept"
    assert client.verify(profile_id, voices.speakers()["david"].test)["recognitionResult"] == "Reject"
    client.delete(profile_id)
    assert set(user_assigned.asked) == {(user_assigned.client_id, STORAGE)}
    assert user_assigned.refused == 0


def test_the_package_is_healthy_and_refuses_a_caller_without_a_key(served: Host) -> None:
    assert requests.get(f"{served.url}/health", timeout=10).status_code == 200
    with pytest.raises(requests.HTTPError, match="401"):
        Client(served.url, "verification").create()


def test_the_environment_lacks_what_only_the_dev_host_needs(python: Path) -> None:
    installed = subprocess.run([python, "-c", "import aiohttp"], capture_output=True, check=False)
    assert b"ModuleNotFoundError" in installed.stderr


def _compiled(python: Path, app: Path) -> set[Path]:
    """Modules of an app that were compiled when it was imported."""
    command = [str(python), "-B", "-v", "-c", "import function_app"]
    said = subprocess.run(command, cwd=app, check=True, capture_output=True, text=True).stderr
    return {
        app / name for name in re.findall(rf"code object from {re.escape(str(app))}/(\S+\.py)$", said, re.MULTILINE)
    }


def _settings(storage: Mapping[str, str], known: Identity) -> dict[str, str]:
    """What the template sets, with Azurite for the account, and with what Azure would fill in."""
    settings = Deployment.load("keys").settings
    own = {
        name: value for name, value in settings.items() if name.startswith(("ORT_", "SPEAKER_", "AZURE_", "PYTHON_"))
    }
    return {
        **own,
        "AZURE_CLIENT_ID": own["AZURE_CLIENT_ID"].replace(CLIENT_ID, known.client_id),
        "SPEAKER_RECOGNITION_KEYS": ",".join(KEYS),
        "SPEAKER_STORAGE_BLOB_URL": storage["Blob"],
        "SPEAKER_STORAGE_TABLE_URL": storage["Table"],
    }


def _pip(*arguments: object) -> None:
    """Run the pip of this environment, and so use its cache."""
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *map(str, arguments)], check=True)
