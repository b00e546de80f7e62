"""What the rules of the deployment are written with: names, and sentences about what is not as it should be."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.infra.deployment import Deployment, Resource

UNIQUE: Final = "pltyx3rhab4qa"
"""What the names of the snapshots end with; it may not change, or an upgrade makes a second, empty service."""
VOICES, HOST, VAULT, INSIGHTS = f"st{UNIQUE}", f"st{UNIQUE}host", f"kv-{UNIQUE}", f"appi-{UNIQUE}"
APP: Final = f"func-{UNIQUE}"
DATABASE: Final = f"psql-{UNIQUE}"


def site(deployment: Deployment) -> Resource:
    """The function app."""
    return deployment.only("Microsoft.Web/sites")


def flex(deployment: Deployment) -> Mapping[str, Any]:
    """How it runs on Flex Consumption."""
    config: Mapping[str, Any] = site(deployment).properties["functionAppConfig"]
    return config


def production(deployment: Deployment) -> bool:
    """Whether the set is one of production."""
    return deployment.given.get("environmentType") == "production"


def customer_key(deployment: Deployment) -> bool:
    """Whether the set asks for the customer's own key."""
    return bool(deployment.given.get("customerManagedKey"))


def names(deployment: Deployment, kind: str) -> set[str]:
    """Names of the resources of a type."""
    return {resource.name for resource in deployment.of(kind)}


def differs(resource: Resource, wanted: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each property that is another one."""
    for name, value in wanted.items():
        yield from same(f"{resource.name}.{name}", resource.properties.get(name), value)


def true(what: str, found: object) -> Iterator[str]:
    """A sentence if something is not true."""
    if found is not True:
        yield f"{what}: {found!r}, not True"


def same(what: str, found: object, wanted: object) -> Iterator[str]:
    """A sentence if two things differ."""
    if found != wanted:
        yield f"{what}: {found!r}, not {wanted!r}"
