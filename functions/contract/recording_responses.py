"""What callers read of who spoke when."""

from collections.abc import Sequence
from typing import Final

from functions.contract.details import CANDIDATE
from functions.contract.responses import NOBODY
from functions.contract.shapes import (
    COUNT,
    EVIDENCE,
    GUID,
    MOMENT,
    NUMBER,
    SCORE,
    TEXT,
    YES_OR_NO,
    Field,
    ListOf,
    Plain,
    Shape,
    page_of,
)
from shared.recognition.outcomes import Candidate
from shared.recordings.conversations import Told
from shared.recordings.formats import milliseconds
from shared.recordings.jobs import Job, Problem, Status
from shared.recordings.naming import MARGIN, Named
from shared.recordings.turns import Turn


def _best(speaker: Named) -> Candidate | None:
    return speaker.ranking[0] if speaker.ranking else None


def _score(speaker: Named) -> float | None:
    best = _best(speaker)
    return best.score if best else None


def _ratio(speaker: Named) -> float | None:
    best = _best(speaker)
    return best.verdict.llr if best else None


def _second(speaker: Named) -> Candidate | None:
    return speaker.ranking[1] if len(speaker.ranking) > 1 else None


_RUNNER_UP: Final = Shape[Candidate](
    "RunnerUp",
    (
        Field("profileId", GUID, lambda of: of.profile_id),
        Field("score", SCORE, lambda of: of.score),
        Field("llr", EVIDENCE, lambda of: of.verdict.llr),
    ),
    open_to_more=True,
)
_SPEAKER: Final = Shape[Named](
    "RecordedSpeaker",
    (
        Field("speaker", COUNT, lambda of: of.voice.number, "number, from 1, in order of appearance"),
        Field("profileId", GUID, lambda of: of.profile_id or NOBODY, "who it is; all zeros for none of the profiles"),
        Field(
            "score",
            SCORE,
            _score,
            "of the profile that is most like the speaker; absent where there is none",
            optional=True,
        ),
        Field("llr", EVIDENCE, _ratio, "its natural log-likelihood ratio", optional=True),
        Field("speechMs", COUNT, lambda of: milliseconds(of.voice.speech_sec), "how long the speaker speaks"),
        Field(
            "runnerUp", _RUNNER_UP, _second, "the profile that is second; absent where one was offered", optional=True
        ),
    ),
    open_to_more=True,
)
_OFFSET: Final[tuple[Field[Turn], ...]] = (
    Field("offsetMs", COUNT, lambda of: milliseconds(of.start)),
    Field("durationMs", COUNT, lambda of: milliseconds(of.stop) - milliseconds(of.start)),
    Field("speaker", COUNT, lambda of: of.speaker),
)
_TURN: Final = Shape[Turn](
    "Turn",
    (*_OFFSET, Field("overlapped", YES_OR_NO, lambda of: of.overlapped, "whether others speak meanwhile")),
    open_to_more=True,
)
_EXCLUSIVE: Final = Shape[Turn]("ExclusiveTurn", _OFFSET, open_to_more=True)


def _lead(speaker: Named) -> float | None:
    second = _second(speaker)
    best = _best(speaker)
    return best.verdict.llr - second.verdict.llr if best and second else None


def _channel(speaker: Named) -> int | None:
    number = speaker.voice.channel
    return None if number is None else number + 1


_EVIDENCE: Final = Shape[Named](
    "SpeakerEvidence",
    (
        Field("speaker", COUNT, lambda of: of.voice.number),
        Field(
            "channel", COUNT, _channel, "the one that is the speaker's, from 1; with channel=separate", optional=True
        ),
        Field("aloneMs", COUNT, lambda of: milliseconds(of.voice.alone_sec), "speech that was compared"),
        Field("margin", EVIDENCE, _lead, "lead of the best profile; null where one was offered"),
        Field("leastMargin", NUMBER, lambda _: MARGIN, "below it nobody is named"),
        Field("candidates", ListOf(CANDIDATE), lambda of: of.ranking, "up to five, from best to worst"),
    ),
    open_to_more=True,
)
_DETAILS: Final = Shape[Told](
    "TurnsDetails",
    (
        Field("modelVersion", TEXT, lambda of: of.version, "version of the model that compared the voices"),
        Field("speakers", ListOf(_EVIDENCE), lambda of: of.speakers),
    ),
    open_to_more=True,
)


def _exclusive(told: Told) -> Sequence[Turn]:
    return told.diarized.exclusive


TURNS: Final = Shape[Told](
    "Turns",
    (
        Field("durationMs", COUNT, lambda of: milliseconds(of.diarized.seconds), "length of the recording"),
        Field("speakers", ListOf(_SPEAKER), lambda of: of.speakers),
        Field("value", ListOf(_TURN), lambda of: of.diarized.turns, "turns by their start; they may overlap"),
        Field("exclusive", ListOf(_EXCLUSIVE), _exclusive, "one speaker at a time, to merge with a transcript"),
    ),
    details=_DETAILS,
    open_to_more=True,
)

_ERROR: Final = Shape[Problem](
    "RecordingError",
    (Field("code", TEXT, lambda of: of.code), Field("message", TEXT, lambda of: of.message)),
    open_to_more=True,
)
_STATUS: Final = Plain({"type": "string", "enum": [each.value for each in Status]}, name="RecordingStatus")
RECORDING: Final = Shape[Job](
    "Recording",
    (
        Field("recordingId", GUID, lambda job: job.id),
        Field("status", _STATUS, lambda job: job.status.value),
        Field("percentComplete", Plain({"type": "integer", "minimum": 0, "maximum": 100}), lambda job: job.percent),
        Field("displayName", TEXT, lambda job: job.asked.display_name, optional=True),
        Field("createdDateTime", MOMENT, lambda job: job.created),
        Field("lastUpdatedDateTime", MOMENT, lambda job: job.moved, "when it last went on"),
        Field("expiresDateTime", MOMENT, lambda job: job.expires, "when nothing of it is left, unless it goes on"),
        Field("error", _ERROR, lambda job: job.problem, "why it has failed", optional=True),
    ),
    open_to_more=True,
)
RECORDING_LIST: Final = page_of("RecordingList", RECORDING)
