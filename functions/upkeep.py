"""The timer that keeps storage as the operator has said."""

from datetime import timedelta
from typing import Final

import azure.functions as func

from functions.plumbing.guard import APP, noted
from shared.observing.trace import tracing

blueprint = func.Blueprint()

SLICE: Final = timedelta(seconds=60)
"""How long one run re-extracts signatures; well within the function's time limit, and the next run goes on."""


@blueprint.function_name("Upkeep")
@blueprint.timer_trigger(schedule="0 17 * * * *", arg_name="timer")
def upkeep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the trigger's binding
    """Every hour: finish deletions, forget what was kept long enough, re-extract signatures of an older model."""
    with tracing("Upkeep", None) as trace:
        APP.sweep.run()
        *_, done = APP.upkeep.run(until=APP.now() + SLICE)
        trace.unreadable = done.unreadable + done.foreign_audio
        if not APP.settings.listeners:
            APP.trail.drain()  # what was told before everything was switched off is written down as well
    noted(trace)
