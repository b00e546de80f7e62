"""Which of these enrolled speakers is this, or none of them?"""

import azure.functions as func

from functions.contract.group_requests import group_id
from functions.contract.refusals import BothCandidates
from functions.contract.requests import page_size, profile_ids
from functions.contract.responses import IDENTIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from shared.recognition.everyone import MAX_TOP
from shared.recognition.outcomes import Identified

blueprint = func.Blueprint()

EVERYBODY = "*"


@serves(blueprint, "IdentifySingleSpeaker")
def identify(call: Call) -> func.HttpResponse:
    """200 with the speaker, or the all-zero id, and the ranking."""
    top = _top(call)
    group = call.query("groupId") if call.takes("groupId") else None
    named = call.query("profileIds")
    if group is not None and named is not None:
        raise BothCandidates
    among_all = group is not None or (named == EVERYBODY and call.takes("groupId"))
    identified = _among_all(call, group, top) if among_all else _among_named(call, named, top)
    return reply(200, IDENTIFICATION_RESULT.write(call.context, identified))


def _among_named(call: Call, named: str | None, top: int) -> Identified:
    ids = profile_ids(named)
    return call.service.recognizer.identify(call.family, ids, call.audio, waive_minimum=call.ignore_min_length, top=top)


def _among_all(call: Call, group: str | None, top: int) -> Identified:
    name = None if group is None else group_id(group)
    return call.service.everyone.identify(call.family, name, call.audio, waive_minimum=call.ignore_min_length, top=top)


def _top(call: Call) -> int:
    """How many are ranked."""
    return page_size("$top", call.query("$top") if call.takes("$top") else None, call.family.max_ranking, MAX_TOP)
