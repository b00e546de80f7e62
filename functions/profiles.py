"""Create, list, get, delete, reset and unlock profiles."""

from datetime import timedelta
from typing import Final

import azure.functions as func

from functions.contract import requests
from functions.contract.account_responses import RECEIPT
from functions.contract.choice_requests import new_consent
from functions.contract.dialects import Json
from functions.contract.responses import CLEARED, PROFILE, PROFILE_LIST
from functions.contract.shapes import Listed
from functions.plumbing.call import Call, reply
from functions.plumbing.guard import serves
from functions.plumbing.repeats import once
from shared.observing.trace import current, mark
from shared.voices.records import Profile

blueprint = func.Blueprint()

DELETING_ALL_TAKES: Final = timedelta(seconds=60)
"""Longest that one call deletes; a front end would cut it off some time later."""


@serves(blueprint, "CreateProfile")
def create(call: Call) -> func.HttpResponse:
    """201 with the new profile and where it is."""
    locale, consent = requests.locale(call.body), new_consent(call.body, call.service.now())

    def make(profile_id: str | None) -> func.HttpResponse:
        profile = call.service.lifecycle.create(call.family, locale, profile_id, consent=consent)
        current().profile = mark(profile.id)
        return reply(201, PROFILE.write(call.context, profile), location=call.url("profiles", profile.id))

    return once(call, call.body, make)


@serves(blueprint, "ListProfiles")
def list_profiles(call: Call) -> func.HttpResponse:
    """200 with a page of profiles in id order."""
    after, size = call.page()
    page = call.service.lifecycle.page(call.family, after=after, size=size)
    link = call.next_page(size, page.profiles[-1].id, "profiles") if page.more else call.dialect.last_link
    return reply(200, PROFILE_LIST.write(call.context, Listed(page.profiles, link)))


@serves(blueprint, "GetProfile")
def get(call: Call) -> func.HttpResponse:
    """200 with the profile."""
    return reply(200, document(call, call.service.lifecycle.get(call.family, call.profile_id)))


@serves(blueprint, "DeleteProfile")
def delete(call: Call) -> func.HttpResponse:
    """204, also for a profile that is already gone; 200 with a receipt for who asks for one."""
    lifecycle = call.service.lifecycle
    if call.takes("receipt") and requests.flag("receipt", call.query("receipt")):
        return reply(200, RECEIPT.write(call.context, lifecycle.delete_with_receipt(call.family, call.profile_id)))
    lifecycle.delete(call.family, call.profile_id)
    return reply(204)


@serves(blueprint, "DeleteProfiles")
def delete_all(call: Call) -> func.HttpResponse:
    """200 with how many are gone, and whether to call again."""
    requests.check_confirmation(call.query("confirm"))
    until = call.service.now() + DELETING_ALL_TAKES
    *_, cleared = call.service.lifecycle.delete_all(call.family, until=until)
    return reply(200, CLEARED.write(call.context, cleared))


@serves(blueprint, "ResetProfile")
def reset(call: Call) -> func.HttpResponse:
    """The profile as it was created, in the version that sends it."""
    profile = call.service.lifecycle.reset(call.family, call.profile_id)
    info = PROFILE.write(call.context, profile)
    return reply(call.dialect.reset_status, info, location=call.url("profiles", profile.id))


@serves(blueprint, "Unlock")
def unlock(call: Call) -> func.HttpResponse:
    """200 with the profile."""
    return reply(200, document(call, call.service.lifecycle.unlock(call.family, call.profile_id)))


def document(call: Call, profile: Profile) -> Json:
    """A profile, for who asked for it."""
    kept = call.service.lifecycle.kept_audio(profile) if call.context.details else None
    return PROFILE.write(call.context, profile, kept)
