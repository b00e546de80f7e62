"""host.json, local.settings.json and the environment."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from devhost.errors import SetupError
from devhost.keys import Keys
from devhost.settings import QueueSettings, Settings, load_settings, parse_settings


def http(**section: object) -> dict[str, object]:
    return {"extensions": {"http": section}}


def test_defaults_are_those_of_the_host() -> None:
    assert parse_settings({}, {}) == Settings("api", timedelta(minutes=30), None, None, 100 * 1024 * 1024)


@pytest.mark.parametrize(("prefix", "expected"), [("", ""), ("api", "api"), ("/v1/", "v1")])
def test_the_route_prefix_may_be_empty(prefix: str, expected: str) -> None:
    assert parse_settings(http(routePrefix=prefix), {}).route_prefix == expected


@pytest.mark.parametrize(
    ("text", "timeout"),
    [
        ("00:02:00", timedelta(minutes=2)),
        ("1.00:00:01", timedelta(days=1, seconds=1)),
        ("-1", None),
    ],
)
def test_function_timeout(text: str, timeout: timedelta | None) -> None:
    assert parse_settings({"functionTimeout": text}, {}).timeout == timeout


def test_limits() -> None:
    host = http(maxOutstandingRequests=5, maxConcurrentRequests=2)
    settings = parse_settings(host, {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"})
    assert (settings.max_outstanding, settings.max_concurrent, settings.body_limit) == (5, 2, 1000)


def test_minus_one_is_unlimited() -> None:
    settings = parse_settings(http(maxOutstandingRequests=-1, maxConcurrentRequests=-1), {})
    assert (settings.max_outstanding, settings.max_concurrent) == (None, None)


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ({"functionTimeout": "5 minutes"}, "functionTimeout"),
        ({"extensions": "http"}, "extensions"),
        (http(maxOutstandingRequests="many"), "maxOutstandingRequests"),
        ({"extensions": {"queues": {"batchSize": "all"}}}, "batchSize"),
        ({"extensions": {"queues": {"visibilityTimeout": 30}}}, "visibilityTimeout"),
        ({"extensions": {"queues": {"messageEncoding": "gzip"}}}, "messageEncoding"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused(host: dict[str, object], complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        parse_settings(host, {})


def test_queues_are_read_as_the_extension_reads_them() -> None:
    assert parse_settings({}, {}).queues == QueueSettings(16, 8, 5, 0, 2, is_base64=True, invisible=600)
    section = {"batchSize": 1, "newBatchThreshold": 0, "maxDequeueCount": 3, "messageEncoding": "None"}
    spans = {"visibilityTimeout": "00:00:30", "maxPollingInterval": "00:01:00"}
    host: dict[str, object] = {"extensions": {"queues": {**section, **spans}}}
    given = parse_settings(host, {"DEVHOST_MESSAGE_INVISIBLE_SECONDS": "3"})
    assert given.queues == QueueSettings(1, 0, 3, 30, 60, is_base64=False, invisible=3)
    assert parse_settings({"extensions": {"queues": {"batchSize": 10}}}, {}).queues.threshold == 5


def test_local_settings_do_not_replace_what_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"SAMPLE_A": "environment"}
    monkeypatch.setattr("os.environ", environment)
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": {"SAMPLE_A": "file", "SAMPLE_B": "file"}}))
    load_settings(tmp_path)
    assert environment == {"SAMPLE_A": "environment", "SAMPLE_B": "file"}


@pytest.mark.parametrize(
    ("name", "content"), [("host.json", "{"), ("host.json", "[]"), ("local.settings.json", "nope")]
)
def test_a_file_that_is_not_a_json_object_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / name).write_text(content)
    with pytest.raises(SetupError, match=name):
        load_settings(tmp_path)


def test_checking_keys_needs_a_key() -> None:
    with pytest.raises(SetupError, match="FUNCTIONS_KEY"):
        Keys.from_environment({})
