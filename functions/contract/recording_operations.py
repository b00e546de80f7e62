"""The operations of recordings of several people, which the contract does not have."""

from functools import partial
from typing import Final

from functions.contract.dialects import V2021
from functions.contract.operation import ENROLL, MANAGE, RECOGNIZE, Operation
from functions.contract.recording_requests import CANDIDATES, OPTIONS
from functions.contract.recording_responses import RECORDING, RECORDING_LIST, TURNS
from functions.contract.responses import ENROLLMENT

_of_recordings: Final = partial(Operation, scopes=(RECOGNIZE, MANAGE), modes=("identification",), dialects=(V2021,))
RECORDINGS: Final = (
    _of_recordings(
        "IdentifyRecording",
        "Who speaks when in a recording of up to five minutes, and which of these profiles are they?",
        "POST",
        "recordings",
        action="identify",
        scopes=(RECOGNIZE,),
        body="recording",
        result=TURNS,
        query=(*CANDIDATES, "channel", "details"),
    ),
    _of_recordings(
        "CreateRecording",
        "Hand in a recording of up to four hours; its turns are there later",
        "POST",
        "recordings",
        scopes=(RECOGNIZE,),
        status=202,
        body="job",
        result=RECORDING,
        query=(*CANDIDATES, *OPTIONS, "channel"),
    ),
    _of_recordings(
        "ListRecordings", "List recordings in id order", "GET", "recordings", result=RECORDING_LIST, paged=True
    ),
    _of_recordings("GetRecording", "How far a recording has come", "GET", "recordings/{recordingId}", result=RECORDING),
    _of_recordings(
        "DeleteRecording",
        "Stop a recording and forget all of it",
        "DELETE",
        "recordings/{recordingId}",
        status=204,
    ),
    _of_recordings(
        "GetTurns",
        "Who spoke when, as JSON, RTTM, WebVTT or CSV",
        "GET",
        "recordings/{recordingId}/turns",
        result=TURNS,
        query=("format", "details"),
    ),
    _of_recordings(
        "EnrollSpeaker",
        "Add what a speaker says in a recording to a profile, while its audio is kept",
        "POST",
        "recordings/{recordingId}/speakers/{speaker}",
        action="enroll",
        scopes=(ENROLL,),
        status=201,
        result=ENROLLMENT,
        query=("profileId", "ignoreMinLength", "details"),
    ),
)
