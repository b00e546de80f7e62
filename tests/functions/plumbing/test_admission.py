"""Who is let in, for what, and what guessing costs."""

import azure.functions as func
import pytest

from functions.contract.operations import OPERATIONS
from functions.contract.refusals import AccessDenied, RateLimited, TooManyGuesses, Unauthorized, WrongScope
from functions.plumbing.admission import Admission, address_of
from functions.plumbing.keys import find_key, read_keys
from functions.plumbing.rates import RateLimit
from shared.errors import Misconfigured
from shared.observing.trace import tracing
from shared.settings import Settings

TWO = read_keys(["first", "second"])
RIGHT = "a-key-of-more-than-16-characters"
LIST = OPERATIONS["ListProfiles"]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _request(key: str | None = RIGHT, address: str = "", url: str = "https://voices.example/x") -> func.HttpRequest:
    headers = {"ocp-apim-subscription-key": key} if key is not None else {}
    forwarded = {"x-forwarded-for": address} if address else {}
    return func.HttpRequest(method="GET", url=url, headers={**headers, **forwarded}, body=b"")


def _admission(clock: Clock | None = None, keys: str = RIGHT, **environment: str) -> Admission:
    return Admission(Settings.read({"SPEAKER_RECOGNITION_KEYS": keys, **environment}), clock or Clock())


@pytest.mark.parametrize("key", ["first", "second"])
def test_each_configured_key_is_admitted(key: str) -> None:
    assert find_key(key, TWO).secret == key


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_asked_for(key: str | None) -> None:
    with pytest.raises(Unauthorized, match="Make sure subscription key is included") as refusal:
        find_key(key, TWO)
    assert (refusal.value.status, refusal.value.code) == (401, "Unauthorized")


@pytest.mark.parametrize("key", ["firs", "first ", "FIRST", "first,second", "ключ", "\udcff"])
def test_a_wrong_key_is_denied(key: str) -> None:
    with pytest.raises(AccessDenied, match="Access denied due to invalid subscription key") as refusal:
        find_key(key, TWO)
    assert (refusal.value.status, refusal.value.code) == (401, "401")


def test_without_configured_keys_nobody_is_admitted() -> None:
    with pytest.raises(AccessDenied):
        find_key("anything", [])


def test_a_plain_key_may_do_everything_and_a_named_one_what_its_scopes_say() -> None:
    plain, desk, app = read_keys(["plain", "desk:enroll+manage:secret:with:colons", "app:recognize:other"])
    assert (plain.name, desk.name, app.name) == ("key-1", "desk", "app")
    assert desk.secret == "secret:with:colons"  # noqa: S105
    for operation in OPERATIONS.values():
        plain.check_may(operation)
    app.check_may(OPERATIONS["Verify"])
    desk.check_may(OPERATIONS["CreateEnrollment"])
    with pytest.raises(WrongScope, match=r"Its scope is enroll\+manage; recognize is needed"):
        desk.check_may(OPERATIONS["IdentifySingleSpeaker"])
    with pytest.raises(WrongScope, match="Its scope is recognize; manage is needed"):
        app.check_may(OPERATIONS["DeleteProfiles"])


@pytest.mark.parametrize("text", ["a:b:c", "desk:enrol:secret", "https://x", "desk:enroll:", "ü:enroll:x"])
def test_a_key_that_only_looks_named_stays_the_key_that_it_was(text: str) -> None:
    [key] = read_keys([text])
    assert (key.secret, key.name) == (text, "key-1")


def test_the_key_is_named_where_the_log_reads_it() -> None:
    admission = _admission(keys=f"desk:manage:{RIGHT}")
    with tracing("ListProfiles", None) as trace:
        admission.admit(_request(), LIST)
    assert trace.key == "desk"


def test_a_short_key_is_refused_in_azure_and_warned_of_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    short = f"{RIGHT},desk:enroll:short"
    with pytest.raises(Misconfigured, match="desk: a key needs 16 characters at least") as refusal:
        _admission(keys=short, WEBSITE_SITE_NAME="app")
    assert "short" not in str(refusal.value).replace("desk", "")
    _admission(keys=short)
    assert "in Azure it would be refused" in caplog.text


def test_wrong_keys_are_refused_more_and_more_and_a_right_one_from_elsewhere_is_not() -> None:
    admission, clock = _admission(clock := Clock()), clock
    answers = []
    for number in range(60):
        with pytest.raises((AccessDenied, TooManyGuesses)) as refusal:
            admission.admit(_request(f"guess-{number}", "203.0.113.7:51234"), LIST)
        answers.append(type(refusal.value))
    assert answers == [AccessDenied] * 30 + [TooManyGuesses] * 30
    assert refusal.value.retry_after_sec == 2
    with pytest.raises(TooManyGuesses):
        admission.admit(_request(RIGHT, "203.0.113.7:4"), LIST)
    admission.admit(_request(RIGHT, "203.0.113.8"), LIST)
    clock.now += 2
    admission.admit(_request(RIGHT, "203.0.113.7"), LIST)


def test_a_gateway_with_a_right_key_is_listened_to_whoever_guesses_behind_it() -> None:
    admission = _admission()
    admission.admit(_request(), LIST)
    for number in range(60):
        with pytest.raises((AccessDenied, TooManyGuesses)):
            admission.admit(_request(f"guess-{number}"), LIST)
    admission.admit(_request(), LIST)


def test_guesses_from_many_addresses_are_limited_together() -> None:
    admission = _admission()
    admission.admit(_request(RIGHT, "192.0.2.1"), LIST)
    refused = []
    for number in range(400):
        with pytest.raises((AccessDenied, TooManyGuesses)) as refusal:
            admission.admit(_request("guess", f"198.51.{number // 250}.{number % 250}"), LIST)
        refused.append(type(refusal.value))
    assert refused.count(AccessDenied) == 300
    admission.admit(_request(RIGHT, "192.0.2.1"), LIST)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("", ""),
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7:4", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "[2001:db8::1]"),
    ],
)
def test_the_address_is_the_one_that_the_last_proxy_saw(forwarded: str, address: str) -> None:
    assert address_of(_request(address=forwarded)) == address


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        ("localhost:7071", True),
        ("127.0.0.1", True),
        ("[::1]:80", True),
        ("voices.example", False),
        ("192.168.1.7:7071", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
    ],
)
def test_without_a_key_only_this_machine_is_answered(host: str, *, is_answered: bool) -> None:
    admission = _admission(keys="", AZURE_FUNCTIONS_ENVIRONMENT="Development")
    request = _request(None, url=f"http://{host}/x")
    if is_answered:
        admission.admit(request, LIST)
        return
    with pytest.raises(Unauthorized):
        admission.admit(request, LIST)


def test_no_limit_admits_everything() -> None:
    limit = RateLimit(0, Clock())
    for _ in range(1000):
        limit.admit()


def test_calls_over_the_rate_are_told_when_to_come_again() -> None:
    clock = Clock()
    limit = RateLimit(2, clock)
    limit.admit()
    limit.admit()
    with pytest.raises(RateLimited, match="Try again in 1 seconds") as refusal:
        limit.admit()
    clock.now += refusal.value.retry_after_sec or 0
    limit.admit()


def test_a_rate_below_one_a_second_still_admits() -> None:
    clock = Clock()
    limit = RateLimit(0.1, clock)
    limit.admit()
    with pytest.raises(RateLimited, match="Try again in 10 seconds"):
        limit.admit()
    clock.now += 10
    limit.admit()


def test_what_was_not_used_is_not_saved_up() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    clock.now += 3600
    limit.admit()
    with pytest.raises(RateLimited):
        limit.admit()
