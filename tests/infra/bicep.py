"""Reads a Bicep template and says what it would deploy: tree-sitter parses, this evaluates.

It knows the part of the language that the template uses, and refuses the rest. What only Azure knows, such as the id
of a principal that is yet to be created, stays symbolic. It is no compiler: see docs/deploy.md for what runs one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import and_, eq, ge, gt, le, lt, ne, or_
from pathlib import Path
from typing import Any, Final

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_bicep.language()))
_TYPES: Final = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le, "&&": and_, "||": or_,
}  # fmt: skip
_LIMITS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "allowed": lambda value, allowed: value in allowed,
    "minValue": ge,
    "maxValue": le,
    "minLength": lambda value, least: len(value) >= least,
    "maxLength": lambda value, most: len(value) <= most,
}


class TemplateError(Exception):
    """The template, or an argument, is wrong; says where."""


@dataclass(frozen=True)
class Later:
    """A value that is known once Azure has deployed: ``path`` says how the template reads it."""

    path: str

    def __str__(self) -> str:
        return f"[{self.path}]"


@dataclass(frozen=True)
class Handle:
    """A resource of the template, as its expressions hold it."""

    symbol: str
    index: int | None = None

    def __str__(self) -> str:
        return self.symbol if self.index is None else f"{self.symbol}[{self.index}]"


@dataclass(frozen=True)
class Resource:
    """A resource that would be deployed."""

    handle: Handle
    type: str
    api_version: str
    body: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its ``properties``."""
        return self.body.get("properties", {})  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Deployment:
    """What a template comes to, with the arguments that it was given."""

    arguments: Mapping[str, Any]
    secure: frozenset[str]
    resources: Sequence[Resource]
    outputs: Mapping[str, Any]

    def of(self, kind: str) -> list[Resource]:
        """Every resource of a type."""
        return [resource for resource in self.resources if resource.type == kind]


def evaluate(source: str, folder: Path, arguments: Mapping[str, Any]) -> Deployment:
    """Deploy on paper.

    Args:
        source: the template.
        folder: where the files lie that it loads.
        arguments: values of its parameters; those left out take their default.

    Raises:
        TemplateError: it does not parse, names what is not there, or an argument is not allowed.
    """
    root = _PARSER.parse(source.encode()).root_node
    _check_syntax(root)
    return _Template(root, folder, arguments).deployment()


