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
    outbox,
    phrases,
    profiles,
    recordings,
    upkeep,
    verify,
)
from functions.plumbing.guard import announce_access

announce_access()
listening = (outbox,) if outbox.somebody_listens() else ()
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
    *listening,
    fallback,
):
    app.register_functions(module.blueprint)
