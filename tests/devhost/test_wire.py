"""Decoding of paths, as Kestrel does it."""

import pytest

from devhost.wire import decode_path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a", "/a"),
        ("/a%3Averify", "/a:verify"),
        ("/a%2Fb%2fc", "/a%2Fb%2fc"),
        ("/%C3%A9", "/é"),
        ("/%41%C3%A9%FF%42", "/Aé%FFB"),
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
