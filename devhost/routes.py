"""Which function answers a request.

The host adds the functions' routes to a `RouteCollection` in the order of the function *names*, and the first that
matches wins (FunctionMetadataManager, WebScriptHostHttpRoutesManager; azure-functions-host#9876 is open). ASP.NET
Core's precedence of literals over parameters over catch-alls is *not* applied: an app must name or constrain its
functions such that the order does not matter. `Router.hidden` finds those for which it does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devhost.templates import Template, Values, split_path


@dataclass(frozen=True, slots=True)
class Route:
    """The route of an HTTP function; `methods` None means all."""

    function: str
    template: Template
    methods: frozenset[str] | None = None

    def allows(self, method: str) -> bool:
        """Whether the function takes this method, in any case; for the host it is one more constraint of the route."""
        return self.methods is None or method.upper() in self.methods

    def hides(self, other: "Route") -> bool:
        """Whether this route, tried first, takes requests of one that is at least as specific."""
        mine, path = self.template, other.template.sample
        common_method = self.methods is None or other.methods is None or self.methods & other.methods
        less_specific = mine.precedence >= other.template.precedence
        return bool(common_method) and less_specific and mine.match(path, split_path(path)) is not None


class Router:
    """The routes of every HTTP function, in the host's order."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = sorted(routes, key=lambda route: route.function.upper())  # .NET's OrdinalIgnoreCase

    def match(self, method: str, path: str) -> tuple[Route, Values] | None:
        """Find the first route that takes this method and decoded path."""
        given = split_path(path)
        for route in self.routes:
            if route.allows(method) and (values := route.template.match(path, given)) is not None:
                return route, values
        return None

    def hidden(self) -> Iterator[tuple[Route, Route]]:
        """Yield (hiding, hidden) for each two routes between which the order of names decides."""
        for index, later in enumerate(self.routes):
            for earlier in self.routes[:index]:
                if earlier.hides(later):
                    yield earlier, later
