"""azure.yaml, host.json, and the workflows: their shape, and that they agree with the rest. Nothing here runs them."""

import json
import re
from typing import Any, Final

import pytest
import yaml

from shared.settings import ROOT

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PARAMETERS: Final = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
VARIABLE: Final = re.compile(r"\$\{(\w+)=?(.*)\}")
OF_AZD: Final = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "SPEAKER_API_KEYS"}


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return document


def test_azd_deploys_the_repository_as_a_python_function_with_its_models() -> None:
    azure = yaml.safe_load((ROOT / "azure.yaml").read_text())
    assert azure["infra"] == {"provider": "bicep", "path": "infra"}
    service = azure["services"]["api"]
    assert (service["project"], service["language"], service["host"]) == (".", "python", "function")
    assert service["hooks"]["prepackage"]["run"].startswith("make models")


def test_the_host_adds_no_prefix_and_waits_no_longer_than_the_platform() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensions"]["http"]["routePrefix"] == ""
    minutes = int(re.fullmatch(r"00:(\d\d):00", host["functionTimeout"])[1])  # type: ignore[index]
    assert minutes * 60 < 230  # after which the load balancer gives up


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_says_that_it_was_not_run_and_runs_only_what_there_is(file: Any) -> None:  # noqa: ANN401
    text = file.read_text()
    assert "it has not been run yet" in text.splitlines()[0]
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"run: make (\w+)", text)) <= targets
    assert "secrets." not in text
    assert set(re.findall(r"uses: (\S+)", text)) == set(re.findall(r"uses: (\S+@v\d+)", text))


def test_ci_checks_tests_packages_and_compiles() -> None:
    commands = [step.get("run", "") for job in workflow("ci.yml")["jobs"].values() for step in job["steps"]]
    assert {"make check", "make test", "make package"} <= set(commands)
    assert any(command.startswith("az bicep build") for command in commands)
    assert any(command.startswith("az bicep lint") for command in commands)


def test_deployment_signs_in_without_a_secret_and_looks_before_it_leaps() -> None:
    document = workflow("deploy.yml")
    assert document["permissions"] == {"contents": "read", "id-token": "write"}
    steps = document["jobs"]["deploy"]["steps"]
    commands = [step.get("run", "") for step in steps]
    preview, deploy = (
        next(i for i, command in enumerate(commands) if command.startswith(start))
        for start in ("azd provision --preview", "azd up")
    )
    assert preview < deploy
    assert steps[deploy]["if"] == "inputs.apply"


def test_the_guide_names_every_parameter_with_its_default() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", guide, re.MULTILINE)
    written = {name: "" if default == "*(empty)*" else default.strip("`") for name, default in rows}
    assert written == {name: default for name, default in _known().items() if name not in OF_AZD}


def test_deployment_passes_every_parameter_with_the_same_default() -> None:
    environment = workflow("deploy.yml")["jobs"]["deploy"]["env"]
    passed = dict(re.findall(r"vars\.(\w+) \|\| '(.*?)'", " ".join(environment.values())))
    assert passed == {name: default for name, default in _known().items() if name not in OF_AZD}


def _known() -> dict[str, str]:
    """Variables of the parameters file, with their defaults."""
    return {name: default for entry in PARAMETERS.values() for name, default in VARIABLE.findall(entry["value"])}
