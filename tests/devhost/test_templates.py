"""Matching a path against one template, as ASP.NET Core's TemplateMatcher does."""

import pytest

from devhost.errors import SetupError
from devhost.templates import parse_template, split_path

GUID = "49a36324-fc4b-4387-aa06-090cfbf0064f"


def match(template: str, path: str) -> dict[str, str] | None:
    return parse_template(template).match(path, split_path(path))


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("profiles", "/profiles", {}),
        ("Profiles", "/pROFILES/", {}),
        ("profiles", "/profiles//", None),
        ("profiles", "//profiles", None),
        ("profiles", "/profile", None),
        ("profiles", "/profiles/x", None),
        ("profiles/{id}", "/profiles", None),
        ("profiles/{id}", "/profiles//", None),
        ("profiles/{id}", "/profiles/A b%2Fc", {"id": "A b%2Fc"}),
        ("profiles/{id}/enrollments", "/profiles/1/enrollments/", {"id": "1"}),
        ("profiles/{id?}", "/profiles", {}),
        ("profiles/{id?}", "/profiles/1", {"id": "1"}),
        ("{a}/{b?}/{c?}", "/1", {"a": "1"}),
        ("{a}/{b?}/{c?}", "/1/2/3", {"a": "1", "b": "2", "c": "3"}),
        ("{a}/{b?}/{c?}", "/1/2/3/4", None),
    ],
)
def test_literals_and_parameters(template: str, path: str, values: dict[str, str] | None) -> None:
    assert match(template, path) == values


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("{*path}", "/", {}),
        ("{*path}", "/a", {"path": "a"}),
        ("{*path}", "/a//b/", {"path": "a//b/"}),
        ("{**path}", "/a/b", {"path": "a/b"}),
        ("{*path}", "//a", None),  # an empty first segment stops the matcher before the catch-all
        ("x/{*path}", "/x", {}),
        ("x/{*path}", "/x/", {}),
        ("x/{*path}", "/x//a", None),
        ("x/{*path}", "/y/a", None),
        ("x/{*path:guid}", f"/x/{GUID}", {"path": GUID}),
        ("x/{*path:guid}", "/x/a", None),
    ],
)
def test_catch_alls(template: str, path: str, values: dict[str, str] | None) -> None:
    assert match(template, path) == values


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("profiles/{id}:verify", f"/profiles/{GUID}:Verify", {"id": GUID}),
        ("profiles/{id}:verify", "/profiles/a:b:verify", {"id": "a:b"}),
        ("profiles/{id}:verify", "/profiles/:verify", None),
        ("profiles/{id}:verify", "/profiles/a:verify:x", None),
        ("profiles/{id}:verify", "/profiles/averify", None),
        ("profiles/{id:guid}:verify", "/profiles/a:verify", None),
        ("profiles:identify", "/profiles:IDENTIFY", {}),
        ("{name}.{ext}", "/a.b.c", {"name": "a.b", "ext": "c"}),
        ("{name}.{ext}", "/a..", {"name": "a", "ext": "."}),
        ("{name}.{ext}", "/.c", None),
        ("{name}.{ext}", "/a.", None),
        ("a{b}c{d}", "/aXcY", {"b": "X", "d": "Y"}),
        ("a{b}c{d}", "/abcd", {"b": "b", "d": "d"}),
        ("a{b}c{d}", "/aabcd", None),  # right to left, the second a is taken and never given back
        ("v{version:int}", "/v2", {"version": "2"}),
        ("v{version:int}", "/vx", None),
    ],
)
def test_complex_segments(template: str, path: str, values: dict[str, str] | None) -> None:
    assert match(template, path) == values


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("int", "-42", "4x"),
        ("int", "+0042", "4.2"),
        ("int", " 2147483647", "2147483648"),
        ("int", "-2147483648", "-2147483649"),
        ("int", "0", "9" * 5000),
        ("long", "4200000000", "x"),
        ("guid", GUID, "49a36324"),
        ("guid", "{" + GUID + "}", GUID + "0"),
        ("bool", "True", "1"),
        ("alpha", "abcXYZ", "ab1"),
        ("length(3)", "abc", "ab"),
        ("length(2,3)", "ab", "abcd"),
        ("minlength(2)", "ab", "a"),
        ("maxlength(2)", "ab", "abc"),
        ("regex(^v[0-9]+$)", "v12", "v"),
        ("regex(b)", "abc", "xyz"),
        ("alpha:minlength(2)", "ab", "a"),
        ("required", "a", ""),
    ],
)
def test_constraints(constraint: str, good: str, bad: str) -> None:
    assert match(f"{{id:{constraint}}}", f"/{good}") == {"id": good}
    assert match(f"{{id:{constraint}}}", f"/{bad}") is None


def test_an_optional_parameter_is_constrained_only_when_given() -> None:
    assert match("a/{id:int?}", "/a") == {}
    assert match("a/{id:int?}", "/a/1") == {"id": "1"}
    assert match("a/{id:int?}", "/a/b") is None


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{*path}/x", "catch-all must come last"),
        ("{id:colour}", "does not know the constraint 'colour'"),
        ("{id", "cannot read"),
        ("id}", "cannot read"),
        ("{id=5}", "cannot read"),
        ("{a}{b}", "cannot match"),
        ("{a}.{b?}", "cannot match"),
        ("{a:regex(()}", "missing )"),
    ],
)
def test_a_template_that_is_not_understood_is_refused(template: str, complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint.replace(")", r"\)")):
        parse_template(template)


@pytest.mark.parametrize(
    ("template", "precedence"),
    [
        ("a/b", (1, 1)),
        ("a/{id}:b", (1, 2)),
        ("a/{id:int}", (1, 2)),
        ("a/{id}", (1, 3)),
        ("a/{*path:int}", (1, 4)),
        ("{*path}", (5,)),
    ],
)
def test_precedence_is_that_of_asp_net_core(template: str, precedence: tuple[int, ...]) -> None:
    assert parse_template(template).precedence == precedence


@pytest.mark.parametrize(
    "template", ["a/{id:int}", "{g:guid}:x", "{s:minlength(5)}/{t:bool}", "x/{*path}", "{n:alpha}"]
)
def test_a_template_matches_its_sample(template: str) -> None:
    assert match(template, parse_template(template).sample) is not None
