import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.observing.telemetry import ASKED_BY, OpenTelemetry, choose, off
from shared.observing.trace import Decision, Trace, tracing


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(metrics, "get_meter", provider.get_meter)
    return reader


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def points(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """Data points by metric."""
    data: Any = reader.get_metrics_data()
    [scope] = data.resource_metrics[0].scope_metrics
    return {metric.name: list(metric.data.data_points) for metric in scope.metrics}


def _verified(score: float, *, accepted: bool, snr_db: float | None = 20.0) -> Trace:
    """A verification that succeeded."""
    with tracing("Verify", None, "V2") as ended:
        with ended.timed("embed"):
            pass
        ended.decision = Decision(accepted, score, "2026-01-01")
        ended.speech_sec, ended.snr_db, ended.status = 5.0, snr_db, 200
    return ended


def test_a_decision_is_counted_and_its_score_recorded_by_model_version(reader: InMemoryMetricReader) -> None:
    measured = OpenTelemetry()
    measured(_verified(0.93, accepted=True))
    measured(_verified(0.12, accepted=False))
    found = points(reader)
    decisions = {point.attributes["tenth"]: point.attributes["accepted"] for point in found["speaker.decisions"]}
    assert decisions == {0.9: True, 0.1: False}
    [scores] = found["speaker.score"]
    assert scores.attributes == {"operation": "Verify", "model": "2026-01-01"}
    assert [index for index, count in enumerate(scores.bucket_counts) if count] == [1, 9]


def test_speech_and_noise_are_recorded_as_far_as_they_were_measured(reader: InMemoryMetricReader) -> None:
    measured = OpenTelemetry()
    measured(_verified(0.9, accepted=True))
    measured(_verified(0.9, accepted=True, snr_db=None))
    found = points(reader)
    assert (found["speaker.net_speech"][0].count, found["speaker.snr"][0].count) == (2, 1)


def test_a_clip_that_was_refused_is_no_measure_of_those_that_are_used(reader: InMemoryMetricReader) -> None:
    refused = _verified(0.9, accepted=True)
    refused.status = 400
    OpenTelemetry()(refused)
    assert not {"speaker.net_speech", "speaker.snr"} & points(reader).keys()


def test_a_stage_is_a_span_and_a_duration_and_a_request_a_duration(
    reader: InMemoryMetricReader, spans: InMemorySpanExporter
) -> None:
    ended = _verified(0.9, accepted=True)
    OpenTelemetry()(ended)
    found = points(reader)
    assert found["speaker.stage"][0].attributes == {"stage": "embed"}
    assert found["speaker.request"][0].attributes == {"operation": "VerifyV2", "status": 200}
    embed, whole = spans.get_finished_spans()
    assert (embed.name, whole.name) == ("speaker.embed", "speaker.VerifyV2")
    assert embed.parent is not None
    assert embed.parent.span_id == whole.context.span_id
    assert (embed.start_time, embed.end_time) == (ended.spans[0].began_ns, ended.spans[0].ended_ns)


def test_a_stage_that_fails_is_measured_all_the_same() -> None:
    with tracing("Verify", None) as ended, pytest.raises(ValueError, match="no speech"), ended.timed("decode"):
        raise ValueError("no speech")
    assert [span.stage for span in ended.spans] == ["decode", "total"]


def test_the_workers_own_setting_asks_for_it() -> None:
    assert choose({}) is off
    assert choose({ASKED_BY: "false"}) is off
    assert isinstance(choose({ASKED_BY: "True"}), OpenTelemetry)


def test_off_imports_nothing() -> None:
    program = (
        "import sys; from shared.observing.telemetry import telemetry; telemetry(); "
        "print(any('opentelemetry' in name for name in sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})
    assert told.stdout.strip() == "False"
