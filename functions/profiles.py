"""Create, list, get, delete and reset profiles."""

from datetime import UTC, datetime, timedelta
from typing import Final

import azure.functions as func

from functions.contract import wire
from functions.plumbing.http import Call, reply, serves
from shared import service
from shared.observing import trace

blueprint = func.Blueprint()

DELETING_ALL_TAKES: Final = timedelta(seconds=60)
"""Longest that one call deletes; a front end would cut it off some time later."""


@serves(blueprint, "CreateProfile")
def create(call: Call) -> func.HttpResponse:
    """201 with the new profile and where it is."""
    locale = wire.locale(call.body)
    service.quota().take()
    profile = service.profiles().create(call.family, locale)
    trace.current().profile = trace.mark(profile.id)
    return reply(201, wire.profile_info(call.dialect, profile), location=call.url(profile.id))


@serves(blueprint, "ListProfiles")
def list_profiles(call: Call) -> func.HttpResponse:
    """200 with a page of profiles in id order."""
    dialect = call.dialect
    wire.refuse_parameters(name for name in dialect.refused if call.query(name) is not None)
    size = wire.page_size(dialect.page_size, call.query(dialect.page_size))
    after = wire.continue_after(dialect.token, call.query(dialect.token))
    page = service.profiles().page(call.family, after=after, size=size)
    next_link = _next_link(call, size, page.profiles[-1].id) if page.more else None
    return reply(200, wire.page(dialect, page.profiles, next_link))


@serves(blueprint, "GetProfile")
def get(call: Call) -> func.HttpResponse:
    """200 with the profile."""
    profiles = service.profiles()
    profile = profiles.get(call.family, call.profile_id)
    details = wire.kept(profiles.kept_audio(profile)) if call.details else {}
    return reply(200, call.with_details(wire.profile_info(call.dialect, profile), details))


@serves(blueprint, "DeleteProfile")
def delete(call: Call) -> func.HttpResponse:
    """204, also for a profile that is already gone."""
    service.profiles().delete(call.family, call.profile_id)
    return reply(204)


@serves(blueprint, "DeleteProfiles")
def delete_all(call: Call) -> func.HttpResponse:
    """200 with how many are gone, and whether to call again."""
    wire.check_confirmation(call.query("confirm"))
    cleared = service.profiles().delete_all(call.family, until=datetime.now(UTC) + DELETING_ALL_TAKES)
    return reply(200, wire.deleted(cleared))


@serves(blueprint, "ResetProfile")
def reset(call: Call) -> func.HttpResponse:
    """The profile as it was created, in the version that sends it."""
    profile = service.profiles().reset(call.family, call.profile_id)
    info = wire.profile_info(call.dialect, profile)
    return reply(call.dialect.reset_status, info, location=call.url(profile.id))


def _next_link(call: Call, size: int, last_id: str) -> str:
    dialect = call.dialect
    query = {dialect.page_size: str(size), dialect.token: wire.continuation_token(last_id)}
    version = {"api-version": dialect.api_version} if dialect.api_version else {}
    return call.url(query={**query, **version})
