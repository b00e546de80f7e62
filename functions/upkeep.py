"""The timer that keeps storage as the operator has said."""

from datetime import UTC, datetime, timedelta
from typing import Final

import azure.functions as func

from shared import service

blueprint = func.Blueprint()

SLICE: Final = timedelta(seconds=60)
"""How long one run makes signatures anew; well within the function's time limit, and the next run goes on."""


@blueprint.function_name("Upkeep")
@blueprint.timer_trigger(schedule="0 17 * * * *", arg_name="timer")
def upkeep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the trigger's binding
    """Every hour: finish deletions, forget what was kept long enough, make signatures of an older model anew."""
    service.upkeep().run(until=datetime.now(UTC) + SLICE)
