"""What a service costs that holds very many profiles: counting, creating at the limit, upkeep; on Azurite."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, groupby
from typing import Any, Final

import numpy as np
from azure.data.tables import TableClient
from tqdm import tqdm

from devhost.azurite import azurite
from shared.listening.bundle import Bundle
from shared.listening.views import Band
from shared.settings import ROOT, Settings
from shared.store.azure import TABLE, AzureStore
from shared.store.entities import to_entity
from shared.voices.families import VERIFICATION
from shared.voices.records import Enrollment, Profile
from shared.voices.signatures import Signature, View
from tools.bench.row import Row
from tools.bundle.campplus import DIMENSION

PROFILES: Final = 100_000
WRITERS: Final = 4
SLICE_SEC: Final = 70
"""A slice is told to end after 60 seconds, and ends what it has begun."""
TRANSACTION: Final = 100
"""Rows that a table takes in one call."""

_CHILD: Final = """
import json, os, time
from datetime import timedelta
from pathlib import Path
from shared.errors import QuotaExceeded
from shared.service import Service
from shared.voices.families import VERIFICATION
service = Service({**os.environ, "SPEAKER_MAX_PROFILES": "1"})
def took(work):
    began, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - processor
def refused():
    try:
        service.lifecycle.create(VERIFICATION, "en-us")
    except QuotaExceeded:
        return
    raise SystemExit("the quota let somebody in")
service.store
first_sec, _ = took(refused)
refused_sec, refused_processor_sec = min(took(refused) for _ in range(9))
slices = []
def slice():
    for _ in service.upkeep.run(until=service.now() + timedelta(seconds=60)):
        pass
while not slices or service.store.report() is None:
    slices.append(took(slice)[0])
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({"counted_once_sec": first_sec, "refused_ms": 1000 * refused_sec,
    "refused_processor_ms": 1000 * refused_processor_sec, "slices_sec": slices,
    "peak_mb": int(status["VmHWM"].split()[0]) / 1024}))
"""


@dataclass(frozen=True)
class Many:
    """A service with very many profiles, in a process of its own.

    Attributes:
        counted_once_sec: the first creation, which counts what older versions wrote, and is refused.
        refused_ms: a later creation at the limit, the best of nine; ``refused_processor_ms`` of it our processor's.
        slices_sec: how long each slice of upkeep took, until the walk was through.
        peak_mb: largest resident memory of the process, Python included.
    """

    profiles: int
    counted_once_sec: float
    refused_ms: float
    refused_processor_ms: float
    slices_sec: list[float]
    peak_mb: float


def measure(profiles: int = PROFILES) -> Many:
    """Write so many rows, as versions without tallies did, and measure; takes some minutes, on Linux only."""
    with azurite() as storage:
        environment = {**os.environ, "SPEAKER_STORAGE_CONNECTION_STRING": storage}
        AzureStore.open(Settings.read(environment))
        _write(storage, profiles)
        child = subprocess.check_output([sys.executable, "-c", _CHILD], cwd=ROOT, env=environment)
    return Many(profiles, **json.loads(child))


def rows(many: Many) -> Iterator[Row]:
    """For the table."""
    of = f"of {many.profiles:,} profiles"
    slices = ", ".join(f"{sec:.0f}" for sec in many.slices_sec)
    yield Row(f"count {of}, once", many.counted_once_sec, "s")
    own = f"{many.refused_processor_ms:.1f} ms of processor, no scan"
    yield Row(f"a creation at the limit {of}", many.refused_ms, "ms", own)
    yield Row(f"upkeep {of}, the longest slice", max(many.slices_sec), "s", f"all: {slices}", most=SLICE_SEC)
    yield Row(f"memory of upkeep {of}", many.peak_mb, "MiB", most=400)


def _write(storage: str, profiles: int) -> None:
    ids = sorted(str(uuid.uuid4()) for _ in range(profiles))
    groups = [
        chunk
        for _, alike in groupby(ids, key=lambda known: known[:2])
        for chunk in batched(alike, TRANSACTION, strict=False)
    ]
    again = TableClient.from_connection_string(storage, TABLE, retry_on_methods=["POST"])  # a row that is there stays
    with again as table, ThreadPoolExecutor(WRITERS) as writers:
        written = writers.map(lambda group: table.submit_transaction(_rows(group)), groups)
        list(tqdm(written, total=len(groups), desc=f"writing {profiles} rows"))


def _rows(ids: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Enrolled profiles with voices that nobody has."""
    version, now = Bundle.load(ROOT / "models" / "campplus").version, datetime.now(UTC)
    random = np.random.default_rng(int(ids[0][:8], 16))

    def row(profile_id: str) -> dict[str, Any]:
        views = {band: View(random.standard_normal(DIMENSION).astype(np.float32), 21.5) for band in Band}
        clip = Enrollment(str(uuid.UUID(int=0)), 30.0, 21.5, 17.0, Band.WIDE)
        voice = Signature(views, version)
        fresh = Profile(VERIFICATION, profile_id, "en-us", now)
        return to_entity(fresh.with_enrollment(clip, voice, None, now, waive_minimum=False))

    return [("upsert", row(profile_id)) for profile_id in ids]
