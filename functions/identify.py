"""Which of these enrolled speakers is this, or none of them?"""

import azure.functions as func

from functions.contract.requests import profile_ids
from functions.contract.responses import IDENTIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "IdentifySingleSpeaker")
def identify(call: Call) -> func.HttpResponse:
    """200 with the speaker, or the all-zero id, and the ranking."""
    named = profile_ids(call.query("profileIds"))
    identified = call.service.recognizer.identify(call.family, named, call.audio, waive_minimum=call.ignore_min_length)
    return reply(200, IDENTIFICATION_RESULT.write(call.context, identified))
