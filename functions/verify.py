"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.http import Call, reply, serves
from shared import service, wire

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    candidate = service.profiles().verify(
        call.family, call.profile_id, call.body, ignore_min_length=call.ignore_min_length
    )
    return reply(200, wire.verification(candidate))
