"""Add speech to a profile."""

from dataclasses import replace

import azure.functions as func

from functions.contract.requests import DUPLICATES, REFUSE, choice
from functions.contract.responses import ENROLLMENT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from shared.profiles.duplicates import Duplicates

blueprint = func.Blueprint()


@serves(blueprint, "CreateEnrollment")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the clip held and what is still missing."""
    duplicates = _duplicates(call)
    enrolled = call.service.enrolling.enroll(
        call.family, call.profile_id, call.audio, waive_minimum=call.ignore_min_length, twins=duplicates
    )
    context = replace(call.context, details=call.context.details or duplicates is not None)
    return reply(201, ENROLLMENT.write(context, enrolled))


def _duplicates(call: Call) -> Duplicates | None:
    """What is done about other profiles of the same person, if that is asked for."""
    chosen = choice("duplicates", call.extension("duplicates"), DUPLICATES)
    return Duplicates(call.service.everyone.same_person, refused=chosen == REFUSE) if chosen else None
