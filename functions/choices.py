"""What speakers decide: consent, opt-out, and opting in again."""

import azure.functions as func

from functions.contract.choice_requests import consent, opting_in
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from functions.profiles import document

blueprint = func.Blueprint()


@serves(blueprint, "PutConsent")
def put_consent(call: Call) -> func.HttpResponse:
    """200 with the profile and the consent."""
    given = consent(call.body, call.service.now())
    profile = call.service.choices.consent(call.family, call.profile_id, given)
    return reply(200, document(call, profile))


@serves(blueprint, "OptOut")
def opt_out(call: Call) -> func.HttpResponse:
    """200 with what is left of the profile."""
    profile = call.service.choices.opt_out(call.family, call.profile_id)
    return reply(200, document(call, profile))


@serves(blueprint, "OptIn")
def opt_in(call: Call) -> func.HttpResponse:
    """200 with the profile as it was created."""
    locale, given = opting_in(call.body, call.service.now())
    profile = call.service.choices.opt_in(call.family, call.profile_id, locale, given)
    return reply(200, document(call, profile))
