"""The phrases of which enrollment wants one."""

import azure.functions as func

from functions.contract.requests import named_locale
from functions.contract.responses import PHRASES
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "ListPhrases")
def phrases(call: Call) -> func.HttpResponse:
    """200 with the phrases of a locale."""
    listed = call.service.phrases.phrases(call.family.script, named_locale(call.params.get("locale")))
    return reply(200, PHRASES.write(call.context, listed))
