"""What is printed at start: the functions, and a warning where their names decide which of them answers."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

from devhost.routes import Route, Router
from devhost.worker import Function

_TITLE = """\
devhost: a local stand-in for the Azure Functions host, not the real one
(Python {python}, worker library azure-functions-runtime {runtime})
"""
_NOT_RUN = "(devhost does not run this trigger)"
_TOLD = {"timerTrigger": "schedule", "queueTrigger": "queueName", "warmupTrigger": None}
"""What is told of the triggers that devhost runs."""


def banner(functions: list[Function], router: Router) -> str:
    """Return the title and a table of functions: name, methods or trigger, route, schedule or queue."""
    title = _TITLE.format(python=platform.python_version(), runtime=version("azure-functions-runtime"))
    rows = [*map(_route_row, router.routes), *(_row(f) for f in functions if f.kind != "httpTrigger")]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = (f"  {name:{widths[0]}}  {means:{widths[1]}}  {where}".rstrip() for name, means, where in rows)
    return "\n".join((title, *lines, ""))


def warnings(router: Router) -> Iterator[str]:
    """Tell each function that answers requests which a more specific route of another would match as well."""
    for hiding, hidden in router.hidden():
        yield (
            f"'{hiding.function}' ({hiding.template.text}) takes requests for '{hidden.function}' "
            f"({hidden.template.text}): the Functions host tries routes in the order of function names"
        )


def _route_row(route: Route) -> tuple[str, str, str]:
    return route.function, ",".join(sorted(route.methods or ("*",))), f"/{route.template.text}"


def _row(function: Function) -> tuple[str, str, str]:
    told = _TOLD.get(function.kind)
    default = "" if function.kind in _TOLD else _NOT_RUN
    return function.name, function.kind, str(function.trigger[told]) if told else default
