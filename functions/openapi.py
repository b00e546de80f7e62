"""The API's description in OpenAPI 3.1."""

import azure.functions as func

from functions.contract.description import description
from functions.plumbing.call import reply
from functions.plumbing.guard import guarded
from functions.plumbing.origin import origin

blueprint = func.Blueprint()


@blueprint.function_name("OpenApi")
@blueprint.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """200 with the description. Needs no key."""
    return guarded("OpenApi", req, lambda: reply(200, description(origin(req.url, req.headers))))
