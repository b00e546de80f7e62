"""What Azure makes of the few expressions that a snapshot leaves: of the cloud, and of other resources."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Cloud:
    """A cloud of Azure, as ``environment()`` describes it.

    Attributes:
        storage: suffix of storage endpoints.
        vault: suffix of vaults.
        login: where its identities sign in.
    """

    name: str
    storage: str
    vault: str
    login: str


PUBLIC: Final = Cloud("AzureCloud", "core.windows.net", ".vault.azure.net", "https://login.microsoftonline.com/")
GOVERNMENT: Final = Cloud(
    "AzureUSGovernment", "core.usgovcloudapi.net", ".vault.usgovcloudapi.net", "https://login.microsoftonline.us/"
)
CHINA: Final = Cloud("AzureChinaCloud", "core.chinacloudapi.cn", ".vault.azure.cn", "https://login.chinacloudapi.cn/")

_TEXT: Final = r"'((?:[^'])*)'"
_RULES: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    # reference(ID, VERSION).property: named by the resource and the property
    (r"reference\('[^']*/([\w-]+)', '[\d-]+'\)\.([\w.]+)", lambda found: f"'<{found[1]}.{found[2]}>'"),
    (rf"replace\({_TEXT}, {_TEXT}, {_TEXT}\)", lambda found: f"'{found[1].replace(found[2], found[3])}'"),
    (rf"createObject\(((?:{_TEXT},? ?)+)\)\[{_TEXT}\]", lambda found: f"'{_pairs(found[1])[found[3]]}'"),
    (rf"format\({_TEXT}((?:, {_TEXT})*)\)", lambda found: f"'{found[1].format(*re.findall(_TEXT, found[2]))}'"),
    (rf"resourceId\({_TEXT}, {_TEXT}, {_TEXT}, {_TEXT}\)", lambda found: f"'<{found[4]}.id>'"),
)


def evaluated(value: Any, cloud: Cloud) -> Any:  # noqa: ANN401  any JSON
    """JSON with its expressions as text in which ``<name.property>`` stands for what only Azure knows."""
    if isinstance(value, dict):
        return {evaluated(name, cloud): evaluated(content, cloud) for name, content in value.items()}
    if isinstance(value, list):
        return [evaluated(content, cloud) for content in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return _text(value[1:-1], cloud)
    return value


def _text(expression: str, cloud: Cloud) -> str:
    for name, known in _environment(cloud).items():
        expression = expression.replace(name, f"'{known}'")
    before = ""
    while before != expression:
        before = expression
        for pattern, simpler in _RULES:
            expression = re.sub(pattern, simpler, expression)
    whole = re.fullmatch(_TEXT, expression)
    return whole[1] if whole else f"[{expression}]"


def _environment(cloud: Cloud) -> Mapping[str, str]:
    return {
        "environment().name": cloud.name,
        "environment().suffixes.storage": cloud.storage,
        "environment().suffixes.keyvaultDns": cloud.vault,
        "environment().authentication.loginEndpoint": cloud.login,
    }


def _pairs(arguments: str) -> Mapping[str, str]:
    texts = re.findall(_TEXT, arguments)
    return dict(zip(texts[::2], texts[1::2], strict=True))
