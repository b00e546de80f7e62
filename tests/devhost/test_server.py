"""What an app and its callers see of the host: the real worker, real HTTP."""

import hashlib
import json
import os
import socket
from collections.abc import Iterator

import pytest

from tests.devhost.running import RunningApp, serving, write_app

SOURCE = """
import hashlib, os, sys
import azure_functions_runtime as runtime

log.info("indexing")
logging.getLogger("azure.functions").info("worker chatter")

@app.route(route="seen/{*rest}")
def seen(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body()
    return reply(method=req.method, url=req.url, params=dict(req.params), route=dict(req.route_params),
                 headers=dict(req.headers), length=len(body), sha=hashlib.sha256(body).hexdigest())

@app.route(route="async/{id:int}", methods=["GET"])
async def seen_async(req: func.HttpRequest) -> func.HttpResponse:
    return reply(id=req.route_params["id"])

@app.route(route="profiles/{profileId}:verify", methods=["POST"])
def verify(req: func.HttpRequest) -> func.HttpResponse:
    return reply(route=dict(req.route_params))

@app.route(route="profiles:identify", methods=["POST"])
def identify(req: func.HttpRequest) -> func.HttpResponse:
    return reply(route=dict(req.route_params))

@app.route(route="echo", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream", headers={"X-Sample": "1"})

@app.route(route="status/{code:int}", methods=["GET", "HEAD"])
def status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=int(req.route_params["code"]))

@app.route(route="text")
def text(req: func.HttpRequest) -> str:
    return "plain"

@app.route(route="nothing")
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None

@app.route(route="off")
def off(req: func.HttpRequest) -> func.HttpResponse:
    return reply()

@app.route(route="raises")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a sample failure")

@app.route(route="context")
def context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return reply(name=context.function_name, trace=context.trace_context.Traceparent)

@app.route(route="environment")
def environment(req: func.HttpRequest) -> func.HttpResponse:
    here = os.path.samefile(os.getcwd(), sys.path[0])
    names = ["AZURE_FUNCTIONS_ENVIRONMENT", "WEBSITE_HOSTNAME", "SAMPLE_SETTING"]
    return reply(here=here, threads=runtime.get_threadpool_executor()._max_workers,
                 **{name: os.environ.get(name) for name in names})
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    settings = {
        "SAMPLE_SETTING": "from the file",
        "PYTHON_THREADPOOL_THREAD_COUNT": "3",
        "AzureWebJobs.off.Disabled": "true",
    }
    root = write_app(tmp_path_factory.mktemp("app"), SOURCE, settings=settings)
    with serving(root) as app:
        yield app


def test_the_url_is_absolute_and_decoded_like_the_path(app: RunningApp) -> None:
    target = "/seen/a%3Ab%2Fc%20d?x=%41&y=b+c"
    seen = app.get(target).json
    assert seen["url"] == f"{app.url}/seen/a:b%2Fc%20d?x=%41&y=b+c"
    assert seen["route"] == {"rest": "a:b%2Fc d"}


def test_the_host_header_decides_the_host_of_the_url(app: RunningApp) -> None:
    seen = app.get("/seen", [("Host", "speech.example:8443")]).json
    assert seen["url"] == "http://speech.example:8443/seen"


def test_repeated_query_values_are_joined_and_empty_ones_dropped(app: RunningApp) -> None:
    seen = app.get("/seen?a=1&b=&A=2&c=x+y%2B&d&a=").json
    assert seen["params"] == {"a": "1,2", "c": "x y+"}


def test_header_names_are_lower_case_and_repeated_ones_joined(app: RunningApp) -> None:
    seen = app.get("/seen", [("X-Sample", "a"), ("x-sample", "b"), ("X-Other", "c")]).json
    headers = seen["headers"]
    assert isinstance(headers, dict)
    assert headers.items() >= {"x-sample": "a,b", "x-other": "c"}.items()
    assert all(name == name.lower() for name in headers)


@pytest.mark.parametrize("target", ["/seen/x//y", "/SEEN/x//y", "/seen/x//y?q"])
def test_double_slashes_reach_a_catch_all(app: RunningApp, target: str) -> None:
    assert app.get(target).json["route"] == {"rest": "x//y"}


@pytest.mark.parametrize("size", [0, 1, 200_000, 3_000_000])
def test_bodies_arrive_and_return_byte_for_byte(app: RunningApp, size: int) -> None:
    body = os.urandom(size)
    reply = app.call("POST", "/echo", body)
    assert (reply.status, reply.body == body) == (200, True)
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["X-Sample"] == "1"


def test_a_compressed_body_is_left_alone(app: RunningApp) -> None:
    seen = app.call("POST", "/seen", b"not really gzip", [("Content-Encoding", "gzip")]).json
    assert seen["sha"] == hashlib.sha256(b"not really gzip").hexdigest()


def test_a_chunked_body_arrives_empty(app: RunningApp) -> None:
    with app.connect() as connection:
        connection.request("POST", "/seen", iter([b"abc", b"def"]), encode_chunked=True)
        seen = json.loads(connection.getresponse().read())
        assert (seen["length"], seen["headers"]["transfer-encoding"]) == (0, "chunked")
        connection.request("POST", "/seen", b"abc")
        assert b'"length": 3' in connection.getresponse().read()


def test_a_caller_that_expects_100_continue_is_told_to_go_on(app: RunningApp) -> None:
    assert app.converse(
        b"POST /seen HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"abc",
    ).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/unknown", 404),
        ("GET", "//seen", 404),
        ("GET", "/runtime/seen", 404),
        ("GET", "/echo", 404),
        ("GET", "/off", 404),
        ("HEAD", "/text/x", 404),
        ("OPTIONS", "/echo", 404),
        ("GET", "/async/x", 404),
        ("GET", "/async/1", 200),
        ("GET", "/Async/1/", 200),
        ("GET", "/seen/%C3%A9", 200),
        ("GET", "/nothing", 500),
        ("GET", "/raises", 500),
    ],
)
def test_status_of_routes(app: RunningApp, method: str, target: str, status: int) -> None:
    assert app.call(method, target).status == status


@pytest.mark.parametrize("target", ["/unknown", "/raises", "/nothing"])
def test_errors_of_the_host_have_an_empty_body(app: RunningApp, target: str) -> None:
    reply = app.call("POST", target, b"a secret body")
    assert reply.body == b""
    assert "Content-Type" not in reply.headers


def test_a_failure_is_told_in_the_log_without_the_body(app: RunningApp) -> None:
    app.call("POST", "/raises?q", b"a secret body")
    assert "Function 'raises' failed" in app.log
    assert "RuntimeError: a sample failure" in app.log
    assert "secret" not in app.log


@pytest.mark.parametrize("target", ["/profiles/a:b:verify", "/profiles/a%3ab%3Averify", "/Profiles/a:b:VERIFY/"])
def test_a_verb_after_a_colon_is_part_of_the_route(app: RunningApp, target: str) -> None:
    assert app.call("POST", target, b"").json == {"route": {"profileId": "a:b"}}


def test_a_colon_in_a_literal(app: RunningApp) -> None:
    assert app.call("POST", "/profiles:identify", b"").json == {"route": {}}


@pytest.mark.parametrize(("method", "code"), [("GET", 204), ("HEAD", 200), ("GET", 302), ("GET", 418), ("GET", 503)])
def test_the_functions_status_is_the_responses(app: RunningApp, method: str, code: int) -> None:
    reply = app.call(method, f"/status/{code}")
    assert (reply.status, reply.body) == (code, b"")


def test_a_string_is_a_plain_text_response(app: RunningApp) -> None:
    reply = app.get("/text")
    assert (reply.status, reply.body) == (200, b"plain")


def test_the_context_names_the_function_and_carries_the_trace(app: RunningApp) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert app.get("/context", [("traceparent", trace)]).json == {"name": "context", "trace": trace}


def test_the_environment_is_that_of_core_tools(app: RunningApp) -> None:
    assert app.get("/environment").json == {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "WEBSITE_HOSTNAME": f"localhost:{app.address[1]}",
        "SAMPLE_SETTING": "from the file",
        "here": True,
        "threads": 3,
    }


def test_the_home_page_is_at_the_root_that_no_function_takes(app: RunningApp) -> None:
    reply = app.get("/")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")


def test_the_admin_api_tells_that_the_host_runs(app: RunningApp) -> None:
    assert app.get("/admin/host/ping").status == 200
    assert app.get("/admin/host/status").json["state"] == "Running"


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/admin"), ("POST", "/admin/functions/unknown"), ("POST", "/admin/functions/echo"), ("GET", "/admin/x")],
)
def test_the_rest_of_the_admin_api_is_not_found(app: RunningApp, method: str, target: str) -> None:
    assert app.call(method, target).status == 404


@pytest.mark.parametrize("target", [b"GET /seen/\xc3\xa9", b"GET /seen?x=\xc3\xa9"])
def test_a_target_that_is_not_ascii_is_a_bad_request(app: RunningApp, target: bytes) -> None:
    request = target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert app.converse(request).split()[1] == b"400"


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_caller_that_leaves_or_sends_nonsense_harms_nobody(app: RunningApp, framing: bytes) -> None:
    with socket.create_connection(app.address) as connection:
        connection.sendall(b"POST /seen HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\nnonsense")
    assert app.get("/seen").status == 200
    assert "nonsense" not in app.log
    assert "a fault of devhost" not in app.log


def test_the_apps_log_is_shown_from_info_and_the_workers_is_not(app: RunningApp) -> None:
    assert "INFO sample: indexing" in app.log
    assert "chatter" not in app.log


def test_the_banner_lists_the_functions_and_says_that_it_is_not_the_real_host(app: RunningApp) -> None:
    assert "not the real one" in app.banner
    assert "verify" in app.banner
    assert "/profiles/{profileId}:verify" in app.banner
    assert app.banner.count("Listening on ") == 1
