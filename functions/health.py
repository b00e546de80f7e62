"""Is the app able to serve, and is it ready to?"""

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from functions.contract.version import VERSION
from functions.plumbing.call import reply
from functions.plumbing.guard import APP, App, guarded

blueprint = func.Blueprint()


@blueprint.function_name("Health")
@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when settings, bundle and storage are in order; the error of what is not, otherwise. Needs no key."""
    return guarded("Health", req, lambda: check(APP))


@blueprint.function_name("WarmUp")
@blueprint.warm_up_trigger(arg_name="warmup")
def warm_up(warmup: WarmUpContext) -> None:  # noqa: ARG001  the trigger's binding
    """Load the models before the first caller waits for them."""
    APP.listener.warm_up()


def check(app: App) -> func.HttpResponse:
    """What an app says of itself."""
    app.lifecycle.check_storage()
    return reply(200, {"status": "Healthy", "version": VERSION, "modelVersion": app.listener.version})
