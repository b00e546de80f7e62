"""What is known of one request: the one place where its facts meet, and from which its line in the log is written.

Whoever learns a fact writes it to ``current()``, and need not know whether anybody reads it. The fields are all that
can be written: no audio, no embedding, no key and no text of a caller has a place here. A profile is named by
``mark``, so that a deleted id is in no log either.
"""

import hashlib
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from shared.observing.telemetry import telemetry

_CORRELATION_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)


@dataclass
class Trace:
    """One request, as it is being served.

    Attributes:
        correlation_id: the caller's name for the request, or one made for it.
        profile: mark of the profile that it names or makes.
        candidates: how many profiles it names.
        decision: what it was decided to be, ``Accept`` or ``Reject``.
        phrase_heard: whether a phrase that was asked for was said; never which.
        models: versions of the models that listened.
        error: name of the error that it ended in.
        problem: what the operator has to know of that error.
        seconds: time by stage; they may overlap.
    """

    operation: str
    correlation_id: str = ""
    family: str | None = None
    profile: str | None = None
    candidates: int | None = None
    decision: str | None = None
    phrase_heard: bool | None = None
    models: set[str] = field(default_factory=set)
    speech_sec: float | None = None
    snr_db: float | None = None
    status: int | None = None
    error: str | None = None
    problem: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _within: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """What is done within counts for a stage; a stage within itself counts once."""
        started = time.perf_counter()
        self._within[stage] += 1
        try:
            yield
        finally:
            self._within[stage] -= 1
            if not self._within[stage]:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def line(self) -> str:
        """The facts as one line of JSON, without those that nobody learned."""
        facts = {
            "operation": self.operation,
            "status": self.status,
            "family": self.family,
            "profile": self.profile,
            "candidates": self.candidates,
            "decision": self.decision,
            "phraseHeard": self.phrase_heard,
            "model": ",".join(sorted(self.models)) or None,
            "speechSec": self.speech_sec and round(self.speech_sec, 2),
            "snrDb": self.snr_db and round(self.snr_db, 1),
            "ms": {stage: round(1000 * seconds, 1) for stage, seconds in self.seconds.items()},
            "error": self.error,
            "problem": self.problem,
            "correlationId": self.correlation_id,
        }
        return json.dumps({name: value for name, value in facts.items() if value is not None})


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace:
    """The request that is being served; outside of one, a trace that nobody reads."""
    return _current.get() or Trace("none")


@contextmanager
def tracing(operation: str, asked_id: str | None) -> Iterator[Trace]:
    """What is done within belongs to one request, which the caller may have named."""
    trace = Trace(operation, asked_id if asked_id and _CORRELATION_ID.fullmatch(asked_id) else str(uuid.uuid4()))
    token = _current.set(trace)
    try:
        with trace.timed("total"):
            yield trace
    finally:
        _current.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What is done within is a stage of the request, also for those who measure the service."""
    with current().timed(name), telemetry().stage(name):
        yield


def waiting_for[T](name: str, items: Iterable[T]) -> Iterator[T]:
    """The items; waiting for each is a stage."""
    iterator, nothing = iter(items), object()
    while True:
        with current().timed(name):
            item = next(iterator, nothing)
        if item is nothing:
            return
        yield item  # type: ignore[misc]


def mark(profile_id: str) -> str:
    """What stands for a profile in the log: who has the id can find its lines, who has a line cannot tell the id."""
    return hashlib.sha256(profile_id.encode()).hexdigest()[:16]
