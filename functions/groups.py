"""Groups of profiles: make, describe, list, fill and delete them."""

from datetime import timedelta
from typing import Final

import azure.functions as func

from functions.contract import group_requests as requests
from functions.contract.group_responses import COUNTED_GROUP, DUPLICATES, GROUP, GROUP_LIST, MEMBERSHIP
from functions.contract.responses import PROFILE_LIST
from functions.contract.shapes import Listed
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import APP, noted, serves
from shared.observing.trace import tracing

blueprint = func.Blueprint()

CLEARING_TAKES: Final = timedelta(seconds=10)
"""Longest that the deletion of a group waits for its profiles to forget it; the timer goes on."""
SLICE: Final = timedelta(seconds=30)
"""How long one run of the timer does each of it."""


@blueprint.function_name("Galleries")
@blueprint.timer_trigger(schedule="0 7,27,47 * * * *", arg_name="timer")
def galleries(timer: func.TimerRequest) -> None:  # noqa: ARG001  the trigger's binding
    """Three times an hour: write galleries down, set lists of groups right, clear groups that were deleted."""
    with tracing("Galleries", None) as trace:
        APP.compaction.run(until=APP.now() + SLICE)
        APP.groups.settle(APP.now() + SLICE)
        APP.groups.clear_deleted(APP.now() + SLICE)
    noted(trace)


@serves(blueprint, "FindDuplicates")
def find_duplicates(call: Call) -> func.HttpResponse:
    """200 with the other profiles of the family that are the same person."""
    profile = call.service.lifecycle.get(call.family, call.profile_id)
    return reply(200, DUPLICATES.write(call.context, call.service.everyone.duplicates(profile)))


@serves(blueprint, "PutGroup")
def put(call: Call) -> func.HttpResponse:
    """201 with a new group, 200 with one that was there."""
    told, expected = requests.described(call.body), call.request.headers.get("if-match")
    group, new = call.service.groups.put(call.family, call.group_id, told, expected)
    location = call.url("groups", group.id)
    return reply(201 if new else 200, GROUP.write(call.context, group), location=location, etag=str(group.etag))


@serves(blueprint, "ListGroups")
def list_groups(call: Call) -> func.HttpResponse:
    """200 with a page of groups in id order."""
    after, size = call.page(requests.group_id)
    page = call.service.groups.page(call.family, after=after, size=size)
    link = call.next_page(size, page.groups[-1].id, "groups") if page.more else None
    return reply(200, GROUP_LIST.write(call.context, Listed(page.groups, link)))


@serves(blueprint, "GetGroup")
def get(call: Call) -> func.HttpResponse:
    """200 with the group and how many are in it."""
    counted = call.service.groups.counted(call.family, call.group_id)
    return reply(200, COUNTED_GROUP.write(call.context, counted), etag=str(counted.group.etag))


@serves(blueprint, "DeleteGroup")
def delete(call: Call) -> func.HttpResponse:
    """204, also for a group that is already gone."""
    call.service.groups.delete(call.family, call.group_id, until=call.service.now() + CLEARING_TAKES)
    return reply(204)


@serves(blueprint, "AddToGroup")
def add(call: Call) -> func.HttpResponse:
    """200 with how many are new in it, and which are no profiles."""
    added = call.service.groups.add(call.family, call.group_id, requests.members(call.body))
    return reply(200, MEMBERSHIP.write(call.context, added))


@serves(blueprint, "RemoveFromGroup")
def remove(call: Call) -> func.HttpResponse:
    """200 with how many have left it, and which were not in it."""
    removed = call.service.groups.remove(call.family, call.group_id, requests.members(call.body))
    return reply(200, MEMBERSHIP.write(call.context, removed))


@serves(blueprint, "ListGroupProfiles")
def list_profiles(call: Call) -> func.HttpResponse:
    """200 with a page of the group's profiles in id order; it may hold fewer than asked for."""
    after, size = call.page()
    page = call.service.groups.members(call.family, call.group_id, after=after, size=size)
    link = call.next_page(size, page.last, "groups", call.group_id, "profiles") if page.last else None
    return reply(200, PROFILE_LIST.write(call.context, Listed(page.profiles, link)))
