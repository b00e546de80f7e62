"""What a JSON document is made of: one description from which it is written and OpenAPI describes it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, Protocol

from functions.contract.dialects import V2021, Context, Json
from shared.voices.families import VERIFICATION


class Kind(Protocol):
    """What a field may hold."""

    def schema(self, context: Context) -> Json:
        """Its JSON Schema."""

    def write(self, context: Context, value: Any) -> Any:  # noqa: ANN401  what JSON may hold
        """A value of it, as JSON holds it."""

    def named(self, context: Context) -> Iterator[tuple[str, Json]]:
        """Names and schemas of the parts of it that have names."""


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value


@dataclass(frozen=True)
class Plain:
    """A value that is no object. A schema that has a name is referred to."""

    form: Json
    to_json: Callable[[Any], Any] = _as_it_is
    name: str = ""

    def schema(self, _: Context) -> Json:
        """Its JSON Schema, or a reference to it."""
        return _reference(self.name) if self.name else self.form

    def write(self, _: Context, value: Any) -> Any:  # noqa: ANN401
        """The value; None is null."""
        return None if value is None else self.to_json(value)

    def named(self, _: Context) -> Iterator[tuple[str, Json]]:
        """Itself, if it has a name."""
        if self.name:
            yield self.name, self.form


@dataclass(frozen=True)
class ListOf:
    """An array."""

    items: Kind
    most: int | None = None

    def schema(self, context: Context) -> Json:
        """Its JSON Schema."""
        bound = {"maxItems": self.most} if self.most else {}
        return {"type": "array", **bound, "items": self.items.schema(context)}

    def write(self, context: Context, value: Any) -> Any:  # noqa: ANN401
        """The items in their order."""
        return [self.items.write(context, item) for item in value]

    def named(self, context: Context) -> Iterator[tuple[str, Json]]:
        """Those of its items."""
        return self.items.named(context)


@dataclass(frozen=True)
class Either:
    """What differs between versions beyond the names of its fields."""

    choose: Callable[[Context], Kind]

    def schema(self, context: Context) -> Json:
        """Its JSON Schema."""
        return self.choose(context).schema(context)

    def write(self, context: Context, value: Any) -> Any:  # noqa: ANN401
        """A value of it."""
        return self.choose(context).write(context, value)

    def named(self, context: Context) -> Iterator[tuple[str, Json]]:
        """Its parts that have names."""
        return self.choose(context).named(context)


@dataclass(frozen=True)
class Score:
    """The wire score: with the decimals that the operator wants, rounded down: 0.5 stays the point to accept from."""

    def schema(self, _: Context) -> Json:
        """Its JSON Schema."""
        return {"type": "number", "minimum": 0, "maximum": 1}

    def write(self, context: Context, value: float) -> float:
        """The score."""
        if context.decimals is None:
            return value
        return float(Decimal(value).quantize(Decimal(1).scaleb(-context.decimals), ROUND_FLOOR))

    def named(self, _: Context) -> Iterator[tuple[str, Json]]:
        """None."""
        return iter(())


@dataclass(frozen=True)
class Evidence:
    """A number that tells more of a comparison than the score: null where the operator wants scores to tell little."""

    def schema(self, _: Context) -> Json:
        """Its JSON Schema."""
        return {"type": ["number", "null"]}

    def write(self, context: Context, value: float | None) -> float | None:
        """The number."""
        return None if value is None or context.decimals is not None else round(value, 9)

    def named(self, _: Context) -> Iterator[tuple[str, Json]]:
        """None."""
        return iter(())


def _always(_: Context) -> bool:
    return True


@dataclass(frozen=True)
class Field[Thing]:
    """One property of an object.

    Attributes:
        name: as 2021-09-05 calls it.
        value: what it holds of the thing that is written.
        says: what it is, for people.
        when: for whom it is there.
        optional: it is left out where there is no value, instead of null.
    """

    name: str
    kind: Kind
    value: Callable[[Thing], Any]
    says: str = ""
    when: Callable[[Context], bool] = _always
    optional: bool = False

    def through[Other](self, lead: Callable[[Other], Thing]) -> "Field[Other]":
        """The same property of another thing, which leads to this one."""
        value = self.value
        return Field(self.name, self.kind, lambda other: value(lead(other)), self.says, self.when, self.optional)


@dataclass(frozen=True)
class Shape[Thing]:
    """An object.

    Attributes:
        details: what it holds under ``details`` for callers who ask.
        open_to_more: later versions may add to it, so that nobody should rely on there being nothing else.
    """

    name: str
    fields: tuple[Field[Thing], ...]
    details: "Shape[Any] | None" = None
    open_to_more: bool = False

    def write(self, context: Context, thing: Thing, about: object = None) -> Json:
        """The document of a thing; its details are about something else, if that is given."""
        document = {
            context.dialect.field(field.name): field.kind.write(context, value)
            for field in self._there(context)
            if (value := field.value(thing)) is not None or not field.optional
        }
        if self.details and context.details:
            document["details"] = self.details.write(_plainly(context), thing if about is None else about)
        return document

    def schema(self, context: Context) -> Json:
        """A reference to its JSON Schema."""
        return _reference(self._title(context))

    def named(self, context: Context) -> Iterator[tuple[str, Json]]:
        """Itself and all that it refers to."""
        yield self._title(context), self._form(context)
        for field in self._there(context):
            yield from field.kind.named(context)
        if self.details:
            yield from self.details.named(_plainly(context))

    def _there(self, context: Context) -> list[Field[Thing]]:
        return [field for field in self.fields if field.when(context)]

    def _title(self, context: Context) -> str:
        """Its name among all: families and versions that write the same share it."""
        usual = replace(context, dialect=V2021)
        forms = [self._form(each) for each in (replace(usual, family=VERIFICATION), usual, context)]
        family = "" if forms[0] == forms[1] else "TextDependent"
        return f"{self.name}{family}{'' if forms[1] == forms[2] else context.dialect.suffix}"

    def _form(self, context: Context) -> Json:
        there = self._there(context)
        name = context.dialect.field
        properties = {name(field.name): _described(field, context) for field in there}
        required = [name(field.name) for field in there if not field.optional]
        details = {"details": self.details.schema(_plainly(context))} if self.details else {}
        more = {"additionalProperties": True} if self.open_to_more else {}
        return {"type": "object", "required": required, "properties": {**properties, **details}, **more}


def _plainly(context: Context) -> Context:
    """Details are ours, so that every version calls them the same."""
    return replace(context, dialect=V2021)


def _described(field: Field[Any], context: Context) -> Json:
    schema = field.kind.schema(context)
    return {**schema, "description": field.says} if field.says else schema


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the retired service wrote it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(digits: int) -> Callable[[float], float]:
    return lambda number: round(number, digits)


TEXT: Final = Plain({"type": "string"})
GUID: Final = Plain({"type": "string", "format": "uuid"})
COUNT: Final = Plain({"type": "integer", "minimum": 0})
SCORE: Final = Score()
EVIDENCE: Final = Evidence()
SECONDS: Final = Plain({"type": "number", "minimum": 0}, _rounded(3))
"""To a millisecond: a frame of speech has 32 of them."""
NUMBER: Final = Plain({"type": "number"}, _rounded(9))
NUMBER_OR_NONE: Final = Plain({"type": ["number", "null"]}, _rounded(9))
MOMENT: Final = Plain({"type": "string", "format": "date-time"}, timestamp)
MOMENT_OR_NONE: Final = Plain({"type": ["string", "null"], "format": "date-time"}, timestamp)
YES_OR_NO: Final = Plain({"type": "boolean"})


@dataclass(frozen=True)
class Listed[Thing]:
    """A page of a list, and the link to the next."""

    things: Sequence[Thing]
    next_link: str | None


def page_of(name: str, kind: Kind) -> Shape[Listed[Any]]:
    """A page of things of a kind."""
    return Shape(
        name,
        (
            Field("value", ListOf(kind), lambda listed: listed.things),
            Field("nextLink", TEXT, lambda listed: listed.next_link, optional=True),
        ),
    )
