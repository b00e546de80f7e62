import pytest

from functions.operations import OPERATIONS
from shared.wire import V2021

ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("CreateProfile", "profiles"),
        ("GetProfile", f"profiles/{ID}"),
        ("ResetProfile", f"profiles/{ID}:reset"),
        ("CreateEnrollment", f"PROFILES/{ID}/Enrollments/"),
        ("IdentifySingleSpeaker", "profiles:identifysinglespeaker"),
    ],
)
def test_a_path_is_matched_in_any_case_with_or_without_final_slash(name: str, path: str) -> None:
    params = OPERATIONS[name].match(V2021, f"/speaker-recognition/verification/text-independent/{path}")
    assert params is not None
    assert (params["mode"], params["dependency"]) == ("verification", "text-independent")
    assert params.get("profileId", ID) == ID


def test_a_parameter_never_spans_two_segments() -> None:
    path = "/speaker-recognition/verification/text-independent/profiles/a/b"
    assert OPERATIONS["GetProfile"].match(V2021, path) is None
