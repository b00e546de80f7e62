"""Add speech to a profile."""

import azure.functions as func

from functions.contract import wire
from functions.plumbing.http import Call, reply, serves
from shared import service
from shared.observing.telemetry import telemetry

blueprint = func.Blueprint()


@serves(blueprint, "CreateEnrollment")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the clip held and what is still missing."""
    enrolled = service.profiles().enroll(
        call.family, call.profile_id, call.audio, ignore_min_length=call.ignore_min_length
    )
    telemetry().heard("CreateEnrollment", enrolled.quality)
    details = {**wire.measured(enrolled.quality, service.profiles().model_version), **wire.heard(enrolled.saying)}
    return reply(201, call.with_details(wire.enrollment_info(call.dialect, enrolled), details))
