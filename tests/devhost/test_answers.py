"""Unusual requests and answers over the wire: an app cannot tell the dev host from the Functions host by them."""

import json
from collections.abc import Iterator

import pytest

from tests.devhost.raw import Answer, ask
from tests.devhost.running import RunningApp, serving, write_app

SOURCE = """
@app.route(route="mirror/{*tail}")
def mirror(req: func.HttpRequest) -> func.HttpResponse:
    return reply(method=req.method, url=req.url, params=dict(req.params), tail=req.route_params.get("tail"),
                 headers=dict(req.headers), length=len(req.get_body()))

@app.route(route="letters", methods=["POST"])
def letters(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("taken")

@app.route(route="pages/{number:int}")
def pages(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params["number"])

@app.route(route="status/{code:int}")
def status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("some text", status_code=int(req.route_params["code"]))

@app.route(route="header", methods=["POST"])
def header(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(headers={"X-Own": req.get_body().decode()})

@app.route(route="cookie", methods=["POST"])
def cookie(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(headers={"Set-Cookie": req.get_body().decode()})

@app.route(route="raises/{*why}")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    log.warning("asked for %s", req.route_params["why"])
    raise RuntimeError(req.route_params["why"])
"""
TEXT = {"content-type": "text/plain; charset=utf-8"}
CONTROLS = "%0A%0D%1B%5B31m%08%C2%9B%E2%80%AE"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with serving(write_app(tmp_path_factory.mktemp("app"), SOURCE)) as app:
        yield app


def request(line: str, *headers: str, host: str = "voice.example", version: str = "HTTP/1.1", body: str = "") -> str:
    return "\r\n".join((f"{line} {version}", f"Host: {host}", *headers, "Connection: close", "", body))


def sent(line: str, body: str, *headers: str) -> str:
    return request(line, f"Content-Length: {len(body.encode('latin-1'))}", *headers, body=body)


def seen(answer: Answer) -> dict[str, object]:
    assert answer.status == 200
    content: dict[str, object] = json.loads(answer.body)
    return content


@pytest.mark.parametrize(
    ("target", "tail", "url"),
    [
        ("/mirror", None, "/mirror"),
        ("/mirror/", None, "/mirror/"),
        ("/MIRROR/x/", "x/", "/MIRROR/x/"),
        ("/mirror/x%2Fy", "x%2Fy", "/mirror/x%2Fy"),
        ("/mirror/x%3Ay%7C", "x:y|", "/mirror/x:y%7C"),
        ("/mirror/%F0%9F%8E%99", "🎙", "/mirror/%F0%9F%8E%99"),
        ("/mirror/50%25", "50%", "/mirror/50%25"),
        ("/mirror/50%", "50%", "/mirror/50%25"),
        ("/mirror/%C3%28", "%C3(", "/mirror/%C3("),
        ("/mirror/x+y", "x+y", "/mirror/x+y"),
        ("/mirror/x#y", "x#y", "/mirror/x%23y"),
        ("/mirror/x//y", "x//y", "/mirror/x//y"),
        ("/pages/../mirror/x", "x", "/mirror/x"),
        ("http://voice.example/mirror/x", "x", "/mirror/x"),
    ],
)
def test_a_path_reaches_the_app_decoded_and_its_url_encoded(app: RunningApp, target: str, tail: str, url: str) -> None:
    answer = seen(ask(app, request(f"GET {target}")))
    assert (answer["tail"], answer["url"]) == (tail, f"http://voice.example{url}")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET //mirror", 404),
        ("GET ///mirror/x", 404),
        ("GET //", 404),
        ("GET /mirror//x", 404),
        ("GET /letters//", 404),
        ("GET /runtime/mirror", 404),
        ("GET /Admin/mirror", 404),
        ("GET /letters", 404),
        ("HEAD /letters", 404),
        ("TRACE /letters", 404),
        ("MKCOL /letters", 404),
        ("OPTIONS /letters", 404),
        ("OPTIONS *", 404),
        ("DELETE *", 405),
        ("GET mirror.example:443", 405),
        ("GET /pages/2147483648", 404),
        ("GET /pages/0x1", 404),
        ("GET /mirror/%00", 400),
        ("GET /mirror x", 400),
        ("GET http://other.example/mirror", 400),
        ("GET /mirror?" + "x" * 8200, 414),
    ],
)
def test_a_request_that_the_app_never_sees_is_answered_without_a_body(app: RunningApp, line: str, status: int) -> None:
    answer = ask(app, request(line))
    assert (answer.status, answer.body) == (status, b"")
    assert answer.headers.keys() <= {"allow"}


