"""What is printed at start."""

from devhost.banner import banner
from devhost.routes import Route, Router
from devhost.templates import parse_template
from devhost.worker import Function


def test_functions_are_listed_in_the_order_in_which_their_routes_are_tried() -> None:
    routes = [Route("b", parse_template("api/b"), frozenset(("POST", "GET"))), Route("a", parse_template("{*path}"))]
    functions = [Function(name, name, {"type": "httpTrigger"}) for name in "ba"]
    assert banner(functions, Router(routes)).splitlines()[-2:] == [
        "  a  *         /{*path}",
        "  b  GET,POST  /api/b",
    ]


def test_a_trigger_that_devhost_does_not_run_is_marked() -> None:
    table = banner([Function("b", "b", {"type": "blobTrigger"})], Router([]))
    assert table.endswith("  b  blobTrigger  (devhost does not run this trigger)\n")


def test_a_queue_is_named() -> None:
    table = banner([Function("q", "q", {"type": "queueTrigger", "queueName": "pieces"})], Router([]))
    assert table.endswith("  q  queueTrigger  pieces\n")
