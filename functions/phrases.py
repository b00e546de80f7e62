"""The phrases of which enrollment wants one."""

import azure.functions as func

from functions.contract import wire
from functions.plumbing.http import Call, reply, serves
from shared import service

blueprint = func.Blueprint()


@serves(blueprint, "ListPhrases")
def phrases(call: Call) -> func.HttpResponse:
    """200 with the phrases of a locale."""
    script = call.family.script
    listed = service.phrases().phrases(script, wire.named_locale(call.params.get("locale")))
    return reply(200, wire.phrases(call.dialect, script, listed))
