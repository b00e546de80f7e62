"""What the service measures of itself, when it is asked to: OpenTelemetry metrics and spans, read off each trace.

It is asked by the setting that makes Azure's Python worker set OpenTelemetry up. Without it nothing is measured, and
OpenTelemetry is not even imported. No attribute names a profile, a key or a caller.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from shared.observing.trace import TOTAL, Decision, Trace

ASKED_BY: Final = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"

_SCORES: Final = tuple(tenth / 10 for tenth in range(1, 10))
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SPEECH: Final = (0.5, 1, 2, 4, 8, 15, 30, 60, 120)
_DECIBELS: Final = (0, 2, 5, 10, 15, 20, 30, 40, 60)

_WORK: Final = ("decode", "detect", "embed", "transcribe")
"""Stages that become spans; waiting for storage happens too often."""

type Sink = Callable[[Trace], None]
"""Reads a request that has ended."""


def off(trace: Trace) -> None:
    """Measure nothing."""


class OpenTelemetry:
    """Measures by the meter and the tracer that the process has set up."""

    def __init__(self) -> None:
        from opentelemetry import metrics, trace

        meter = metrics.get_meter("speaker")
        histogram = meter.create_histogram
        self._tracer = trace.get_tracer("speaker")
        self._decisions = meter.create_counter("speaker.decisions")
        self._unreadable = meter.create_gauge("speaker.unreadable")
        self._requests = histogram("speaker.request", "s", explicit_bucket_boundaries_advisory=_SECONDS)
        self._stages = histogram("speaker.stage", "s", explicit_bucket_boundaries_advisory=_SECONDS)
        self._scores = histogram("speaker.score", explicit_bucket_boundaries_advisory=_SCORES)
        self._speech = histogram("speaker.net_speech", "s", explicit_bucket_boundaries_advisory=_SPEECH)
        self._snr = histogram("speaker.snr", "dB", explicit_bucket_boundaries_advisory=_DECIBELS)

    def __call__(self, trace: Trace) -> None:
        """Record what the request was, how long its stages took, and what was heard and decided in one that succeeded.

        Stages within a request become spans; how long the clip's speech and how loud its noise was counts only where
        the clip was used.
        """
        self._requests.record(trace.seconds.get(TOTAL, 0.0), {"operation": trace.function, "status": trace.status or 0})
        self._record_stages(trace)
        self._record_spans(trace)
        if trace.status is not None and trace.status < 400:
            self._record_clip(trace)
        if trace.unreadable is not None:
            self._unreadable.set(trace.unreadable)
        if trace.decision:
            self._record_decision(trace.operation, trace.decision)

    def _record_stages(self, trace: Trace) -> None:
        for stage, seconds in trace.seconds.items():
            if stage != TOTAL:
                self._stages.record(seconds, {"stage": stage})

    def _record_spans(self, trace: Trace) -> None:
        """A span for the request and one below it for each piece of work: one trace, which a sampler keeps or drops."""
        from opentelemetry.trace import set_span_in_context

        for whole in (span for span in trace.spans if span.stage == TOTAL):
            request = self._tracer.start_span(f"speaker.{trace.function}", start_time=whole.began_ns)
            within = set_span_in_context(request)
            for span in trace.spans:
                if span.stage in _WORK:
                    self._tracer.start_span(f"speaker.{span.stage}", within, start_time=span.began_ns).end(
                        span.ended_ns
                    )
            request.end(whole.ended_ns)

    def _record_clip(self, trace: Trace) -> None:
        operation = {"operation": trace.operation}
        if trace.speech_sec is not None:
            self._speech.record(trace.speech_sec, operation)
        if trace.snr_db is not None:
            self._snr.record(trace.snr_db, operation)

    def _record_decision(self, operation: str, decision: Decision) -> None:
        """Count the decision, record the score.

        The counter also knows the score's tenth: Azure Monitor keeps no buckets of a histogram.
        """
        model: Mapping[str, str] = {"operation": operation, "model": decision.model_version}
        tenth = int(min(decision.score, 0.999) * 10) / 10
        self._decisions.add(1, {**model, "accepted": decision.accepted, "tenth": tenth})
        self._scores.record(decision.score, model)


def choose(environment: Mapping[str, str]) -> Sink:
    """What the environment asks for."""
    asked = environment.get(ASKED_BY, "").lower() in ("true", "1")  # as the worker reads it
    return OpenTelemetry() if asked else off


@cache
def telemetry() -> Sink:
    """What this process was asked for."""
    return choose(os.environ)
