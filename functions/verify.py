"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.contract.group_requests import group_id
from functions.contract.refusals import UnsupportedParameter
from functions.contract.responses import CHALLENGE, VERIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    name = call.extension("watchlist")
    group = None if name is None else group_id(name)
    challenge = call.query("challenge")
    if challenge is not None and not call.takes("challenge"):
        raise UnsupportedParameter("challenge")  # a caller must not think that it was answered
    verified = call.service.recognizer.verify(
        call.family,
        call.profile_id,
        call.audio,
        waive_minimum=call.ignore_min_length,
        watch=call.service.everyone.watching(call.family, group) if group else None,
        challenge=challenge,
    )
    return reply(200, VERIFICATION_RESULT.write(call.context, verified))


@serves(blueprint, "CreateChallenge")
def challenge(call: Call) -> func.HttpResponse:
    """200 with what the speaker is to say."""
    asked = call.service.recognizer.challenge(call.family, call.profile_id)
    return reply(200, CHALLENGE.write(call.context, asked))
