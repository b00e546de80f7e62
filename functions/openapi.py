"""The API's description in OpenAPI 3.1."""

import azure.functions as func

from functions.contract.description import description
from functions.plumbing.call import reply
from functions.plumbing.guard import APP, App, guarded
from functions.plumbing.origin import origin

blueprint = func.Blueprint()


@blueprint.function_name("OpenApi")
@blueprint.route(route="openapi.json", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """200 with the description. Needs no key, and does not wait for those who recognize."""
    return guarded("OpenApi", req, lambda: described(APP, req))


def described(app: App, request: func.HttpRequest) -> func.HttpResponse:
    """The description of an app, as the caller sees it."""
    return reply(200, description(origin(app.settings, request.url, request.headers)))