@pytest.mark.parametrize(
    ("host", "status"),
    [("a..example", 500), ("a.example:70000", 500), ("-a.example", 500), ("[:::]", 500), ("", 500), ("a,b", 400)],
)
def test_a_host_of_which_no_url_can_be_made_is_an_error(app: RunningApp, host: str, status: int) -> None:
    answer = ask(app, request("GET /mirror", host=host))
    assert (answer.status, answer.body) == (status, b"")


def test_the_oldest_version_is_served_if_it_names_a_host(app: RunningApp) -> None:
    assert seen(ask(app, request("GET /mirror", version="HTTP/1.0")))["method"] == "GET"
    assert ask(app, "GET /mirror HTTP/1.0\r\n\r\n").status == 500
    assert ask(app, request("GET /mirror", version="HTTP/3.0")).status == 505


@pytest.mark.parametrize("method", ["REPORT", "PATCH", "OPTIONS", "TRACE"])
def test_a_route_without_methods_takes_any(app: RunningApp, method: str) -> None:
    assert seen(ask(app, request(f"{method} /mirror")))["method"] == method


def test_methods_are_compared_without_regard_to_case(app: RunningApp) -> None:
    assert ask(app, sent("post /letters", "")).body == b"taken"


def test_head_is_answered_like_get_without_the_body(app: RunningApp) -> None:
    answer = ask(app, request("HEAD /mirror"))
    assert (answer.status, answer.headers, answer.body) == (200, {"content-type": "application/json"}, b"")


def test_repeated_headers_and_query_names_are_joined(app: RunningApp) -> None:
    answer = seen(ask(app, request("GET /mirror?q=1&Q=2&q&r=", "X-Own: a", "x-own:", "X-OWN:  b ", "X-None:")))
    headers = answer["headers"]
    assert isinstance(headers, dict)
    assert (headers["x-own"], headers["x-none"]) == ("a,b", "")
    assert answer["params"] == {"q": "1,2"}


@pytest.mark.parametrize(
    ("headers", "body", "length"),
    [
        ([], "not read", 0),
        (["Content-Length: 0"], "", 0),
        (["Content-Length: 4"], "four", 4),
        (["Transfer-Encoding: chunked"], "4\r\nfour\r\n0\r\n\r\n", 0),
        (["Transfer-Encoding: chunked"], "4;x=y\r\nfour\r\n00\r\nTrailer: 1\r\n\r\n", 0),
        (["Transfer-Encoding: chunked", "Content-Length: 4"], "4\r\nfour\r\n0\r\n\r\n", 0),
        (["Content-Length: 4", "Expect: biscuits"], "four", 4),
    ],
)
def test_only_a_body_with_a_length_reaches_the_app(app: RunningApp, headers: list[str], body: str, length: int) -> None:
    assert seen(ask(app, request("POST /mirror", *headers, body=body)))["length"] == length


@pytest.mark.parametrize("body", ["four\r\n", "-4\r\n", "4\r\nfour!\r\n0\r\n\r\n", "4" * 9 + "\r\n", "x" * 600_000])
def test_a_body_in_bad_chunks_is_an_error(app: RunningApp, body: str) -> None:
    answer = ask(app, request("POST /mirror", "Transfer-Encoding: chunked", body=body))
    assert (answer.status, answer.body) == (500, b"")


