"""The Azure Functions app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import (
    console,
    enroll,
    fallback,
    groups,
    health,
    identify,
    openapi,
    phrases,
    profiles,
    recordings,
    upkeep,
    verify,
)
from functions.plumbing.early import warm_up_early
from functions.plumbing.guard import APP, announce_access

announce_access()
warm_up_early(APP)
app = func.FunctionApp()
for module in (
    profiles,
    enroll,
    verify,
    identify,
    groups,
    recordings,
    phrases,
    openapi,
    health,
    console,
    upkeep,
    fallback,
):
    app.register_functions(module.blueprint)
