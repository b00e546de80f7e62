"""What the template would send, read from its snapshots, and in which order, read from what it is compiled to."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from tests.infra.compiler import SETS
from tests.infra.expressions import PUBLIC, Cloud, evaluated

MODULE: Final = "Microsoft.Resources/deployments"
NAMES: Final = tuple(sorted(file.stem for file in SETS.glob("*.bicepparam")))


@dataclass(frozen=True)
class Resource:
    """A resource as it is sent."""

    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Its type, such as ``Microsoft.Web/sites``."""
        return str(self.body["type"])

    @property
    def name(self) -> str:
        """The last part of its name."""
        return str(self.body["name"]).rpartition("/")[2]

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties."""
        found: Mapping[str, Any] = self.body.get("properties", {})
        return found

    @property
    def parent(self) -> str:
        """Name of the resource that it is a part of."""
        return str(self.body["name"]).partition("/")[0]

    @property
    def scope(self) -> str:
        """Name of the resource that it extends, such as the one on which a role is held."""
        return str(self.body["id"]).rpartition("/providers/")[0].rpartition("/")[2]


@dataclass(frozen=True)
class Deployment:
    """All that is sent with one set of parameters.

    Attributes:
        given: the parameters that the set names and that are plain values.
    """

    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    given: Mapping[str, Any]

    @classmethod
    def load(cls, name: str, cloud: Cloud = PUBLIC) -> Self:
        """What was last written for a set of parameters."""
        return cls.read((SETS / f"{name}.snapshot.json").read_text(), name, cloud)

    @classmethod
    def read(cls, text: str, name: str, cloud: Cloud = PUBLIC) -> Self:
        """A snapshot as the compiler writes it."""
        content = evaluated(json.loads(text), cloud)
        given = dict(_given((SETS / f"{name}.bicepparam").read_text()))
        return cls(tuple(map(Resource, content["predictedResources"])), content["outputs"], given)

    def of(self, kind: str) -> list[Resource]:
        """The resources of a type."""
        return [resource for resource in self.resources if resource.type == kind]

    def only(self, kind: str, name: str | None = None) -> Resource:
        """The one resource of a type, or the one of that name."""
        [resource] = [each for each in self.of(kind) if name in (None, each.name)]
        return resource

    @property
    def settings(self) -> Mapping[str, Any]:
        """The app settings."""
        return self.only("Microsoft.Web/sites/config", "appsettings").properties


def order(template: Mapping[str, Any]) -> Mapping[str, set[str]]:
    """For each resource of a compiled template, by type and symbol, all that is made before it."""
    waits = {path: set(_waits(path, template)) for path, _ in _leaves(template)}
    return {path: _closure(path, waits) for path in waits}


def _given(text: str) -> Iterator[tuple[str, Any]]:
    for name, value in re.findall(r"^param (\w+) = (.+)$", text, re.MULTILINE):
        if not value.startswith("{"):
            yield name, json.loads(value.replace("'", '"'))


def _leaves(template: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Resources with their paths, such as ``app/appSettings Microsoft.Web/sites/config``."""
    for symbol, resource in template["resources"].items():
        if resource.get("existing"):
            continue
        if resource["type"] == MODULE:
            yield from _leaves(resource["properties"]["template"], f"{inside}{symbol}/")
        else:
            yield f"{inside}{symbol} {resource['type']}", resource


def _waits(path: str, template: Mapping[str, Any]) -> Iterator[str]:
    """The resources that a resource waits for by itself, or since its module does."""
    every = [leaf for leaf, _ in _leaves(template)]
    inside, level = "", template
    for symbol in path.partition(" ")[0].split("/"):
        resource = level["resources"][symbol]
        for needed in resource.get("dependsOn", ()):
            name = inside + re.sub(r"\[format\('(\w+)\[.*", r"\1", needed)
            yield from (leaf for leaf in every if leaf.startswith((f"{name} ", f"{name}/")))
        if resource["type"] == MODULE:
            inside, level = f"{inside}{symbol}/", resource["properties"]["template"]


def _closure(path: str, waits: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    todo = [path]
    while todo:
        new = waits[todo.pop()] - reached
        reached |= new
        todo += new
    return reached
