"""Add speech to a profile."""

import azure.functions as func

from functions.contract.responses import ENROLLMENT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "CreateEnrollment")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the clip held and what is still missing."""
    enrolled = call.service.enrolling.enroll(
        call.family, call.profile_id, call.audio, waive_minimum=call.ignore_min_length
    )
    return reply(201, ENROLLMENT.write(call.context, enrolled))
