"""What is known of one request: the one place where its facts meet. Sinks read it when the request ends.

Whoever learns a fact writes it to ``current()``, and need not know whether anybody reads it. The fields are all that
can be written: no audio, no embedding, no key and no text of a caller has a place here. A profile is named by
``mark``, so that a deleted id is in no log either.
"""

import hashlib
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

_CORRELATION_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)

TOTAL: Final = "total"
"""The stage that is the whole request."""


@dataclass(frozen=True)
class Span:
    """Something that was done for a request: when it began, in nanoseconds of the epoch, and how long it took."""

    stage: str
    began_ns: int
    seconds: float

    @property
    def ended_ns(self) -> int:
        """When it ended."""
        return self.began_ns + int(self.seconds * 1e9)


@dataclass(frozen=True)
class Decision:
    """That a speaker was accepted or rejected, with which wire score, by the model of which version."""

    accepted: bool
    score: float
    model_version: str

    @property
    def word(self) -> str:
        """The contract's word for it."""
        return "Accept" if self.accepted else "Reject"


@dataclass
class Trace:
    """One request, as it is being served.

    Attributes:
        operation: the contract's name for what is done.
        suffix: that of the version, in which it was asked for.
        correlation_id: the caller's name for the request, or one made for it.
        key: name of the key that was presented.
        principal: whose token was accepted; no sink but the audit trail reads it.
        profile: mark of the profile that it names or makes.
        candidates: how many profiles it names.
        decision: what was decided.
        phrase_heard: whether a phrase that was asked for was said; never which.
        models: versions of the models that listened.
        agreement_llr: how well an enrollment agrees with the earlier ones, as a log-likelihood ratio.
        repeated: whether it is a recording that the profile has already.
        error: name of the error that it ended in.
        problem: what the operator has to know of that error.
        unreadable: how much of what is stored could not be read, where all of it was looked at.
        spans: what was done, as it ended; they may overlap.
    """

    operation: str
    suffix: str = ""
    correlation_id: str = ""
    family: str | None = None
    key: str | None = None
    principal: str | None = None
    profile: str | None = None
    candidates: int | None = None
    decision: Decision | None = None
    phrase_heard: bool | None = None
    models: set[str] = field(default_factory=set)
    speech_sec: float | None = None
    snr_db: float | None = None
    agreement_llr: float | None = None
    repeated: bool | None = None
    status: int | None = None
    error: str | None = None
    problem: str | None = None
    unreadable: int | None = None
    spans: list[Span] = field(default_factory=list)
    _within: Counter[str] = field(default_factory=Counter)

    @property
    def function(self) -> str:
        """Name of the Azure function that serves it."""
        return self.operation + self.suffix

    @property
    def who(self) -> str:
        """Who asks: a key by its name, the principal of a token, or else the operation itself."""
        if self.key:
            return f"key {self.key}"
        return f"principal {self.principal}" if self.principal else f"service {self.operation}"

    @property
    def seconds(self) -> dict[str, float]:
        """Time by stage."""
        totals: dict[str, float] = {}
        for span in self.spans:
            totals[span.stage] = totals.get(span.stage, 0.0) + span.seconds
        return totals

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """What is done within counts for a stage; a stage within itself counts once."""
        began_ns, started = time.time_ns(), time.perf_counter()
        self._within[stage] += 1
        try:
            yield
        finally:
            self._within[stage] -= 1
            if not self._within[stage]:
                self.spans.append(Span(stage, began_ns, time.perf_counter() - started))


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace:
    """The request that is being served; outside of one, a trace that nobody reads."""
    return _current.get() or Trace("none")


@contextmanager
def tracing(operation: str, asked_id: str | None, suffix: str = "") -> Iterator[Trace]:
    """What is done within belongs to one request, which the caller may have named."""
    known = asked_id if asked_id and _CORRELATION_ID.fullmatch(asked_id) else str(uuid.uuid4())
    trace = Trace(operation, suffix, known)
    token = _current.set(trace)
    try:
        with trace.timed(TOTAL):
            yield trace
    finally:
        _current.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What is done within is a stage of the request."""
    with current().timed(name):
        yield


def waiting_for[T](name: str, items: Iterable[T]) -> Iterator[T]:
    """The items; waiting for each is a stage."""
    iterator, nothing = iter(items), object()
    while True:
        with stage(name):
            item = next(iterator, nothing)
        if item is nothing:
            return
        yield item  # type: ignore[misc]


def mark(profile_id: str) -> str:
    """What stands for a profile in the log: who has the id can find its lines, who has a line cannot tell the id."""
    return hashlib.sha256(profile_id.encode()).hexdigest()[:16]
