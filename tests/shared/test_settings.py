import pytest

from shared.errors import Misconfigured
from shared.settings import Settings
from shared.words.matching import MEASURED, Tolerance

LOCAL = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
IN_AZURE = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development", "WEBSITE_SITE_NAME": "app"}


def test_keys_are_split_and_blanks_dropped() -> None:
    assert Settings.read({"SPEAKER_RECOGNITION_KEYS": " one ,,two, "}).keys == ("one", "two")


@pytest.mark.parametrize(
    ("environment", "is_open"),
    [({}, False), (LOCAL, True), (IN_AZURE, False), ({**LOCAL, "SPEAKER_RECOGNITION_KEYS": "k"}, False)],
    ids=["nowhere", "local", "in Azure, whatever it is called", "local with a key"],
)
def test_only_a_local_host_without_keys_is_open(environment: dict[str, str], is_open: bool) -> None:  # noqa: FBT001
    assert Settings.read(environment).open_to_all is is_open


def test_a_reference_that_was_not_followed_is_no_key() -> None:
    reference = "@Microsoft.KeyVault(VaultName=kv;SecretName=keys)"
    with pytest.raises(Misconfigured, match="SPEAKER_RECOGNITION_KEYS is a Key Vault reference"):
        Settings.read({"SPEAKER_RECOGNITION_KEYS": reference})


def test_a_wrong_setting_is_named_with_its_value() -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_ACTIVE_ENROLLMENT='maybe'"):
        Settings.read({"SPEAKER_ACTIVE_ENROLLMENT": "maybe"})


@pytest.mark.parametrize(
    ("environment", "signs_in"),
    [
        ({"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_SITE_NAME": "app"}, True),
        ({"WEBSITE_AUTH_ENABLED": "True"}, False),
        ({"WEBSITE_AUTH_ENABLED": "False", "WEBSITE_SITE_NAME": "app"}, False),
        ({"WEBSITE_SITE_NAME": "app"}, False),
    ],
)
def test_only_app_service_authentication_in_azure_checks_tokens(environment: dict[str, str], signs_in: bool) -> None:  # noqa: FBT001
    assert Settings.read(environment).platform_signs_in is signs_in


def test_limits_and_formats_are_read() -> None:
    settings = Settings.read({})
    assert (settings.decode_any, settings.max_profiles, settings.rate_limit) == (True, 10_000, 0)
    environment = {"SPEAKER_DECODE_ANY": "False", "SPEAKER_MAX_PROFILES": "5", "SPEAKER_RATE_LIMIT": "0.5"}
    settings = Settings.read(environment)
    assert (settings.decode_any, settings.max_profiles, settings.rate_limit) == (False, 5, 0.5)


@pytest.mark.parametrize(
    "name",
    [
        "SPEAKER_DECODE_ANY",
        "SPEAKER_MAX_PROFILES",
        "SPEAKER_RATE_LIMIT",
        "SPEAKER_ENROLLMENT_AGREEMENT",
        "SPEAKER_REPEATED_AUDIO",
    ],
)
@pytest.mark.parametrize("text", ["", "-1", "nan", "1e9", "maybe"])
def test_values_that_make_no_sense_are_named(name: str, text: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}='{text}'"):
        Settings.read({name: text})


def test_phrases_are_tolerated_as_far_as_they_can_be_told_apart() -> None:
    assert Settings.read({}).tolerance == MEASURED
    stated = {"DISTANCE": "0.33", "LENGTH": "1", "LOG_LIKELIHOOD": "-1.5", "LLR": "0"}
    read = Settings.read({f"SPEAKER_PHRASE_{name}": text for name, text in stated.items()})
    assert read.tolerance == Tolerance(distance=0.33, length=1, log_likelihood=-1.5, llr=0)


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("SPEAKER_PHRASE_DISTANCE", "0.34", "0 to 0.33"),
        ("SPEAKER_PHRASE_DISTANCE", "-0.1", "0 to 0.33"),
        ("SPEAKER_PHRASE_DISTANCE", "", "0 to 0.33"),
        ("SPEAKER_PHRASE_LENGTH", "0.75", "0.76 to 1"),
        ("SPEAKER_PHRASE_LENGTH", "1.1", "0.76 to 1"),
        ("SPEAKER_PHRASE_LOG_LIKELIHOOD", "-1.8", "-1.75 to 0"),
        ("SPEAKER_PHRASE_LLR", "-1.3", "-1.25 to 0"),
        ("SPEAKER_PHRASE_LLR", "0.1", "-1.25 to 0"),
    ],
)
def test_a_tolerance_that_would_take_one_phrase_for_another_is_refused(name: str, text: str, allowed: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}='{text}': a number from {allowed} is needed"):
        Settings.read({name: text})


SPEECH = {"SPEAKER_SPEECH_ENDPOINT": "https://westeurope.stt.speech.microsoft.com"}


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        (SPEECH, "needs SPEAKER_SPEECH_RESOURCE_ID or SPEAKER_SPEECH_KEY"),
        ({"SPEAKER_SPEECH_ENDPOINT": "http://example.org", "SPEAKER_SPEECH_KEY": "k"}, "begins with https://"),
        ({**SPEECH, "SPEAKER_SPEECH_KEY": "@Microsoft.KeyVault(VaultName=kv;SecretName=speech)"}, "could not follow"),
    ],
    ids=["nothing opens it", "a key in the clear", "a key that is not there"],
)
def test_a_speech_resource_that_cannot_be_asked_is_refused_at_start(environment: dict[str, str], problem: str) -> None:
    with pytest.raises(Misconfigured, match=problem):
        Settings.read(environment)


def test_a_speech_resource_is_asked_with_an_identity_or_a_key() -> None:
    assert Settings.read({**SPEECH, "SPEAKER_SPEECH_KEY": " k "}).speech_key == "k"
    assert Settings.read({**SPEECH, "SPEAKER_SPEECH_RESOURCE_ID": "/subscriptions/s"}).speech_key == ""


@pytest.mark.parametrize(
    ("sealing", "key", "problem"),
    [
        ("vault", "", "needs SPEAKER_SEALING_KEY"),
        ("vault", "AAAA", "needs SPEAKER_SEALING_KEY"),
        ("local", "https://voices.vault.azure.net/keys/sealing", "needs SPEAKER_SEALING_KEY"),
        ("local", "", "SPEAKER_SEALING=local needs SPEAKER_SEALING_KEY"),
        ("on", "AAAA", "SPEAKER_SEALING='on'"),
    ],
)
def test_a_seal_without_a_key_of_its_kind_is_refused(sealing: str, key: str, problem: str) -> None:
    with pytest.raises(Misconfigured, match=problem):
        Settings.read({"SPEAKER_SEALING": sealing, "SPEAKER_SEALING_KEY": key})


def test_a_seal_is_off_by_default_and_may_keep_its_key_when_it_is() -> None:
    assert (Settings.read({}).sealing, Settings.read({}).listeners) == ("off", ())
    assert Settings.read({"SPEAKER_SEALING_KEY": "AAAA"}).sealing == "off"


def test_scores_have_all_their_decimals_or_one_to_six() -> None:
    assert [Settings.read({"SPEAKER_SCORE_DECIMALS": text}).score_decimals for text in ("", "1", "6")] == [None, 1, 6]
    for text in ("0", "7", "two"):
        with pytest.raises(Misconfigured, match="a whole number from 1 to 6 is needed"):
            Settings.read({"SPEAKER_SCORE_DECIMALS": text})
