"""Who spoke when in a recording, by name where the voice is known: at once, or as a job on a queue."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import azure.functions as func

from functions.contract.recording_requests import (
    CANDIDATES,
    OPTIONS,
    asked,
    candidates,
    file_format,
    is_separate,
    recording_id,
    speaker,
    told_in,
)
from functions.contract.recording_responses import RECORDING, RECORDING_LIST, TURNS
from functions.contract.requests import profile_id
from functions.contract.responses import ENROLLMENT
from functions.contract.shapes import Listed
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import APP, noted, serves
from shared.listening.declared import Recording
from shared.observing.trace import tracing
from shared.recordings.errands import GIVEN_UP, QUEUE
from shared.recordings.formats import FORMATS, labels
from shared.recordings.refusals import RETRY_AFTER_SEC

blueprint = func.Blueprint()

HOST_STORAGE: Final = "AzureWebJobsStorage"
"""The connection of the queue: it is the host that looks after it."""
MEDIA_TYPES: Final = {"rttm": "text/plain", "vtt": "text/vtt", "csv": "text/csv"}


@serves(blueprint, "IdentifyRecording")
def identify(call: Call) -> func.HttpResponse:
    """200 with turns and speakers, of whom some may be among the profiles."""
    among = candidates({name: call.query(name) for name in CANDIDATES})
    separate = is_separate(call.query("channel"))
    audio = call.all_channels if separate else call.audio
    told = call.service.conversations.identify(call.family, among, audio, separate=separate)
    return reply(200, TURNS.write(call.context, told))


@serves(blueprint, "CreateRecording")
def create(call: Call) -> func.HttpResponse:
    """202 with the job, and where to ask for it."""
    elsewhere = told_in(call.request.headers.get("content-type", ""), call.body)
    given: Mapping[str, Any]
    if elsewhere is None:
        given, audio = {name: call.query(name) for name in (*CANDIDATES, *OPTIONS, "channel")}, call.all_channels
    else:
        given, audio = elsewhere, Recording(b"")
    job = call.service.recordings.hand_in(call.family, asked(given, audio.content_type), audio.body)
    where = call.url("recordings", job.id, query={"api-version": str(call.dialect.api_version)})
    headers = {"location": where, "operation-location": where, "retry-after": str(RETRY_AFTER_SEC)}
    return reply(202, RECORDING.write(call.context, job), **headers)


@serves(blueprint, "ListRecordings")
def list_recordings(call: Call) -> func.HttpResponse:
    """200 with a page of recordings in id order."""
    after, size = call.page(recording_id)
    page = call.service.recordings.page(call.family, after=after, size=size)
    link = call.next_page(size, page.last, "recordings") if page.last else None
    return reply(200, RECORDING_LIST.write(call.context, Listed(page.jobs, link)))


@serves(blueprint, "GetRecording")
def get(call: Call) -> func.HttpResponse:
    """200 with how far it has come; with ``Retry-After`` while it goes on."""
    job = call.service.recordings.get(call.family, _named(call))
    headers = {} if job.ended else {"retry-after": str(RETRY_AFTER_SEC)}
    return reply(200, RECORDING.write(call.context, job), **headers)


@serves(blueprint, "DeleteRecording")
def delete(call: Call) -> func.HttpResponse:
    """204, also for one that is already gone."""
    call.service.recordings.delete(call.family, _named(call))
    return reply(204)


@serves(blueprint, "GetTurns")
def turns(call: Call) -> func.HttpResponse:
    """200 with turns and speakers, or a file of turns."""
    chosen = file_format(call.query("format"))
    told = call.service.recordings.turns(call.family, _named(call))
    if chosen is None:
        return reply(200, TURNS.write(call.context, told))
    written = FORMATS[chosen](told.diarized.turns, labels(told.speakers))
    return func.HttpResponse(written, mimetype=MEDIA_TYPES[chosen], charset="utf-8")


@serves(blueprint, "EnrollSpeaker")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the speaker's turns held and what is still missing."""
    named, waived = profile_id(call.query("profileId") or ""), call.ignore_min_length
    clip = call.service.recordings.said(call.family, _named(call), speaker(call.params["speaker"]))
    enrolled = call.service.enrolling.enroll(call.family, named, Recording(clip), waive_minimum=waived)
    return reply(201, ENROLLMENT.write(call.context, enrolled))


@blueprint.function_name("RecordingStep")
@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection=HOST_STORAGE)
def step(message: func.QueueMessage) -> None:
    """Do a step of a recording; what fails is tried again by the host."""
    again = (message.dequeue_count or 1) > 1
    _worked("RecordingStep", partial(APP.steps.take, _text(message), again=again))


@blueprint.function_name("RecordingGivenUp")
@blueprint.queue_trigger(arg_name="message", queue_name=GIVEN_UP, connection=HOST_STORAGE)
def give_up(message: func.QueueMessage) -> None:
    """Tell of a recording that it has failed, after a step was tried as often as the host does."""
    _worked("RecordingGivenUp", partial(APP.steps.give_up, _text(message)))


def _named(call: Call) -> str:
    return recording_id(call.params["recordingId"])


def _text(message: func.QueueMessage) -> str:
    return message.get_body().decode(errors="replace")


def _worked(name: str, work: Callable[[], None]) -> None:
    """Do something that no request asks for, with a line in the log either way."""
    with tracing(name, None) as trace:
        try:
            work()
        except Exception as failure:
            trace.error, trace.problem = type(failure).__name__, str(failure)
            raise
        finally:
            noted(trace)
