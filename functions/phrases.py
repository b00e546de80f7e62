"""The phrases with which an active enrollment begins."""

import azure.functions as func

from functions.http import Call, reply, serves
from shared import phrases, wire

blueprint = func.Blueprint()


@serves(blueprint, "ListActivationPhrases")
def activation_phrases(call: Call) -> func.HttpResponse:
    """200 with the phrases of a locale."""
    locale = wire.named_locale(call.params.get("locale"))
    return reply(200, wire.activation_phrases(phrases.activation(call.family, locale)))
