"""Links lead home: to the operator's origin or the host that was asked, never where a caller's header points."""

import pytest

from functions.contract.refusals import MalformedHost
from functions.plumbing.origin import origin, path_of
from shared.errors import Misconfigured
from shared.settings import Settings

HERE = Settings.read({})
IN_AZURE = Settings.read({"WEBSITE_SITE_NAME": "app"})
URL = "http://10.0.0.4:8080/speaker/x?y=1"
LIES = {
    "x-forwarded-host": "evil.example",
    "x-original-host": "evil.example",
    "forwarded": "proto=https;host=evil.example",
    "x-forwarded-proto": "https",
}


def test_without_a_setting_it_is_the_host_that_was_asked() -> None:
    assert origin(HERE, URL, LIES) == "http://10.0.0.4:8080"
    assert origin(HERE, "HTTPS://[2001:db8::1]:444/x", {}) == "https://[2001:db8::1]:444"


def test_in_azure_its_front_end_tells_the_scheme_and_nothing_else() -> None:
    assert origin(IN_AZURE, URL, LIES) == "https://10.0.0.4:8080"
    assert origin(IN_AZURE, URL, {"x-forwarded-proto": "javascript"}) == "http://10.0.0.4:8080"


def test_the_operators_origin_is_the_last_word() -> None:
    pinned = Settings.read({"SPEAKER_PUBLIC_ORIGIN": "https://voices.example", "WEBSITE_SITE_NAME": "app"})
    assert origin(pinned, URL, LIES) == "https://voices.example"


@pytest.mark.parametrize("text", ["voices.example", "https://voices.example/", "https://a b", "ftp://a", "https://A.b"])
def test_an_origin_that_is_none_is_refused_at_start(text: str) -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_PUBLIC_ORIGIN="):
        Settings.read({"SPEAKER_PUBLIC_ORIGIN": text})


@pytest.mark.parametrize("host", ["[", "", "a b", "a.example\r\nx", "user@a.example", "a:b", "a:123456", "ä.example"])
@pytest.mark.parametrize("settings", [HERE, Settings.read({"SPEAKER_PUBLIC_ORIGIN": "https://a.example"})])
def test_a_host_that_is_none_is_refused(host: str, settings: Settings) -> None:
    with pytest.raises(MalformedHost):
        origin(settings, f"http://{host}/x", {})


@pytest.mark.parametrize(
    ("url", "path"),
    [(URL, "/speaker/x"), ("http://[/a/b?c", "/a/b"), ("https://h", ""), ("http://h/a#b", "/a"), ("http://h?x=/y", "")],
)
def test_a_path_is_found_whatever_the_host_is(url: str, path: str) -> None:
    assert path_of(url) == path
