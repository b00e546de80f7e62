"""The doctor tells no secret, also where it stands in the wrong place or is itself what is wrong."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from devhost.stack import Host
from shared.settings import SETTINGS
from tests.tools.pretending import Pretended, pretending
from tools.doctor import here, there
from tools.doctor.hiding import SECRETS, hiding
from tools.verbs import main

pytestmark = pytest.mark.slow

SECRET: Final = "a-secret-that-nobody-may-read-01"  # noqa: S105  as long as a key that may stand anywhere
ACCOUNT: Final = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET};EndpointSuffix=core.windows.net"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what a test sets."""
    for name in (*SETTINGS, *SECRETS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models say nothing here."""
    kept = {name: look for name, look in here.CHECKS.items() if name not in ("models", "phrases")}
    monkeypatch.setattr(here, "CHECKS", kept)


def test_nothing_secret_is_printed(
    storage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account_key = storage.partition("AccountKey=")[2].partition(";")[0]
    monkeypatch.setenv("SPEAKER_STORAGE_CONNECTION_STRING", storage)
    monkeypatch.setenv("SPEAKER_RECOGNITION_KEYS", SECRET)
    monkeypatch.setenv("SPEAKER_SPEECH_KEY", SECRET)
    for arguments in (["doctor"], ["doctor", "--json"]):
        main(arguments)
        said = capsys.readouterr().out
        assert "keys" in said
        assert SECRET not in said
        assert account_key not in said


@pytest.mark.parametrize(
    "settings",
    [
        {"SPEAKER_STORAGE_CONNECTION_STRING": SECRET},
        {"SPEAKER_STORAGE_CONNECTION_STRING": ACCOUNT.replace(SECRET, f"{SECRET}x")},
        {"SPEAKER_STORAGE_CONNECTION_STRING": f"{ACCOUNT};BlobEndpoint=nowhere"},
        {"SPEAKER_STORAGE_BLOB_URL": ACCOUNT, "SPEAKER_STORAGE_TABLE_URL": ACCOUNT},
        {"SPEAKER_STORAGE_BLOB_URL": f"https://a?sig={SECRET}", "SPEAKER_STORAGE_TABLE_URL": "https://a"},
        {"SPEAKER_SPEECH_ENDPOINT": ACCOUNT},
        {"SPEAKER_SPEECH_ENDPOINT": SECRET},
        {"SPEAKER_RATE_LIMIT": SECRET},
        {"SPEAKER_MODEL": SECRET},
        {
            "SPEAKER_PUBLIC_ORIGIN": f"{SECRET}\n",
            "SPEAKER_RECOGNITION_KEYS": f"desk:all:{SECRET},other:manage:{SECRET}",
        },
        {"SPEAKER_RECOGNITION_KEYS": f"@Microsoft.KeyVault(SecretUri=https://{SECRET})"},
    ],
    ids=lambda settings: "+".join(settings),
)
@pytest.mark.usefixtures("quick")
def test_a_secret_in_the_wrong_place_is_not_told(
    settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err


@pytest.mark.usefixtures("quick")
def test_a_short_key_is_not_told_either(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SPEAKER_RECOGNITION_KEYS", "desk:manage:dog")
    monkeypatch.setenv("SPEAKER_RATE_LIMIT", "dog")
    main(["doctor"])
    assert "SPEAKER_RATE_LIMIT='***'" in capsys.readouterr().out


@pytest.mark.parametrize("key", [f"{SECRET}\n", f" {SECRET}", f"{SECRET}\r\nX: y", f"{SECRET}ü", f"{SECRET} x"])
def test_a_key_that_no_header_carries_is_not_told(
    service: Host, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPEAKER_KEY", key)
    assert main(["doctor", service.url]) == 1
    said = capsys.readouterr().out
    assert "wrong    key" in said
    assert SECRET not in said


def test_a_service_that_repeats_the_key_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPEAKER_KEY", SECRET)
    error = {"error": {"code": f"{SECRET} is unknown", "message": f"{SECRET} is unknown"}}
    refusing = Pretended({"/health": {"status": "Healthy"}, f"/{there.LIST}": error}, {f"/{there.LIST}": 401})
    for statuses in (refusing.statuses, {"/health": 500}):
        with pretending(replace(refusing, bodies={**refusing.bodies}, statuses=statuses)) as echoing:
            main(["doctor", echoing.url])
        assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@voices.example",
        f"https://voices.example/?code={SECRET}",
        f"https://voices.example/{SECRET}",
        f"https://voices.example#{SECRET}",
        f"{SECRET}:7071",
    ],
)
def test_a_url_that_holds_more_than_a_root_is_refused_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", url])
    said = capsys.readouterr()
    assert (ended.value.code, "scheme and host are needed" in said.err) == (2, True)
    assert SECRET not in said.out + said.err


def test_every_setting_that_is_a_secret_is_hidden() -> None:
    secret = {name for name in SETTINGS if name.endswith(("_KEY", "_KEYS", "_CONNECTION_STRING"))}
    assert secret <= set(SECRETS)


def test_what_is_no_secret_is_told() -> None:
    hide = hiding({"SPEAKER_RECOGNITION_KEYS": "desk:manage:dog", "SPEAKER_MODEL": "campplus", "PATH": "/bin"})
    assert (
        hide("desk may manage campplus with a dogged dog in /bin")
        == "desk may manage campplus with a dogged *** in /bin"
    )


def test_nothing_is_hidden_where_nothing_is_secret() -> None:
    assert hiding({})("as it is") == "as it is"
