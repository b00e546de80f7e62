"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.contract.responses import VERIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    verified = call.service.recognizer.verify(
        call.family, call.profile_id, call.audio, waive_minimum=call.ignore_min_length
    )
    return reply(200, VERIFICATION_RESULT.write(call.context, verified))
