"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.contract import wire
from functions.plumbing.http import Call, reply, serves
from shared import service
from shared.observing import trace
from shared.observing.telemetry import telemetry

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    verified = service.profiles().verify(
        call.family, call.profile_id, call.audio, ignore_min_length=call.ignore_min_length
    )
    trace.current().decision = wire.decision(verified.candidate)
    telemetry().heard("Verify", verified.quality)
    telemetry().decided(
        "Verify", service.profiles().model_version, verified.candidate.score, accepted=verified.candidate.accepted
    )
    details = {
        **wire.evidence(verified.candidate),
        **wire.measured(verified.quality, service.profiles().model_version),
        **wire.heard(verified.saying),
    }
    return reply(200, call.with_details(wire.verification(verified.candidate), details))
