"""What follows from the template's parameters: the file by which azd fills them, and the table of the guide."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from shared.settings import ROOT
from tests.infra.compiler import FOLDER, compiled

FILE: Final = FOLDER / "main.parameters.json"
GUIDE: Final = ROOT / "docs" / "deploy.md"
VARIABLES: Final = {
    # parameters whose variable is not their own name in capitals
    "environmentName": "AZURE_ENV_NAME",
    "location": "AZURE_LOCATION",
    "principalId": "AZURE_PRINCIPAL_ID",
    "principalType": "AZURE_PRINCIPAL_TYPE",
    "environmentType": "ENVIRONMENT",
    "apiKeys": "SPEAKER_API_KEYS",
    "keysKept": "SPEAKER_KEYS_KEPT",
    "model": "SPEAKER_MODEL",
    "whisper": "SPEAKER_WHISPER",
}
ASKED_FOR: Final = ("environmentName", "location")
UNTOLD: Final = {*ASKED_FOR, "principalId", "principalType", "apiKeys", "speechKey", "keysKept", "appSettings"}
"""Parameters that nobody sets as a variable of azd: azd itself does, a hook, or the shell."""

_FILLED: Final = {"principalType": "User", "keysKept": "true"}


def written() -> Mapping[str, Any]:
    """By parameter, how azd fills it: ``${VARIABLE=default}``."""
    return {name: _written(name, declared) for name, declared in _declared().items()}


def parameters_file() -> str:
    """The text of ``main.parameters.json``, one parameter a line."""
    head, _, _ = FILE.read_text().partition('  "parameters"')
    lines = [f'    "{name}": {{ "value": {json.dumps(value)} }}' for name, value in written().items()]
    return head + '  "parameters": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def guide() -> str:
    """The guide, with the table that the template's descriptions make."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, declared in _declared().items():
        if name not in UNTOLD:
            variable, default = re.findall(r"\$\{(\w+)=(.*)\}", _written(name, declared))[0]
            shown = f"`{default}`" if default else "*(empty)*"
            rows.append(f"| `{variable}` | {shown} | {declared['metadata']['description']} |")
    table = "<!-- parameters -->\n" + "\n".join(rows) + "\n<!-- /parameters -->"
    return re.sub(r"<!-- parameters -->.*<!-- /parameters -->", lambda _: table, GUIDE.read_text(), flags=re.DOTALL)


def _declared() -> Mapping[str, Mapping[str, Any]]:
    parameters: Mapping[str, Mapping[str, Any]] = compiled()["parameters"]
    return parameters


def _written(name: str, declared: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    default = declared.get("defaultValue", "")
    if isinstance(default, dict):
        return default
    variable = VARIABLES.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
    return f"${{{variable}}}" if name in ASKED_FOR else f"${{{variable}={_FILLED.get(name, _text(default))}}}"


def _text(default: object) -> str:
    """A default as the environment holds it; what Azure works out is left to the template."""
    if isinstance(default, bool):
        return json.dumps(default)
    return "" if str(default).startswith("[") else str(default)
