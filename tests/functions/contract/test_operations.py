import pytest

from function_app import app
from functions.contract.dialects import V2, V2021
from functions.contract.operations import OPERATIONS, spoken
from shared.voices.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family

NAMES = [str(function.get_function_name()) for function in app.get_functions()]  # can be asked for once
ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("CreateProfile", "profiles"),
        ("GetProfile", f"profiles/{ID}"),
        ("ResetProfile", f"profiles/{ID}:reset"),
        ("CreateEnrollment", f"PROFILES/{ID}/Enrollments/"),
        ("IdentifySingleSpeaker", "profiles:identifysinglespeaker"),
        ("ListPhrases", "phrases/en-US"),
        ("ListPhrases", "phrases"),
    ],
)
def test_a_path_is_matched_in_any_case_with_or_without_final_slash(name: str, path: str) -> None:
    params = OPERATIONS[name].match(V2021, f"/speaker-recognition/verification/text-independent/{path}")
    assert params is not None
    assert (params["mode"], params["dependency"]) == ("verification", "text-independent")
    assert params.get("profileId", ID) == ID


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ResetProfile", f"profiles/{ID}/reset"),
        ("Verify", f"profiles/{ID}/Verify/"),
        ("IdentifySingleSpeaker", "profiles/identifySingleSpeaker"),
    ],
)
def test_version_2_0_divides_actions_by_slashes(name: str, path: str) -> None:
    base = "/speaker/identification/v2.0/text-independent"
    assert OPERATIONS[name].match(V2, f"{base}/{path}") is not None
    assert OPERATIONS[name].match(V2021, f"{base}/{path}") is None


def test_a_parameter_never_spans_two_segments() -> None:
    path = "/speaker-recognition/verification/text-independent/profiles/a/b"
    assert OPERATIONS["GetProfile"].match(V2021, path) is None


def test_every_operation_of_every_version_is_a_function_of_the_app() -> None:
    assert {operation.function(dialect) for operation, dialect in spoken()} <= set(NAMES)


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("CreateProfile", [PASSPHRASE_VERIFICATION, VERIFICATION, IDENTIFICATION]),
        ("Verify", [PASSPHRASE_VERIFICATION, VERIFICATION]),
        ("IdentifySingleSpeaker", [IDENTIFICATION]),
        ("IdentifyRecording", [IDENTIFICATION]),
        ("ListPhrases", [PASSPHRASE_VERIFICATION, VERIFICATION, IDENTIFICATION]),
    ],
)
def test_an_operation_is_there_for_its_families_only(name: str, families: list[Family]) -> None:
    operation = OPERATIONS[name]
    assert operation.families() == families
    words = [("verification", "text-dependent"), ("verification", "text-independent")]
    words += [("identification", "text-independent"), ("identification", "text-dependent"), ("x", "text-dependent")]
    found = [operation.family(mode.upper(), dependency) for mode, dependency in words]
    assert [family for family in found if family] == families


def test_the_catch_all_comes_last_in_the_order_in_which_the_host_tries_routes() -> None:
    assert max(NAMES, key=str.upper) == "WithoutRoute"
