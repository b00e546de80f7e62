"""One line a request, with what an operator needs and nothing that is anybody's."""

from shared.observing.trace import mark
from tests.privacy.conftest import Recognized


def test_a_verification_is_one_line_with_what_was_decided_measured_and_waited_for(recognized: Recognized) -> None:
    line = recognized.seen.line("verify-accept")
    assert {name: line[name] for name in ("operation", "status", "family", "profile", "decision", "model")} == {
        "operation": "Verify",
        "status": 200,
        "family": "verification-text-independent",
        "profile": mark(recognized.verified),
        "decision": "Accept",
        "model": "2026-11-22",
    }
    assert 4 < line["speechSec"] <= 6
    assert line["snrDb"] > 2
    assert set(line["ms"]) == {"storage", "decode", "detect", "embed", "total"}
    assert sum(line["ms"].values()) - line["ms"]["total"] <= line["ms"]["total"]
    assert recognized.seen.line("verify-reject")["decision"] == "Reject"


def test_an_identification_says_among_how_many(recognized: Recognized) -> None:
    line = recognized.seen.line("identify-accept")
    assert (line["operation"], line["candidates"], line["decision"]) == ("IdentifySingleSpeaker", 2, "Accept")
    assert "storage" in line["ms"]


def test_every_request_has_one_line(recognized: Recognized) -> None:
    lines = [line["correlationId"] for line in recognized.seen.lines()]
    recognitions = [name for name in recognized.seen.states if name.startswith(("verify-", "identify-"))]
    assert sorted(name for name in lines if name.startswith(("verify-", "identify-"))) == sorted(recognitions)


def test_a_refused_clip_says_what_was_measured_and_which_error_it_was(recognized: Recognized) -> None:
    line = recognized.seen.line("verify-noisy")
    assert (line["status"], line["error"]) == (400, "TooNoisy")
    assert line["snrDb"] < 2
    assert "problem" not in line


def test_a_failure_says_to_the_operator_what_the_caller_does_not_read(recognized: Recognized) -> None:
    line = recognized.seen.line("verify-no-storage")
    assert (line["status"], line["error"]) == (503, "StorageUnavailable")
    assert line["problem"]
    assert line["problem"] not in recognized.seen.answers["verify-no-storage"].text


def test_a_caller_reads_the_name_that_it_gave_its_request(recognized: Recognized) -> None:
    for name, answer in recognized.seen.answers.items():
        assert answer.headers["apim-request-id"] == name
