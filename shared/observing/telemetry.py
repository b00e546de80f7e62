"""What the service measures of itself, when it is asked to: OpenTelemetry metrics and spans.

It is asked by the setting that makes Azure's Python worker set OpenTelemetry up. Without it nothing is measured, and
OpenTelemetry is not even imported. No attribute names a profile, a key or a caller.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Final, Protocol

from shared.listening.quality import Quality

ASKED_BY: Final = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"

_SCORES: Final = tuple(tenth / 10 for tenth in range(1, 10))
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SPEECH: Final = (0.5, 1, 2, 4, 8, 15, 30, 60, 120)
_DECIBELS: Final = (0, 2, 5, 10, 15, 20, 30, 40, 60)


class Telemetry(Protocol):
    """Where measurements go. Times are in seconds; stages are decode, detect, embed, transcribe."""

    def request(self, operation: str, status: int, seconds: float) -> None:
        """A request was answered."""

    def heard(self, operation: str, quality: Quality) -> None:
        """A clip was used."""

    def decided(self, operation: str, model_version: str, score: float, *, accepted: bool) -> None:
        """A speaker was accepted or rejected."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """What is done within is a stage of a request."""


class Off:
    """Measures nothing."""

    def request(self, operation: str, status: int, seconds: float) -> None:
        """Not measured."""

    def heard(self, operation: str, quality: Quality) -> None:
        """Not measured."""

    def decided(self, operation: str, model_version: str, score: float, *, accepted: bool) -> None:
        """Not measured."""

    def stage(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Not measured."""
        return nullcontext()


class OpenTelemetry:
    """Measures by the meter and the tracer that the process has set up."""

    def __init__(self) -> None:
        from opentelemetry import metrics, trace

        meter = metrics.get_meter("speaker")
        histogram = meter.create_histogram
        self._tracer = trace.get_tracer("speaker")
        self._decisions = meter.create_counter("speaker.decisions")
        self._requests = histogram("speaker.request", "s", explicit_bucket_boundaries_advisory=_SECONDS)
        self._stages = histogram("speaker.stage", "s", explicit_bucket_boundaries_advisory=_SECONDS)
        self._scores = histogram("speaker.score", explicit_bucket_boundaries_advisory=_SCORES)
        self._speech = histogram("speaker.net_speech", "s", explicit_bucket_boundaries_advisory=_SPEECH)
        self._snr = histogram("speaker.snr", "dB", explicit_bucket_boundaries_advisory=_DECIBELS)

    def request(self, operation: str, status: int, seconds: float) -> None:
        """Count and time it."""
        self._requests.record(seconds, {"operation": operation, "status": status})

    def heard(self, operation: str, quality: Quality) -> None:
        """Record net speech, and the signal-to-noise ratio where there is one."""
        self._speech.record(quality.speech_sec, {"operation": operation})
        if quality.snr_db is not None:
            self._snr.record(quality.snr_db, {"operation": operation})

    def decided(self, operation: str, model_version: str, score: float, *, accepted: bool) -> None:
        """Count the decision, record the score.

        The counter also knows the score's tenth: Azure Monitor keeps no buckets of a histogram.
        """
        model = {"operation": operation, "model": model_version}
        self._decisions.add(1, {**model, "accepted": accepted, "tenth": int(min(score, 0.999) * 10) / 10})
        self._scores.record(score, model)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time it, in a span of its own."""
        started = time.perf_counter()
        with self._tracer.start_as_current_span(f"speaker.{name}"):
            yield
        self._stages.record(time.perf_counter() - started, {"stage": name})


def choose(environment: Mapping[str, str]) -> Telemetry:
    """What the environment asks for."""
    asked = environment.get(ASKED_BY, "").lower() in ("true", "1")  # as the worker reads it
    return OpenTelemetry() if asked else Off()


@cache
def telemetry() -> Telemetry:
    """What this process was asked for."""
    return choose(os.environ)
