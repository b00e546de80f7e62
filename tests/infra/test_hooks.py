"""What azd runs around a deployment, and the rotation of keys, with stand-ins for the tools; not yet in Azure."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest
import yaml

from shared.settings import ROOT
from tests.infra.stand_ins import Ran, after, run

pytestmark = pytest.mark.slow

SCRIPTS: Final = sorted((ROOT / "infra").rglob("*.sh"))
OF_AZD: Final = {
    "AZURE_ENV_NAME": "prod",
    "AZURE_LOCATION": "westeurope",
    "AZURE_RESOURCE_GROUP": "voices",
    "AZURE_SUBSCRIPTION_ID": "subscription",
}
OUTPUTS: Final = {
    "SERVICE_API_NAME": "func-x",
    "SERVICE_API_URI": "https://func-x.azurewebsites.net",
    "SPEAKER_RESOURCE_GROUP": "voices",
    "SPEAKER_KEYS_SECRET": "speaker-recognition-keys",
    "AZURE_KEY_VAULT_NAME": "kv-x",
}
READY: Final[Mapping[str, str]] = {
    "az provider show*": "echo Registered",
    "az functionapp list-flexconsumption-locations*": "echo 'West Europe'; echo eastus2",
    "az functionapp list-flexconsumption-runtimes*": "echo 3.12; echo 3.13",
    "az storage sku list*": "echo westeurope",
    "az group exists*": "echo false",
}
THERE: Final = {"az group exists*": "echo true", "az keyvault list --*": "echo /vaults/kv-x"}
REFERENCES: Final = "az rest --method get --url */config/configreferences/appsettings?*"
REFRESH: Final = "az rest --method post --url */config/configreferences/appsettings/refresh?*"


def provision(folder: Path, answers: Mapping[str, str], **environment: str) -> Ran:
    """Run the hook before provisioning, where everything is in order but for what is said."""
    return run("hooks/preprovision.sh", folder, {**answers, **READY, **answers}, {**OF_AZD, **environment})


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck: apt-get install shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_says_nothing(script: Path) -> None:
    done = subprocess.run(["shellcheck", "--external-sources", script], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_azd_runs_every_hook() -> None:
    hooks = yaml.safe_load((ROOT / "azure.yaml").read_text())["hooks"]
    assert {name: hook["run"] for name, hook in hooks.items()} == {
        file.stem: f"sh infra/hooks/{file.name}"
        for file in SCRIPTS
        if file.parent.name == "hooks" and file.stem != "common"
    }
    assert {hook["shell"] for hook in hooks.values()} == {"sh"}


def test_a_first_deployment_finds_no_keys_and_says_how_to_make_some(tmp_path: Path) -> None:
    ran = provision(tmp_path, {})
    assert ran.code == 0, ran.said
    assert ran.called("azd env set") == ["azd env set SPEAKER_KEYS_KEPT false", "azd env set VAULT_RECOVER false"]
    assert "openssl rand" in ran.said
    assert ran.calls[-1] == "make models"


def test_keys_of_an_earlier_deployment_are_kept(tmp_path: Path) -> None:
    ran = provision(tmp_path, THERE | {"az rest*/vaults/kv-x/secrets?*": "echo other; echo speaker-recognition-keys"})
    assert ran.called("azd env set") == ["azd env set SPEAKER_KEYS_KEPT true", "azd env set VAULT_RECOVER false"]
    assert "openssl" not in ran.said


def test_a_vault_without_keys_keeps_none(tmp_path: Path) -> None:
    ran = provision(tmp_path, THERE | {"az rest*/vaults/kv-x/secrets?*": "echo other"}, AUTH_CLIENT_ID="client")
    assert "azd env set SPEAKER_KEYS_KEPT false" in ran.calls
    assert "openssl" not in ran.said


def test_a_vault_that_was_deleted_is_brought_back_with_its_keys(tmp_path: Path) -> None:
    ran = provision(tmp_path, {"az keyvault list-deleted*": "echo kv-x"})
    assert ran.called("azd env set") == ["azd env set SPEAKER_KEYS_KEPT true", "azd env set VAULT_RECOVER true"]


@pytest.mark.parametrize("asked", ["az group exists*", "az keyvault list --*", "az rest*"])
def test_what_cannot_be_found_out_is_not_guessed(tmp_path: Path, asked: str) -> None:
    ran = provision(tmp_path, {**THERE, asked: "echo no >&2; exit 1"})
    assert ran.code != 0
    assert not ran.called("azd env set")
    assert not ran.called("make")


def test_microsoft_app_is_registered_once(tmp_path: Path) -> None:
    ran = provision(tmp_path, {"az provider show*": "echo NotRegistered"})
    assert "az provider register --namespace Microsoft.App --wait" in ran.calls
    again = tmp_path / "again"
    again.mkdir()
    assert not provision(again, {}).called("az provider register")


REFUSED: Final = {
    "nobody is signed in": ({"az account show*": "exit 1"}, {}, "az login"),
    "the provider may not be registered": (
        {"az provider show*": "echo NotRegistered", "az provider register*": "exit 1"},
        {},
        "Have an owner of the subscription run",
    ),
    "the region has no Flex Consumption": ({}, {"AZURE_LOCATION": "westindia"}, "eastus2"),
    "the region has no Python 3.13": (
        {"az functionapp list-flexconsumption-runtimes*": "echo 3x13"},
        {},
        "Python 3.13",
    ),
    "the region has no zones for storage": ({"az storage sku list*": "echo eastus2"}, {}, "STORAGE_REDUNDANCY"),
    "the region has no zones for the app": (
        {"az functionapp list-flexconsumption-locations --zone-redundant*": "echo eastus2"},
        {"ZONE_REDUNDANT": "true"},
        "azd env set ZONE_REDUNDANT false",
    ),
    "the list of regions cannot be had": ({"az functionapp list-flexconsumption-locations*": "exit 1"}, {}, ""),
    "the package cannot speak to the database": ({}, {"POSTGRES": "true"}, "requirements-postgres.in"),
    "the models cannot be built": ({"make models": "exit 2"}, {}, ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_fail_half_way_is_found_before(tmp_path: Path, case: str) -> None:
    answers, environment, said = REFUSED[case]
    ran = provision(tmp_path, answers, **environment)
    assert ran.code != 0
    assert said in ran.said


def test_regions_are_listed_where_none_is_chosen(tmp_path: Path) -> None:
    ran = provision(tmp_path, {}, AZURE_LOCATION="")
    assert ran.code == 0
    assert "West Europe\neastus2" in ran.said


def test_a_region_may_be_spelt_as_people_do(tmp_path: Path) -> None:
    assert provision(tmp_path, {}, AZURE_LOCATION="West Europe").code == 0


def test_a_machine_without_az_is_told_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    script = ROOT / "infra" / "hooks" / "preprovision.sh"
    links = {name: shutil.which(name) for name in ("dirname", "sh")}
    for name, path in links.items():
        (tmp_path / "empty" / name).symlink_to(str(path))
    environment = {"PATH": str(tmp_path / "empty")}
    done = subprocess.run(["/bin/sh", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "https://aka.ms/azure-cli" in done.stderr


def test_roles_are_awaited_until_references_can_be_followed(tmp_path: Path) -> None:
    answers = {
        "az resource show*": "echo /sites/func-x",
        REFERENCES: after(2, "true", "echo SPEAKER_RECOGNITION_KEYS AccessToKeyVaultDenied"),
    }
    ran = run("hooks/postprovision.sh", tmp_path, answers, OUTPUTS)
    assert ran.code == 0
    assert len(ran.called("az rest --method post --url /sites/func-x/config/configreferences")) == 3
    assert "AccessToKeyVaultDenied" in ran.said
    assert "all Key Vault references are resolved" in ran.said


@pytest.mark.parametrize("asked", [REFRESH, REFERENCES])
def test_references_that_are_never_followed_end_the_wait(tmp_path: Path, asked: str) -> None:
    ran = run("hooks/postprovision.sh", tmp_path, {asked: "exit 1", "az resource show*": "echo /x"}, OUTPUTS)
    assert ran.code == 1
    assert "azd hooks run postprovision" in ran.said
    assert len(ran.called("sleep 15")) == 40


def test_the_service_is_polled_until_it_is_healthy_and_the_first_call_is_shown(tmp_path: Path) -> None:
    ran = run("hooks/postdeploy.sh", tmp_path, {"curl*": after(2, "printf 200", "printf 503")}, OUTPUTS)
    assert ran.code == 0
    assert len(ran.called("curl")) == 3
    assert re.search(r"\[#+ +\] HTTP status of https://func-x\.azurewebsites\.net/health: 503", ran.said)
    url = "https://func-x.azurewebsites.net/speaker-recognition/verification/text-independent/profiles"
    assert f'"{url}?api-version=2021-09-05"' in ran.said
    assert 'Ocp-Apim-Subscription-Key: $KEY"' in ran.said


def test_a_service_that_stays_ill_says_why(tmp_path: Path) -> None:
    write = """while [ "$1" != --output ]; do shift; done; echo '{"error": "no bundle"}' > "$2"; printf 500"""
    ran = run("hooks/postdeploy.sh", tmp_path, {"curl*": write}, OUTPUTS)
    assert ran.code == 1
    assert '{"error": "no bundle"}' in ran.said
    assert "The service is up" not in ran.said


def test_a_service_within_its_network_is_not_polled_from_outside(tmp_path: Path) -> None:
    ran = run("hooks/postdeploy.sh", tmp_path, {}, {**OUTPUTS, "INBOUND_PRIVATE": "true"})
    assert ran.code == 0
    assert not ran.called("curl")


SERVICE: Final = """key=$(sed 's/.*: //; s/"//')
case ",$(cat heeded)," in *[,:]$key,*) printf 200 ;; *) printf 401 ;; esac"""


def rotate(
    folder: Path,
    answers: Mapping[str, str] = MappingProxyType({}),
    keys: str = "old-key,second-key",
    arguments: tuple[str, ...] = (),
) -> Ran:
    """Rotate keys, with a vault that keeps what is written and a service that heeds the vault once it was refreshed."""
    (folder / "vault").write_text(keys)
    (folder / "heeded").write_text(keys)
    vault: Mapping[str, str] = {
        "az keyvault secret show*--query value*--id*": "cat before",
        "az keyvault secret show*--query value*": "cat vault",
        "az keyvault secret show*--query id*": "echo https://kv-x/secrets/keys/1",
        "az keyvault secret list-versions*": "printf 'https://kv-x/secrets/keys/2\\nhttps://kv-x/secrets/keys/1\\n'",
        "az keyvault secret set --*": 'while [ "$1" != --file ]; do shift; done; cp vault before; cp "$2" vault',
        "az resource show*": "echo /sites/func-x",
        REFRESH: "cp vault heeded",
        "curl*": SERVICE,
    }
    return run("rotate-keys.sh", folder, {**answers, **vault, **answers}, OUTPUTS, *arguments)


def test_rotation_ends_when_the_old_key_is_refused_and_hidden(tmp_path: Path) -> None:
    ran = rotate(tmp_path)
    assert ran.code == 0, ran.said
    second, fresh = (tmp_path / "heeded").read_text().split(",")
    assert second == "second-key"
    assert re.fullmatch("[0-9a-f]{64}", fresh)
    order = [next(place for place, call in enumerate(ran.calls) if fits in call) for fits in STEPS]
    assert order == sorted(order)
    assert ran.calls[-1] == (
        "az keyvault secret set-attributes --id https://kv-x/secrets/keys/1 --enabled false --output none"
    )


STEPS: Final = ("keyvault secret set --", "appsettings/refresh", "curl", "set-attributes")


def test_rotation_shows_no_key_to_anybody(tmp_path: Path) -> None:
    ran = rotate(tmp_path)
    shown = ran.said + "\n".join(ran.calls)
    for key in ("old-key", "second-key", (tmp_path / "vault").read_text().split(",")[1]):
        assert key not in shown
    assert not list(tmp_path.glob("tmp*"))


def test_a_new_key_takes_name_and_scope_of_the_old_one(tmp_path: Path) -> None:
    assert rotate(tmp_path, keys="desk:recognize:old-key,second-key").code == 0
    assert re.fullmatch(r"second-key,desk:recognize:[0-9a-f]{64}", (tmp_path / "vault").read_text())


def test_the_only_key_is_not_rotated_away(tmp_path: Path) -> None:
    ran = rotate(tmp_path, keys="old-key")
    assert ran.code == 1
    assert (tmp_path / "vault").read_text() == "old-key"


def test_a_vault_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    ran = rotate(tmp_path, {"az keyvault secret show*": "exit 1"})
    assert ran.code == 1
    assert "Key Vault Secrets Officer" in ran.said
    assert not ran.called("az keyvault secret set")


HALF_WAY: Final = {
    "the app is not found": {"az resource show*": "exit 1"},
    "the vault is not read again": {REFRESH: "true"},
    "references stay unresolved": {REFERENCES: "echo SPEAKER_RECOGNITION_KEYS SecretNotFound"},
    "the service does not answer": {"curl*": "exit 7"},
    "the old version stays": {"az keyvault secret set-attributes*": "exit 1"},
}


@pytest.mark.parametrize("case", HALF_WAY)
def test_a_rotation_that_was_cut_off_says_so_and_is_finished_by_resume(tmp_path: Path, case: str) -> None:
    ran = rotate(tmp_path, HALF_WAY[case])
    assert ran.code == 1
    assert "rotate-keys.sh resume" in ran.said
    rotated, before = (tmp_path / "vault").read_text(), (tmp_path / "before").read_text()
    assert before == "old-key,second-key"
    again = tmp_path / "again"
    again.mkdir()
    (again / "before").write_text(before)
    resumed = rotate(again, keys=rotated, arguments=("resume",))
    assert resumed.code == 0, resumed.said
    assert (again / "vault").read_text() == rotated
    assert resumed.called("az keyvault secret set-attributes --id https://kv-x/secrets/keys/1")


def test_there_is_nothing_to_resume_where_no_older_version_is_enabled(tmp_path: Path) -> None:
    ran = rotate(
        tmp_path, {"az keyvault secret list-versions*": "echo https://kv-x/secrets/keys/2"}, arguments=("resume",)
    )
    assert ran.code == 1
    assert "nothing to finish" in ran.said
