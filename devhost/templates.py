"""Route templates: parsed and matched as ASP.NET Core's `TemplateMatcher` does, which is what the host uses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from typing import Final, Protocol

from devhost.errors import SetupError

_WHOLE_NUMBER = r"\s*([+-]?)0*(\d{1,19})\s*"
_CONSTRAINTS = {
    "alpha": "[a-z]*",
    "bool": r"\s*(true|false)\s*",
    "guid": r"\s*([0-9a-f]{32}|[{(]?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[)}]?)\s*",
    "int": _WHOLE_NUMBER,
    "length": ".{%s}",
    "long": _WHOLE_NUMBER,
    "maxlength": ".{0,%s}",
    "minlength": ".{%s,}",
    "regex": ".*(?:%s).*",
    "required": ".+",
}
_BITS = {"int": 32, "long": 64}
_CATCH_ALL = 4
_TOKEN = re.compile(r"([^{}]+)|(\{[^{}]*\}|.)")
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::\w+(?:\(.*?\))?)*)(\??)\}")
_CONSTRAINT = re.compile(r":(\w+)(?:\((.*?)\))?(?=:|$)")
_SAMPLES = ("x", "1", "true", "00000000-0000-0000-0000-000000000000", "x" * 10)

type Values = dict[str, str]


class Segment(Protocol):
    """What stands between two slashes of a template."""

    @property
    def rank(self) -> int:
        """How unspecific it is: 1 a literal, 2 and 3 parameters, 4 and 5 catch-alls (RoutePrecedence)."""

    @property
    def optional(self) -> bool:
        """Whether the path may end before it."""

    @property
    def sample(self) -> str:
        """A text that it matches."""

    def match(self, text: str, values: Values) -> bool:
        """Whether it matches a text that is not empty; adds the values of its parameters."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text in lower case; paths match in any case."""

    sample: str
    rank: Final = 1
    optional: Final = False

    def match(self, text: str, _values: Values) -> bool:
        """See Segment."""
        return text.lower() == self.sample


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a parameter's value must look like; `bits` of the number that it must fit into, if it is one."""

    pattern: re.Pattern[str]
    bits: int | None

    def allows(self, text: str) -> bool:
        """Whether a value keeps it."""
        match = self.pattern.fullmatch(text)
        if match is None or self.bits is None:
            return match is not None
        return -1 << self.bits - 1 <= int(match[1] + match[2]) < 1 << self.bits - 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """`{name}`, `{name:constraint}`, `{name?}` or `{*name}`."""

    name: str
    constraints: tuple[Constraint, ...] = ()
    optional: bool = False
    catch_all: bool = False

    @property
    def rank(self) -> int:
        """See Segment."""
        return (5 if self.catch_all else 3) - bool(self.constraints)

    @property
    def sample(self) -> str:
        """See Segment."""
        return next((text for text in _SAMPLES if self.match(text, {})), _SAMPLES[0])

    def match(self, text: str, values: Values) -> bool:
        """See Segment."""
        values[self.name] = text
        return bool(text) and all(constraint.allows(text) for constraint in self.constraints)


@dataclass(frozen=True, slots=True)
class Complex:
    """Literals and parameters in turn, such as `{profileId}:verify`."""

    parts: tuple[Literal | Parameter, ...]
    rank: Final = 2
    optional: Final = False

    @property
    def sample(self) -> str:
        """See Segment."""
        return "".join(part.sample for part in self.parts)

    def match(self, text: str, values: Values) -> bool:
        """Match from right to left and never go back: `a{b}c{d}` does not match `aabcd`."""
        end = len(text)
        pending: Parameter | None = None
        for part in reversed(self.parts):
            if isinstance(part, Parameter):
                pending = part
                continue
            start = text.lower().rfind(part.sample, 0, end - bool(pending))  # what is pending needs a character
            after = start + len(part.sample)
            if start < 0 or not (pending.match(text[after:end], values) if pending else after == end):
                return False
            pending, end = None, start
        return pending.match(text[:end], values) if pending else end == 0


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def precedence(self) -> tuple[int, ...]:
        """ASP.NET Core's inbound precedence: the smaller, the more specific."""
        return tuple(segment.rank for segment in self.segments)

    @property
    def sample(self) -> str:
        """A path that the template matches."""
        return "/" + "/".join(segment.sample for segment in self.segments)

    def match(self, path: str, given: Sequence[str]) -> Values | None:
        """Return the route values if a decoded path matches; `given` is `split_path(path)`.

        An empty segment matches nothing, not even the start of a catch-all.
        """
        values: Values = {}
        for index, segment in enumerate(self.segments):
            if index == len(given):
                return values if all(left.optional for left in self.segments[index:]) else None
            if not given[index]:
                return None
            if segment.rank >= _CATCH_ALL:
                return values if segment.match(path.split("/", index + 1)[-1], values) else None
            if not segment.match(given[index], values):
                return None
        return values if len(given) == len(self.segments) else None


def split_path(path: str) -> list[str]:
    """Split a path into segments; one trailing slash is ignored, empty segments are kept."""
    segments = path.split("/")[1:]
    return segments[:-1] if segments and not segments[-1] else segments


def parse_template(text: str) -> Template:
    """Parse a route template, such as `profiles/{id:guid}:verify`."""
    try:
        segments = tuple(_parse_segment(segment) for segment in text.strip("/").split("/") if segment)
        if any(segment.rank >= _CATCH_ALL for segment in segments[:-1]):
            raise ValueError("a catch-all must come last")
    except (ValueError, re.error) as error:
        raise SetupError(f"route {text!r}: {error}") from error
    return Template(text, segments)


def _parse_segment(text: str) -> Segment:
    parts: list[Literal | Parameter] = []
    for literal, parameter in _TOKEN.findall(text):
        parts.append(Literal(literal.lower()) if literal else _parse_parameter(parameter))
    if len(parts) == 1:
        return parts[0]
    if any(part.optional for part in parts) or any(type(a) is type(b) for a, b in pairwise(parts)):
        raise ValueError(f"devhost cannot match {text!r}")
    return Complex(tuple(parts))


def _parse_parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"devhost cannot read {text!r}")
    stars, name, named, mark = match.groups()
    constraints = tuple(starmap(_constraint, _CONSTRAINT.findall(named)))
    return Parameter(name, constraints, optional=bool(mark or stars), catch_all=bool(stars))


def _constraint(name: str, argument: str) -> Constraint:
    if name not in _CONSTRAINTS:
        raise ValueError(f"devhost does not know the constraint {name!r}")
    pattern = _CONSTRAINTS[name].replace("%s", argument)
    return Constraint(re.compile(pattern, re.IGNORECASE | re.ASCII | re.DOTALL), _BITS.get(name))
