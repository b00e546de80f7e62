"""Heads of requests: what Kestrel takes, and what it refuses without asking the app."""

import pytest

from devhost.heads import Head, RefusedError, parse_head

HOST = "Host: voice.example"


def parsed(request_line: str, *headers: str) -> Head:
    return parse_head(request_line.encode("latin-1"), [header.encode("latin-1") for header in headers])


def refused(request_line: str, *headers: str) -> tuple[int, str]:
    with pytest.raises(RefusedError) as refusal:
        parsed(request_line, *headers)
    return refusal.value.status, refusal.value.allow


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a%20b?c=%20", "/a b", "?c=%20"),
        ("/a?b?c", "/a", "?b?c"),
        ("/a#b", "/a#b", ""),
        ("/a/../b", "/b", ""),
        ("http://voice.example/a?b", "/a", "?b"),
        ("http://voice.example:80", "/", ""),
        ("http://VOICE.example/a", "/a", ""),
    ],
)
def test_a_target_is_a_decoded_path_and_a_query(target: str, path: str, query: str) -> None:
    head = parsed(f"GET {target} HTTP/1.1", HOST)
    assert (head.path, head.query) == (path, query)


@pytest.mark.parametrize("method", ["GET", "get", "PROPFIND", "x-own"])
def test_any_word_is_a_method_and_keeps_its_case(method: str) -> None:
    assert parsed(f"{method} / HTTP/1.1", HOST).method == method


def test_the_server_as_a_whole_is_asked_for_its_options_only() -> None:
    assert parsed("OPTIONS * HTTP/1.1", HOST).path == ""
    assert refused("GET * HTTP/1.1", HOST) == (405, "OPTIONS")


def test_an_authority_is_a_target_for_connect_only() -> None:
    assert parsed("CONNECT voice.example:80 HTTP/1.1", f"{HOST}:80").path == ""
    assert refused("GET voice.example:80 HTTP/1.1", HOST) == (405, "CONNECT")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("", 400),
        ("GET", 400),
        ("GET /", 400),
        ("GET / ", 400),
        ("GET ?a HTTP/1.1", 400),
        ("GET %2F HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /é HTTP/1.1", 400),
        ("GET /?é HTTP/1.1", 400),
        ("GET /a%00 HTTP/1.1", 400),
        ("GET /\0 HTTP/1.1", 400),
        ("GET a/b HTTP/1.1", 400),
        ("G@T / HTTP/1.1", 400),
        (" GET / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("GET / HTTP/11", 400),
        ("GET / HTTP/1.2", 505),
        ("GET / HTTP/2.0", 505),
        ("GET / http/1.1", 505),
        ("GET http://other.example/ HTTP/1.1", 400),
    ],
)
def test_a_request_line_that_is_refused(request_line: str, status: int) -> None:
    assert refused(request_line, HOST) == (status, "")


def test_several_blanks_before_the_version_are_one() -> None:
    assert parsed("GET /   HTTP/1.1", HOST).path == "/"


@pytest.mark.parametrize(
    "host",
    ["voice.example:8443", "[::1]:80", "[fe80::1]", "10.0.0.1", "a_b.example", "xn--bcher-kva.example", "a!b", ""],
)
def test_a_host_that_is_taken(host: str) -> None:
    assert parsed("GET / HTTP/1.1", f"Host: {host}").get("host") == host


@pytest.mark.parametrize(
    "host",
    ["a b", "a,b", "a/b", "a\\b", "a<b", "me@voice.example", "a:", "a:b", ":80", "[::1", "[:]", "a?b", "a%41", "\xe9"],
)
def test_a_host_that_is_refused(host: str) -> None:
    assert refused("GET / HTTP/1.1", f"Host: {host}") == (400, "")


def test_one_host_is_needed_but_by_the_oldest_version() -> None:
    assert refused("GET / HTTP/1.1") == (400, "")
    assert refused("GET / HTTP/1.1", HOST, HOST) == (400, "")
    assert parsed("GET / HTTP/1.0").get("host") == ""


@pytest.mark.parametrize(
    "header",
    [
        "X-Own",
        "X-Own : 1",
        "X Own: 1",
        ": 1",
        " X-Own: 1",
        "X-Own: a\rb",
        "X-Own: a\0b",
        "X-Own: \xe9",
        "X-\xe9: 1",
        "",
    ],
)
def test_a_header_that_is_refused(header: str) -> None:
    assert refused("GET / HTTP/1.1", HOST, header) == (400, "")


def test_values_of_headers_are_utf_8_without_blanks_around_them() -> None:
    head = parsed("GET / HTTP/1.1", HOST, "X-Own: \t é ".encode().decode("latin-1"), "X-OWN:", "x-own: b:c")
    assert head.values("x-own") == ["é", "", "b:c"]
    assert head.get("x-own") == "é,b:c"


def test_a_hundred_headers_are_taken_and_no_more() -> None:
    more = [f"X-{number}: 1" for number in range(100)]
    assert len(parsed("GET / HTTP/1.1", HOST, *more[1:]).headers) == 100
    assert refused("GET / HTTP/1.1", HOST, *more) == (431, "")


@pytest.mark.parametrize(("given", "length", "told"), [("5", 5, "5"), ("+005", 5, "5"), ("-0", 0, "0")])
def test_a_length_is_told_in_plain_digits(given: str, length: int, told: str) -> None:
    head = parsed("POST / HTTP/1.1", HOST, f"content-length: {given}")
    assert (head.length, head.chunked, head.get("content-length")) == (length, False, told)


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: -1"],
        ["Content-Length: 5,5"],
        ["Content-Length:"],
        ["Content-Length: 9223372036854775808"],
        ["Content-Length: 5", "Content-Length: 5"],
        ["Transfer-Encoding: gzip"],
        ["Transfer-Encoding: chunked, gzip"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    ],
)
def test_a_framing_that_is_refused(headers: list[str]) -> None:
    assert refused("POST / HTTP/1.1", HOST, *headers) == (400, "")


def test_a_length_beside_chunks_counts_for_nothing_and_has_another_name() -> None:
    head = parsed("POST / HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: gzip, Chunked")
    assert (head.length, head.chunked) == (0, True)
    assert (head.values("content-length"), head.values("x-content-length")) == ([], ["5"])


def test_the_oldest_version_posts_nothing_without_a_length() -> None:
    assert refused("POST / HTTP/1.0", HOST) == (400, "")
    assert parsed("POST / HTTP/1.1", HOST).length == 0
    assert parsed("DELETE / HTTP/1.0", HOST).length == 0


@pytest.mark.parametrize(("version", "options"), [("1.1", []), ("1.0", ["Connection: Keep-Alive"])])
def test_a_connection_is_kept(version: str, options: list[str]) -> None:
    assert parsed(f"GET / HTTP/{version}", HOST, *options).keep_alive


@pytest.mark.parametrize(
    ("version", "options"), [("1.0", []), ("1.1", ["Connection: Close"]), ("1.1", ["Connection: x, close"])]
)
def test_a_connection_is_not_kept(version: str, options: list[str]) -> None:
    assert not parsed(f"GET / HTTP/{version}", HOST, *options).keep_alive