class _Template:
    def __init__(self, root: Node, folder: Path, arguments: Mapping[str, Any]) -> None:
        self._folder = folder
        self._arguments = arguments
        self._declared = {name: node for node in root.named_children if (name := _declared_name(node))}
        self._decorators = dict(_decorators(root))
        self._known: dict[str, Any] = {}
        self._check_names(root)

    def deployment(self) -> Deployment:
        parameters = {name: self._name(name) for name, _ in self._each("parameter_declaration")}
        resources = [one for name, node in self._each("resource_declaration") for one in self._resources(name, node)]
        outputs = {name: self.value(node.named_children[-1], {}) for name, node in self._each("output_declaration")}
        secure = frozenset(name for name in parameters if "secure" in self._limits(name))
        return Deployment(parameters, secure, resources, outputs)

    def _each(self, kind: str) -> Iterator[tuple[str, Node]]:
        return ((name, node) for name, node in self._declared.items() if node.type == kind)

    def _check_names(self, root: Node) -> None:
        for name in self._arguments:
            if name not in self._declared:
                raise TemplateError(f"{name}: no such parameter")
        uses = Counter(_text(node) for node in _walk(root) if node.type == "identifier")
        for name, node in self._declared.items():
            if node.type in ("parameter_declaration", "variable_declaration") and uses[name] == 1:
                raise TemplateError(f"{name}: never used")

    def _name(self, name: str) -> Any:  # noqa: ANN401  any value of the language
        if name not in self._declared:
            raise TemplateError(f"{name}: not declared")
        node = self._declared[name]
        if node.type == "resource_declaration":
            return Handle(name)
        if name not in self._known:
            read = self._parameter if node.type == "parameter_declaration" else self._variable
            self._known[name] = read(name, node)
        return self._known[name]

    def _variable(self, _name: str, node: Node) -> Any:  # noqa: ANN401
        return self.value(node.named_children[-1], {})

    def _parameter(self, name: str, node: Node) -> Any:  # noqa: ANN401
        kind = _TYPES[_text(node.named_children[1])]
        if name not in self._arguments and len(node.named_children) < 3:
            raise TemplateError(f"{name}: no value")
        value = self._arguments[name] if name in self._arguments else self.value(node.named_children[2], {})
        if type(value) is not kind and not isinstance(value, Later):
            raise TemplateError(f"{name}: {value!r} is no {kind.__name__}")
        for limit, bound in self._limits(name).items():
            if limit in _LIMITS and not isinstance(value, Later) and not _LIMITS[limit](value, bound):
                raise TemplateError(f"{name}: {value!r} breaks {limit}({bound})")
        return value

    def _limits(self, name: str) -> dict[str, Any]:
        calls = self._decorators.get(self._declared[name].start_byte, [])
        return {_text(call.named_children[0]): next(self._arguments_of(call, {}), None) for call in calls}

    def _resources(self, name: str, node: Node) -> Iterator[Resource]:
        kind, _, version = self.value(node.named_children[1], {}).partition("@")
        make = partial(Resource, type=kind, api_version=version)
        body = node.named_children[-1]
        if body.type == "if_statement":
            condition, body = body.named_children
            if not self.value(condition, {}):
                return
        if body.type == "for_statement":
            for index, one in enumerate(self.value(body, {})):
                yield make(Handle(name, index), body=one)
        else:
            yield make(Handle(name), body=self.value(body, {}))

    def value(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """What an expression comes to, where ``names`` are the variables of the loops around it."""
        evaluate_node = getattr(self, f"_{node.type}", None)
        if evaluate_node is None:
            raise TemplateError(f"line {node.start_point[0] + 1}: cannot evaluate {node.type}")
        return evaluate_node(node, names)

    def _string(self, node: Node, names: Mapping[str, Any]) -> str:
        parts = (_text(part) if part.type == "string_content" else self.value(part, names) for part in _items(node))
        return "".join(map(str, parts))

    def _interpolation(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return self.value(_items(node)[0], names)

    _parenthesized_expression = _interpolation

    def _number(self, node: Node, _names: Mapping[str, Any]) -> int:
        return int(_text(node))

    def _boolean(self, node: Node, _names: Mapping[str, Any]) -> bool:
        return _text(node) == "true"

    def _null(self, _node: Node, _names: Mapping[str, Any]) -> None:
        return None

    def _array(self, node: Node, names: Mapping[str, Any]) -> list[Any]:
        return [self.value(item, names) for item in _items(node)]

    def _object(self, node: Node, names: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for item in _items(node):
            key, value = _items(item)
            name = _text(key) if key.type == "identifier" else self.value(key, names)
            if name in made:
                raise TemplateError(f"line {item.start_point[0] + 1}: {name} twice")
            made[name] = self.value(value, names)
        return made

    def _for_statement(self, node: Node, names: Mapping[str, Any]) -> list[Any]:
        head, over, body = _items(node)
        variables = [_text(variable) for variable in (head.named_children or [head])]
        rounds = enumerate(self.value(over, names))
        return [self.value(body, {**names, **dict(zip(variables, (x, i), strict=False))}) for i, x in rounds]

    def _identifier(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return names[_text(node)] if _text(node) in names else self._name(_text(node))

    def _member_expression(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        owner, member = self.value(node.named_children[0], names), _text(node.named_children[1])
        if isinstance(owner, Handle):
            return self._body_name(owner) if member == "name" else Later(f"{owner}.{member}")
        if isinstance(owner, Later):
            return Later(f"{owner.path}.{member}")
        if member not in owner:
            raise TemplateError(f"line {node.start_point[0] + 1}: no {member}")
        return owner[member]

    def _body_name(self, handle: Handle) -> Any:  # noqa: ANN401
        body = self._declared[handle.symbol].named_children[-1]
        body = body.named_children[-1] if body.type == "if_statement" else body
        named = {_text(_items(item)[0]): _items(item)[1] for item in _items(body)}
        return self.value(named["name"], {})

    def _subscript_expression(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        owner, index = (self.value(part, names) for part in node.named_children)
        return Handle(owner.symbol, index) if isinstance(owner, Handle) else owner[index]

    def _ternary_expression(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        condition, yes, no = node.named_children
        return self.value(yes if self.value(condition, names) else no, names)

    def _binary_expression(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        left, operator, right = node.children
        return _OPERATORS[_text(operator)](self.value(left, names), self.value(right, names))

    def _unary_expression(self, node: Node, names: Mapping[str, Any]) -> bool:
        return not self.value(node.named_children[0], names)

    def _call_expression(self, node: Node, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        name = _text(node.named_children[0])
        if name == "loadJsonContent":
            return json.loads((self._folder / next(self._arguments_of(node, names))).read_text())
        if name not in _FUNCTIONS:
            raise TemplateError(f"line {node.start_point[0] + 1}: function {name} is not known here")
        return _FUNCTIONS[name](*self._arguments_of(node, names))

    def _arguments_of(self, call: Node, names: Mapping[str, Any]) -> Iterator[Any]:
        return (self.value(argument, names) for argument in _items(call.named_children[1]))


def _hash(*parts: object) -> str:
    return f"<{'|'.join(map(str, parts))}>"


def _as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "concat": lambda *lists: [item for items in lists for item in items],
    "empty": lambda value: not value,
    "environment": lambda: {
        "suffixes": {"storage": "core.windows.net"},
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
    },
    "guid": _hash,
    "resourceGroup": lambda: Later("resourceGroup"),
    "split": lambda text, by: text.split(by),
    "string": _as_text,
    "subscription": lambda: Later("subscription"),
    "subscriptionResourceId": lambda kind, name: f"/{kind}/{name}",
    "tenant": lambda: Later("tenant"),
    "toLower": str.lower,
    "union": lambda *objects: {key: value for one in objects for key, value in one.items()},
    "uniqueString": lambda *_: "k7x2m4q9w3z5a",  # as long as Azure's are
}


def _check_syntax(root: Node) -> None:
    for node in _walk(root):
        if node.is_error or node.is_missing:
            raise TemplateError(f"line {node.start_point[0] + 1}: does not parse")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _items(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _declared_name(node: Node) -> str | None:
    return _text(node.named_children[0]) if re.fullmatch(r"\w+_declaration", node.type) else None


def _decorators(root: Node) -> Iterator[tuple[int, list[Node]]]:
    """The calls of decorators, by where the declaration that they adorn begins."""
    for node in root.named_children:
        if node.type == "decorators" and node.next_named_sibling:
            yield node.next_named_sibling.start_byte, [decorator.named_children[0] for decorator in node.named_children]
