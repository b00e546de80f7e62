"""Which of several functions answers: the first by name whose route and method match."""

import pytest

from devhost.routes import Route, Router
from devhost.templates import parse_template


def router(**templates: str) -> Router:
    """Routes by function name; a template may start with a method and a blank."""
    return Router(route(name, text) for name, text in templates.items())


def route(name: str, text: str) -> Route:
    method, _, template = text.rpartition(" ")
    return Route(name, parse_template(template), frozenset(method.split(",")) if method else None)


def answers(router: Router, path: str, method: str = "GET") -> str | None:
    found = router.match(method, path)
    return found[0].function if found else None


def hidden(router: Router) -> list[tuple[str, str]]:
    return [(hiding.function, hidden.function) for hiding, hidden in router.hidden()]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("profiles/{id}", "profiles/list"),
        ("{*path}", "profiles"),
        ("profiles/{id}", "profiles/{id:int}"),
        ("profiles/{id}", "profiles/{id}:verify"),
        ("profiles/{id}:verify", "profiles/{*rest}"),
    ],
)
def test_the_function_name_decides_and_not_how_specific_the_route_is(first: str, second: str) -> None:
    path = parse_template(second).sample if "*" not in second else parse_template(first).sample
    assert answers(router(a=first, b=second), path) == "a"
    assert answers(router(b=first, a=second), path) == "a"


def test_names_are_ordered_without_regard_to_case_and_underscore_after_letters() -> None:
    assert [route.function for route in router(b="1", A="2", a_z="3", aB="4").routes] == ["A", "aB", "a_z", "b"]


def test_a_route_that_does_not_match_gives_way_to_the_next() -> None:
    routes = router(a="profiles/{id:int}", b="profiles/{id}", c="{*path}")
    assert answers(routes, "/profiles/1") == "a"
    assert answers(routes, "/profiles/x") == "b"
    assert answers(routes, "/other/x") == "c"


def test_the_method_is_one_more_constraint() -> None:
    routes = router(create="POST profiles", list_them="GET,HEAD profiles")
    assert answers(routes, "/profiles", "POST") == "create"
    assert answers(routes, "/profiles", "HEAD") == "list_them"
    assert answers(routes, "/profiles", "DELETE") is None


def test_values_of_a_route_that_failed_do_not_leak() -> None:
    assert router(a="{x}/{y:int}", b="{z}/{w}").match("GET", "/1/b") == (route("b", "{z}/{w}"), {"z": "1", "w": "b"})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{*path}", "profiles"),
        ("{*path}", "profiles/{id:guid}:verify"),
        ("profiles/{id}", "profiles/list"),
        ("profiles/{id}", "profiles/{id:int}"),
        ("profiles/{id}", "profiles/{id}:verify"),
        ("profiles/{name}", "profiles/{id}"),
        ("GET,POST a/{b}", "POST a/b"),
    ],
)
def test_a_route_that_hides_another_is_found(first: str, second: str) -> None:
    assert hidden(router(a=first, b=second)) == [("a", "b")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("profiles", "{*path}"),
        ("profiles/list", "profiles/{id}"),
        ("profiles/{id:int}", "profiles/{id}"),
        ("profiles/{id}:verify", "profiles/{id}:identify"),
        ("GET {*path}", "POST profiles"),
        ("a/{b}", "a/{b}/c"),
    ],
)
def test_routes_whose_order_does_not_matter_are_not_reported(first: str, second: str) -> None:
    assert hidden(router(a=first, b=second)) == []
