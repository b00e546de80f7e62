"""Is this the enrolled speaker?"""

import azure.functions as func

from functions.contract.group_requests import group_id
from functions.contract.refusals import UnsupportedParameter
from functions.contract.responses import VERIFICATION_RESULT
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()


@serves(blueprint, "Verify")
def verify(call: Call) -> func.HttpResponse:
    """200 with Accept or Reject and the score."""
    group = _watchlist(call)
    verified = call.service.recognizer.verify(
        call.family,
        call.profile_id,
        call.audio,
        waive_minimum=call.ignore_min_length,
        watch=call.service.everyone.watching(call.family, group) if group else None,
    )
    return reply(200, VERIFICATION_RESULT.write(call.context, verified))


def _watchlist(call: Call) -> str | None:
    """The group that watches; where there are none, it is refused rather than not looked at."""
    name = call.query("watchlist") if "watchlist" in call.dialect.has else None
    if name is None:
        return None
    if not call.takes("watchlist"):
        raise UnsupportedParameter("watchlist")
    return group_id(name)
