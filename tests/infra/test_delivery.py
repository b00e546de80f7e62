"""azure.yaml, host.json, and the workflows: their shape, and that they agree with the rest. Nothing here runs them."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest
import yaml

from shared.settings import ROOT
from tools.package.contents import contents

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PARAMETERS: Final = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
VARIABLE: Final = re.compile(r"\$\{(\w+)=?(.*)\}")
NOT_SET_BY_PEOPLE: Final = {
    *("AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"),  # azd
    *("SPEAKER_API_KEYS", "SPEECH_KEY"),  # secrets: the guide tells of them apart
    "SPEAKER_KEYS_KEPT",  # a hook
}


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return document


def test_azd_deploys_the_repository_as_a_python_function_with_its_models() -> None:
    azure = yaml.safe_load((ROOT / "azure.yaml").read_text())
    assert azure["infra"] == {"provider": "bicep", "path": "infra"}
    service = azure["services"]["api"]
    assert (service["project"], service["language"], service["host"]) == (".", "python", "function")
    assert service["hooks"]["prepackage"]["run"] == "make models notices bytecode"


def test_the_host_adds_no_prefix_and_waits_no_longer_than_a_step_of_a_recording_takes() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensions"]["http"]["routePrefix"] == ""
    minutes = int(re.fullmatch(r"00:(\d\d):00", host["functionTimeout"])[1])  # type: ignore[index]
    assert minutes <= 10  # requests have 230 s, after which the load balancer gives up


def test_the_host_does_one_step_of_a_recording_at_a_time_and_pauses_between_two_tries() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"
    assert host["extensions"]["queues"] == {"batchSize": 1, "newBatchThreshold": 0, "visibilityTimeout": "00:00:30"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_says_that_it_was_not_run_and_runs_only_what_there_is(file: Any) -> None:  # noqa: ANN401
    text = file.read_text()
    assert "it has not been run yet" in text.splitlines()[0]
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"run: make (\w+)", text)) <= targets
    assert "secrets." not in text
    assert re.findall(r"uses: (.+)", text) == re.findall(r"uses: (\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+)", text)


def test_ci_checks_tests_packages_and_compiles() -> None:
    commands = _commands("ci.yml")
    assert {"make check", "make test", "make package"} <= set(commands)
    [compiler] = [place for place, command in enumerate(commands) if command.startswith("az bicep install --version v")]
    assert compiler < commands.index("make test")


def test_ci_audits_every_locked_dependency() -> None:
    audits = [command for command in _commands("ci.yml") if "audit" in command]
    for locked in ("requirements.txt", "requirements-dev.txt"):
        assert any("pip-audit" in audit and audit.endswith(locked) for audit in audits)
    assert {audit.partition("high")[2].strip() for audit in audits if audit.startswith("npm audit")} == {
        "",
        "--prefix tests/clients",
    }


def test_what_is_pinned_is_kept_up_to_date() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "npm", "github-actions"}


def test_deployment_signs_in_without_a_secret_and_looks_before_it_leaps() -> None:
    document = workflow("deploy.yml")
    assert document["permissions"] == {"contents": "read", "id-token": "write"}
    steps = document["jobs"]["deploy"]["steps"]
    commands = [step.get("run", "") for step in steps]
    preview, deploy = (
        next(i for i, command in enumerate(commands) if command.startswith(start))
        for start in ("azd provision --preview", "azd provision --no-prompt\n")
    )
    assert preview < deploy
    assert steps[deploy]["if"] == "inputs.apply"
    assert "azd deploy" in commands[deploy]
    assert all("azd deploy" not in command for command in commands[:deploy])


def test_the_token_of_the_deployment_names_its_branch_and_nothing_else() -> None:
    assert "environment" not in workflow("deploy.yml")["jobs"]["deploy"]


def test_the_deployment_registers_what_a_new_subscription_lacks() -> None:
    commands = _commands("deploy.yml")
    register = commands.index("az provider register --namespace Microsoft.App --wait")
    assert register < next(place for place, command in enumerate(commands) if command.startswith("azd provision"))


@pytest.mark.parametrize("successes", [[True], [False, True], [False] * 5])
def test_the_deployment_tries_again_while_roles_spread(tmp_path: Path, successes: list[bool]) -> None:
    [script] = [command for command in _commands("deploy.yml") if "azd deploy" in command]
    for number, success in enumerate(successes, 1):
        (tmp_path / f"deploy{number}").write_text("true" if success else "false")
    azd = """[ "$1" = provision ] && exit 0
    n=$(cat tries 2>/dev/null || echo 0); n=$((n + 1)); echo $n > tries; . ./deploy$n"""
    done = run(script, tmp_path, azd=azd, sleep=":")
    assert (done.returncode == 0) is successes[-1]
    assert (tmp_path / "tries").read_text().strip() == str(len(successes))


def test_the_guide_names_every_parameter_with_its_default() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", guide, re.MULTILINE)
    written = {name: "" if default == "*(empty)*" else default.strip("`") for name, default in rows}
    assert written == {name: default for name, default in _known().items() if name not in NOT_SET_BY_PEOPLE}


def test_the_guide_names_tests_and_rules_that_there_are() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    sources = "".join(file.read_text() for file in (ROOT / "tests" / "infra").rglob("*.py"))
    named = {
        name
        for row in re.findall(r"^\|.*\|$", guide, re.MULTILINE)
        for name in re.findall(r"`([a-z]+(?:_[a-z]+){3,})`", row)
    }
    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


@pytest.mark.parametrize("folder", ["venv", "env", ".venv", "speaker_env", "old_venv"])
def test_no_environment_of_python_is_uploaded(tmp_path: Path, folder: str) -> None:
    (tmp_path / ".funcignore").write_text((ROOT / ".funcignore").read_text())
    for name in (f"{folder}/lib/big.py", "shared/small.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert [file.relative_to(tmp_path).as_posix() for file in contents(tmp_path)] == ["shared/small.py"]


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
def test_the_deployment_passes_every_variable_of_the_repository(tmp_path: Path) -> None:
    [step] = [step for step in workflow("deploy.yml")["jobs"]["deploy"]["steps"] if "VARIABLES" in step.get("env", {})]
    assert step["env"]["VARIABLES"] == "${{ toJSON(vars) }}"
    variables = {name: f"{default} of\nmine" for name, default in _known().items()}
    given = {"VARIABLES": json.dumps(variables), "GITHUB_ENV": str(tmp_path / "environment")}
    assert run(step["run"], tmp_path, given).returncode == 0
    written = (tmp_path / "environment").read_text()
    assert dict(re.findall(r"(\w+)<<END-OF-VALUE\n(.*?)\nEND-OF-VALUE\n", written, re.DOTALL)) == variables


def run(
    script: str, folder: Path, environment: Mapping[str, str] = MappingProxyType({}), **commands: str
) -> subprocess.CompletedProcess[str]:
    """Run a step of a workflow as GitHub does, with stand-ins for commands."""
    stand_ins = folder / "bin"
    stand_ins.mkdir(exist_ok=True)
    for name, body in commands.items():
        (stand_ins / name).write_text(f"#!/bin/sh\n{body}\n")
        (stand_ins / name).chmod(0o755)
    path = {"PATH": f"{stand_ins}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _commands(name: str) -> list[str]:
    return [step.get("run", "") for job in workflow(name)["jobs"].values() for step in job["steps"]]


def _known() -> dict[str, str]:
    """Variables of the parameters file, with their defaults."""
    written = [entry["value"] for entry in PARAMETERS.values() if isinstance(entry["value"], str)]
    return {name: default for value in written for name, default in VARIABLE.findall(value)}
