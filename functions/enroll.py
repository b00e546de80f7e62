"""Add speech to a profile."""

from dataclasses import replace

import azure.functions as func

from functions.contract.requests import DUPLICATES, REFUSE, choice
from functions.contract.responses import ENROLLMENT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from functions.plumbing.repeats import once
from shared.profiles.duplicates import Duplicates

blueprint = func.Blueprint()


@serves(blueprint, "CreateEnrollment")
def enroll(call: Call) -> func.HttpResponse:
    """201 with what the clip held and what is still missing."""
    audio, waived, twins = call.audio, call.ignore_min_length, _duplicates(call)
    context = replace(call.context, details=call.context.details or twins is not None)

    def add(enrollment_id: str | None) -> func.HttpResponse:
        enrolled = call.service.enrolling.enroll(
            call.family, call.profile_id, audio, enrollment_id, waive_minimum=waived, twins=twins
        )
        return reply(201, ENROLLMENT.write(context, enrolled))

    return once(call, audio.body, add)


def _duplicates(call: Call) -> Duplicates | None:
    """What is done about other profiles of the same person, if that is asked for."""
    chosen = choice("duplicates", call.extension("duplicates"), DUPLICATES)
    return Duplicates(call.service.everyone.same_person, refused=chosen == REFUSE) if chosen else None
