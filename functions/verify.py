"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.contract.group_requests import group_id
from functions.contract.responses import VERIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    name = call.extension("watchlist")
    group = None if name is None else group_id(name)
    verified = call.service.recognizer.verify(
        call.family,
        call.profile_id,
        call.audio,
        waive_minimum=call.ignore_min_length,
        watch=call.service.everyone.watching(call.family, group) if group else None,
    )
    return reply(200, VERIFICATION_RESULT.write(call.context, verified))