def test_more_than_32_kilobytes_of_headers_are_refused(app: RunningApp) -> None:
    assert ask(app, request("GET /mirror", f"X-Own: {'x' * 32_000}")).status == 200
    assert ask(app, request("GET /mirror", f"X-Own: {'x' * 33_000}")).status == 431
    assert ask(app, request("GET /mirror", *[f"X-Own: {'x' * 8_000}"] * 5)).status == 431


def test_a_request_whose_body_nobody_asked_for_ends_the_connection_after_its_answer(app: RunningApp) -> None:
    answers = app.converse(
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\nGET /mirror HTTP/1.1\r\nHost: x\r\n\r\n...."
    )
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b"HTTP/1.1 404 " in answers


def test_requests_sent_at_once_are_answered_in_turn(app: RunningApp) -> None:
    one = "GET /pages/1 HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = ask(app, one + request("GET /pages/2"))
    assert answer.body.startswith(b"1HTTP/1.1 200 OK")
    assert answer.body.endswith(b"\r\n\r\n2")


@pytest.mark.parametrize(
    ("code", "body"),
    [(200, b"some text"), (299, b"some text"), (999, b"some text"), (204, b""), (205, b""), (304, b"")],
)
def test_a_status_that_has_no_body_is_sent_without(app: RunningApp, code: int, body: bytes) -> None:
    answer = ask(app, request(f"GET /status/{code}"))
    assert (answer.status, answer.headers, answer.body) == (code, TEXT, body)


@pytest.mark.parametrize("value", ["two\nlines", "\x01", "Köln", "\x7f"])
def test_a_header_that_cannot_be_sent_is_an_error(app: RunningApp, value: str) -> None:
    answer = ask(app, sent("POST /header", value.encode().decode("latin-1")))
    assert (answer.status, answer.headers, answer.body) == (500, {}, b"")


def test_a_header_of_the_app_is_sent_as_it_is(app: RunningApp) -> None:
    assert ask(app, sent("POST /header", 'a, b;c=\t"d"')).headers == {**TEXT, "x-own": 'a, b;c=\t"d"'}


@pytest.mark.parametrize(
    ("cookie", "told"),
    [
        ("k=v; Path=/", "k=v; domain=; path=/"),
        (
            "k=v; Secure; HttpOnly; SameSite=Lax; Max-Age=60; Domain=voice.example; Path=/a",
            "k=v; max-age=60; domain=voice.example; path=/a; secure; samesite=lax; httponly",
        ),
        (
            "k=v; Expires=Wed, 01 Jul 2026 12:00:00 GMT",
            "k=v; expires=Wed, 01 Jul 2026 12:00:00 GMT; domain=; path=",
        ),
    ],
)
def test_a_cookie_is_written_as_asp_net_core_does(app: RunningApp, cookie: str, told: str) -> None:
    assert ask(app, sent("POST /cookie", cookie)).headers["set-cookie"] == told


def test_the_log_says_why_two_leading_slashes_are_not_found(app: RunningApp) -> None:
    assert ask(app, request("GET //why/not")).status == 404
    assert "404 for //why/not: the Functions host matches no path that begins with two slashes" in app.log


@pytest.mark.parametrize(
    "line", [f"GET //{CONTROLS}forged", f"GET /raises/{CONTROLS}forged", f"POST /header?{CONTROLS}forged"]
)
def test_no_control_character_of_a_caller_reaches_the_log(app: RunningApp, line: str) -> None:
    before = app.log_file.stat().st_size
    ask(app, request(line, f"X-Own: {CONTROLS}", "Content-Length: 3", body="\x1b\x07\n"))
    logged = app.log_file.read_bytes()[before:].decode()
    assert logged
    assert not any(unsafe in logged for unsafe in "\r\x1b\x08\x07\x9b\u202e")
    assert not any(entry.startswith(("\x1b[31m", "forged")) for entry in logged.split("\n"))
