"""Create, list, get, delete and reset profiles."""

import azure.functions as func

from functions.http import Call, reply, serves
from shared import service, wire

blueprint = func.Blueprint()

PAGE_SIZE = "maxpagesize"
TOKEN = "$continuationToken"  # noqa: S105  a query parameter


@serves(blueprint, "CreateProfile")
def create(call: Call) -> func.HttpResponse:
    """201 with the new profile and where it is."""
    family = call.family
    profile = service.profiles().create(family, wire.locale(call.body))
    return reply(201, wire.profile_info(profile), location=call.url(f"/{profile.id}"))


@serves(blueprint, "ListProfiles")
def list_profiles(call: Call) -> func.HttpResponse:
    """200 with a page of profiles in id order."""
    size = wire.page_size(PAGE_SIZE, call.query(PAGE_SIZE))
    after = wire.continue_after(TOKEN, call.query(TOKEN))
    page = service.profiles().page(call.family, after=after, size=size)
    next_link = _next_link(call, size, page.profiles[-1].id) if page.more else None
    return reply(200, wire.page(page.profiles, next_link))


@serves(blueprint, "GetProfile")
def get(call: Call) -> func.HttpResponse:
    """200 with the profile."""
    return reply(200, wire.profile_info(service.profiles().get(call.family, call.profile_id)))


@serves(blueprint, "DeleteProfile")
def delete(call: Call) -> func.HttpResponse:
    """204, also for a profile that is already gone."""
    service.profiles().delete(call.family, call.profile_id)
    return func.HttpResponse(status_code=204)


@serves(blueprint, "ResetProfile")
def reset(call: Call) -> func.HttpResponse:
    """200 with the profile as it was created."""
    profile = service.profiles().reset(call.family, call.profile_id)
    return reply(200, wire.profile_info(profile), location=call.url().removesuffix(":reset"))


def _next_link(call: Call, size: int, last_id: str) -> str:
    token = wire.continuation_token(last_id)
    return call.url(query={PAGE_SIZE: str(size), TOKEN: token, "api-version": call.dialect.version})
