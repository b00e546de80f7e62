"""Pure-Python stand-ins for the protobuf messages that host and worker exchange.

The worker library never imports protobuf: it reads attributes and builds its replies through an injected `protos`
object, so that attribute bags with protobuf's names are all it needs.
"""

from types import SimpleNamespace


class Message(SimpleNamespace):
    """Any message: its fields are attributes, and an unknown one raises AttributeError as the worker expects."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  protobuf's name
        """Name the field that is set."""
        return next((name for name, value in vars(self).items() if value is not None), None)


class ParameterBinding(Message):
    """A named argument of a function; `data` holds its value."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  protobuf's name
        """Name the field that holds the value."""
        return "data"


class BindingInfo(Message):
    """The declaration of a binding."""

    undefined, out, inout = range(3)


class StatusResult(Message):
    """How a request to the worker ended."""

    Failure, Success, Cancelled = range(3)


class SameSite:
    """Which requests of other sites carry a cookie: as the `Set-Cookie` header names it, None if it does not say."""

    Lax, Strict, ExplicitNone = "lax", "strict", "none"


setattr(SameSite, "None", None)  # a keyword of Python


class RpcHttpCookie(Message):
    """A cookie that a function sets."""

    SameSite = SameSite


class Protos:
    """Stands in for the generated module: the types above, and a plain `Message` for every other name."""

    BindingInfo = BindingInfo
    ParameterBinding = ParameterBinding
    RpcHttpCookie = RpcHttpCookie
    StatusResult = StatusResult

    def __getattr__(self, _name: str) -> type[Message]:
        """Any message without constants or rules of its own."""
        return Message
