"""The timer that brings what was done to voices to those who are told of it."""

import logging

import azure.functions as func

from functions.plumbing.guard import APP, noted
from shared.errors import Misconfigured
from shared.observing.trace import tracing
from shared.trust.trail import Head

logger = logging.getLogger("speaker")

blueprint = func.Blueprint()


def somebody_listens() -> bool:
    """Whether there is anything to do every minute."""
    try:
        return bool(APP.settings.listeners)
    except Misconfigured:
        return False


@blueprint.function_name("Outbox")
@blueprint.timer_trigger(schedule="23 * * * * *", arg_name="timer")
def outbox(timer: func.TimerRequest) -> None:  # noqa: ARG001  the trigger's binding
    """Every minute: write down in the audit trail what was done."""
    with tracing("Outbox", None) as trace:
        if APP.trail.drain():
            head = Head.read(APP.store.outbox)
            logger.info("audit trail: line %s, SHA-256 %s", head.number, head.hash)
    noted(trace)
