"""Is the app able to serve, and is it ready to?"""

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from functions.plumbing.http import guarded, reply
from shared import service

blueprint = func.Blueprint()


@blueprint.function_name("Health")
@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when settings, bundle and storage are in order; the error of what is not, otherwise. Needs no key."""
    return guarded("Health", req, _health)


@blueprint.function_name("WarmUp")
@blueprint.warm_up_trigger(arg_name="warmup")
def warm_up(warmup: WarmUpContext) -> None:  # noqa: ARG001  the trigger's binding
    """Load the models before the first caller waits for them."""
    service.listener().warm_up()


def _health() -> func.HttpResponse:
    profiles = service.profiles()
    profiles.check_storage()
    return reply(200, {"status": "Healthy", "modelVersion": profiles.model_version})
