"""Add speech to a profile."""

import azure.functions as func

from functions.contract.responses import ENROLLMENT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from functions.plumbing.repeats import once

blueprint = func.Blueprint()


@serves(blueprint, "CreateEnrollment")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the clip held and what is still missing."""
    audio, waived = call.audio, call.ignore_min_length

    def add(enrollment_id: str | None) -> func.HttpResponse:
        enrolled = call.service.enrolling.enroll(
            call.family, call.profile_id, audio, enrollment_id, waive_minimum=waived
        )
        return reply(201, ENROLLMENT.write(call.context, enrolled))

    return once(call, audio.body, add)
