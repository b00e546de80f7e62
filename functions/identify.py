"""Which of these enrolled speakers is this, or none of them?"""

import azure.functions as func

from functions.http import Call, reply, serves
from shared import service, wire

blueprint = func.Blueprint()


@serves(blueprint, "IdentifySingleSpeaker")
def identify(call: Call) -> func.HttpResponse:
    """200 with the speaker, or the all-zero id, and the ranking."""
    identified = service.profiles().identify(
        call.family,
        wire.profile_ids(call.query("profileIds")),
        call.audio,
        ignore_min_length=call.ignore_min_length,
    )
    details = {
        **wire.ranking_evidence(identified),
        **wire.measured(identified.quality, service.profiles().model_version),
    }
    return reply(200, call.with_details(wire.identification(identified), details))
