"""Which of these enrolled speakers is this, or none of them?"""

import azure.functions as func

from functions.contract import wire
from functions.plumbing.http import Call, reply, serves
from shared import service
from shared.observing import trace
from shared.observing.telemetry import telemetry

blueprint = func.Blueprint()


@serves(blueprint, "IdentifySingleSpeaker")
def identify(call: Call) -> func.HttpResponse:
    """200 with the speaker, or the all-zero id, and the ranking."""
    profile_ids = wire.profile_ids(call.query("profileIds"))
    trace.current().candidates = len(profile_ids)
    identified = service.profiles().identify(
        call.family,
        profile_ids,
        call.audio,
        ignore_min_length=call.ignore_min_length,
    )
    best = identified.ranking[0]
    trace.current().decision = wire.decision(best)
    telemetry().heard("IdentifySingleSpeaker", identified.quality)
    telemetry().decided("IdentifySingleSpeaker", service.profiles().model_version, best.score, accepted=best.accepted)
    details = {
        **wire.ranking_evidence(identified),
        **wire.measured(identified.quality, service.profiles().model_version),
    }
    return reply(200, call.with_details(wire.identification(identified), details))
