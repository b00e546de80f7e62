"""The messages of the queue: each names a job and a step."""

import json
import logging
import uuid
from dataclasses import dataclass
from typing import Final, Self

from shared.recordings.jobs import Job
from shared.store import queues
from shared.voices.families import FAMILIES, Family

QUEUE: Final = queues.QUEUE
"""Where messages wait."""
GIVEN_UP: Final = queues.POISON
"""Where those go that were tried as often as they are."""

logger = logging.getLogger("speaker")


@dataclass(frozen=True)
class Errand:
    """A job, and a step of it."""

    family: Family
    job: str
    step: int

    @classmethod
    def read(cls, message: str) -> Self | None:
        """What a message says; None of one that is not ours, of which the log is told."""
        try:
            told = json.loads(message)
            return cls(FAMILIES[told["family"]], str(uuid.UUID(told["job"])), int(told["step"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            logger.error("a message in the queue of recordings is not ours")
            return None


def message_of(job: Job) -> str:
    """The message of a job's next step."""
    return json.dumps({"family": job.family.name, "job": job.id, "step": job.step})
