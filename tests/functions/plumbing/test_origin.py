import pytest

from functions.plumbing.origin import origin

URL = "http://10.0.0.4:8080/speaker/x?y=1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://10.0.0.4:8080"),
        ({"x-forwarded-proto": "HTTPS"}, "https://10.0.0.4:8080"),
        (
            {"x-forwarded-host": "a.example:8443, b.example", "x-forwarded-proto": "https,http"},
            "https://a.example:8443",
        ),
        ({"x-original-host": "a.example"}, "http://a.example"),
        ({"forwarded": "for=1.2.3.4;proto=https;host=a.example, host=b.example"}, "https://a.example"),
        ({"forwarded": 'host="[2001:db8::1]:444"'}, "http://[2001:db8::1]:444"),
        ({"x-forwarded-host": "b.example", "x-original-host": "a.example"}, "http://b.example"),
    ],
)
def test_the_first_proxy_says_what_the_caller_sees(headers: dict[str, str], expected: str) -> None:
    assert origin(URL, headers) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "a.example/path"},
        {"x-forwarded-host": "user@a.example"},
        {"x-forwarded-host": "a.example\r\nx: y"},
        {"x-forwarded-host": ""},
        {"x-forwarded-proto": "javascript"},
        {"forwarded": "for=1.2.3.4"},
        {"forwarded": 'host="'},
    ],
)
def test_what_is_no_host_or_scheme_is_passed_over(headers: dict[str, str]) -> None:
    assert origin(URL, headers) == "http://10.0.0.4:8080"
