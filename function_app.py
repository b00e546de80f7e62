"""The Azure Functions app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import (
    account,
    choices,
    console,
    enroll,
    fallback,
    groups,
    health,
    identify,
    openapi,
    outbox,
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
listening = (outbox,) if outbox.somebody_listens() else ()
app = func.FunctionApp()
for module in (
    profiles,
    enroll,
    verify,
    identify,
    groups,
    choices,
    account,
    recordings,
    phrases,
    openapi,
    health,
    console,
    upkeep,
    *listening,
    fallback,
):
    app.register_functions(module.blueprint)
