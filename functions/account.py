"""What a person may ask of a profile: what was done to it, and all that is held."""

import re
from datetime import date
from typing import Final

import azure.functions as func

from functions.contract.account_refusals import BadDay
from functions.contract.account_responses import AUDIT, MEDIA
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves

blueprint = func.Blueprint()

_DAY: Final = re.compile(r"(\d{4}/\d{2}/\d{2})")


@serves(blueprint, "GetProfileAudit")
def audit(call: Call) -> func.HttpResponse:
    """200 with what was done to a profile, also to one that is gone."""
    history = call.service.account.history(call.profile_id, _since(call.query("since")))
    following = _DAY.match(history.next_day or "")
    query = {"since": following[1].replace("/", "-"), "api-version": str(call.dialect.api_version)} if following else {}
    link = call.url("profiles", call.profile_id, "audit", query=query) if query else None
    return reply(200, AUDIT.write(call.context, (history.lines, link)))


@serves(blueprint, "ExportProfile")
def export(call: Call) -> func.HttpResponse:
    """200 with a ZIP of all that is held."""
    profile = call.service.lifecycle.exporting(call.family, call.profile_id)
    named = {"content-disposition": f'attachment; filename="{profile.id}.zip"'}
    return func.HttpResponse(call.service.account.export(profile), headers=named, mimetype=MEDIA)


def _since(text: str | None) -> str:
    """A day as the trail names it; raises BadDay where it is none."""
    if not text:
        return ""
    try:
        return f"{date.fromisoformat(text):%Y/%m/%d}"
    except ValueError as none:
        raise BadDay from none
