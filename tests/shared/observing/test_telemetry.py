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

from shared.listening.quality import Quality
from shared.observing.telemetry import ASKED_BY, Off, OpenTelemetry, choose


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


def test_a_decision_is_counted_and_its_score_recorded_by_model_version(reader: InMemoryMetricReader) -> None:
    measured = OpenTelemetry()
    measured.decided("Verify", "2026-01-01", 0.93, accepted=True)
    measured.decided("Verify", "2026-01-01", 0.12, accepted=False)
    found = points(reader)
    decisions = {point.attributes["tenth"]: point.attributes["accepted"] for point in found["speaker.decisions"]}
    assert decisions == {0.9: True, 0.1: False}
    [scores] = found["speaker.score"]
    assert scores.attributes == {"operation": "Verify", "model": "2026-01-01"}
    assert [index for index, count in enumerate(scores.bucket_counts) if count] == [1, 9]


def test_speech_and_noise_are_recorded_as_far_as_they_were_measured(reader: InMemoryMetricReader) -> None:
    measured = OpenTelemetry()
    measured.heard("Verify", Quality(speech_sec=5.0, total_sec=6.0, snr_db=20.0))
    measured.heard("Verify", Quality(speech_sec=6.0, total_sec=6.0, snr_db=None))
    found = points(reader)
    assert (found["speaker.net_speech"][0].count, found["speaker.snr"][0].count) == (2, 1)


def test_a_stage_is_a_span_and_a_duration_and_a_request_a_duration(
    reader: InMemoryMetricReader, spans: InMemorySpanExporter
) -> None:
    measured = OpenTelemetry()
    with measured.stage("embed"):
        measured.request("Verify", 200, 0.2)
    found = points(reader)
    assert found["speaker.stage"][0].attributes == {"stage": "embed"}
    assert found["speaker.request"][0].attributes == {"operation": "Verify", "status": 200}
    assert [span.name for span in spans.get_finished_spans()] == ["speaker.embed"]


def test_a_stage_that_fails_fails_as_it_would_without(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="no speech"), OpenTelemetry().stage("decode"):
        raise ValueError("no speech")
    assert [span.name for span in spans.get_finished_spans()] == ["speaker.decode"]


def test_the_workers_own_setting_asks_for_it() -> None:
    assert isinstance(choose({}), Off)
    assert isinstance(choose({ASKED_BY: "false"}), Off)
    assert isinstance(choose({ASKED_BY: "True"}), OpenTelemetry)


def test_off_imports_nothing() -> None:
    program = (
        "import sys; from shared.observing.telemetry import telemetry; telemetry(); "
        "print(any('opentelemetry' in name for name in sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})
    assert told.stdout.strip() == "False"
