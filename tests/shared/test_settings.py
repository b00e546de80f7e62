import pytest

from shared.errors import Misconfigured
from shared.settings import Settings

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


def test_a_wrong_setting_is_named_with_its_value() -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_ACTIVE_ENROLLMENT='maybe'"):
        Settings.read({"SPEAKER_ACTIVE_ENROLLMENT": "maybe"})
