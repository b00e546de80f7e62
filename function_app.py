"""The Azure Functions app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import enroll, fallback, health, identify, profiles, verify
from functions.http import announce_access

announce_access()
app = func.FunctionApp()
for module in (profiles, enroll, verify, identify, health, fallback):
    app.register_functions(module.blueprint)
