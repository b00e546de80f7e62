"""Decoding of paths and queries, as Kestrel and ASP.NET Core do it."""

import pytest

from devhost.paths import decode_path, encode_path, parse_query


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a", "/a"),
        ("/a%3Averify", "/a:verify"),
        ("/a%2Fb%2fc", "/a%2Fb%2fc"),
        ("/%C3%A9", "/é"),
        ("/%41%C3%A9%FF%42", "/Aé%FFB"),
        ("/%c3%a9%ff%e9%80", "/é%ff%e9%80"),
        ("/%ED%A0%80", "/%ED%A0%80"),
        ("/%zz%4", "/%zz%4"),
        ("/a%2520b", "/a%20b"),
        ("/a+b", "/a+b"),
        ("/a//b/", "/a//b/"),
        ("/a/./b/../c", "/a/c"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/b/..", "/a/"),
        ("/../..", "/"),
        ("/.well-known/..x", "/.well-known/..x"),
    ],
)
def test_paths_are_decoded_like_kestrel_does(target: str, path: str) -> None:
    assert decode_path(target) == path


@pytest.mark.parametrize(
    ("path", "encoded"),
    [("/a:b@c;d=e", "/a:b@c;d=e"), ("/é |#", "/%C3%A9%20%7C%23"), ("/a%", "/a%25"), ("/a%2Fb", "/a%2Fb")],
)
def test_a_decoded_path_is_encoded_for_the_url(path: str, encoded: str) -> None:
    assert encode_path(path) == encoded


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&A=2&b&", {"A": "1,2"}),
        ("a=1&A=2&a", {"a": "1,2"}),
        ("Tag=1&tag=&tAG=3", {"tAG": "1,3"}),
        ("a=&b&&=x", {"": "x"}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d%2B", {"a b": "c d+"}),
        ("%61=%2F%26", {"a": "/&"}),
        ("a=%C3%A9%FF%zz", {"a": "é%FF%zz"}),
        ("a;b=1", {"a;b": "1"}),
    ],
)
def test_queries_are_read_like_asp_net_core_does(query: str, values: dict[str, str]) -> None:
    assert parse_query(query) == values
