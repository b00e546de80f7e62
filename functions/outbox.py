"""The timer that brings what was done to voices to those who are told of it."""

import logging
from typing import Final

import azure.functions as func

from functions.plumbing.guard import APP, noted
from shared.errors import Fault, Misconfigured
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
    """Every minute: tell what was done."""
    with tracing("Outbox", None) as trace:
        for listener in APP.settings.listeners:
            try:
                LISTENERS[listener]()
            except Fault as fault:  # the others are told all the same
                trace.error, trace.problem = type(fault).__name__, str(fault)
    noted(trace)


def _write_down() -> None:
    """Write what was done into the audit trail."""
    if APP.trail.drain():
        head = Head.read(APP.store.outbox)
        logger.info("audit trail: line %s, SHA-256 %s", head.number, head.hash)


def _publish() -> None:
    """Publish what was done as events."""
    if published := APP.events.drain():
        logger.info("events: %s published", published)


LISTENERS: Final = {"audit": _write_down, "events": _publish}
"""How each is told."""
