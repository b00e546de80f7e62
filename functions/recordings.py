"""Who spoke when in a recording, by name where the voice is known."""

import azure.functions as func

from functions.contract.recording_responses import TURNS
from functions.contract.requests import profile_ids
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "IdentifyRecording")
def identify(call: Call) -> func.HttpResponse:
    """200 with turns and speakers, of whom some may be among the profiles."""
    named = profile_ids(call.query("profileIds"))
    return reply(200, TURNS.write(call.context, call.service.conversations.identify(call.family, named, call.audio)))
