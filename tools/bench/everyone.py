"""Identification among very many: our search beside faiss and numpy, a cold gallery, and a whole request on Azurite.

The voices are random directions, which nobody speaks; those that the clip finds have rows as well, so that a request
reads and compares as many as it would.
"""

import json
import math
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from devhost.azurite import azurite
from shared.listening.declared import Recording
from shared.listening.listener import Listener
from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.recognition.everyone import MARGIN
from shared.recognition.indexed import Packed, Way, number_of
from shared.recognition.snapshots import Snapshot, Snapshots, spans
from shared.recognition.vectors import FEW, Halves, Vectors
from shared.service import Service
from shared.settings import ROOT, Settings
from shared.store.azure import AzureStore
from shared.voices.families import IDENTIFICATION, VERIFICATION, Family
from shared.voices.records import Enrollment, Profile
from shared.voices.signatures import Signature, View
from tools.bench.row import Row
from tools.bundle.campplus import DIMENSION
from tools.demo.speakers import VOICES, read_speakers

SIZES: Final = (10_000, 100_000, 1_000_000)
NAMED: Final = 50
READ: Final = IDENTIFICATION.max_ranking + MARGIN
"""Profiles that an identification reads among few; of many ``NAMED``."""
QUERIES: Final = 1_000
ROUNDS: Final = 20
BOUNDS: Final = {10_000: (15, 5), 100_000: (40, 5), 1_000_000: (100, 30)}
"""Milliseconds more than an identification of 50 takes, and seconds of a cold start, at most."""
NAMED_MORE_MS: Final = 5
MEMORY_MIB: Final = 500
MIB: Final = 2**20

type Matrix = NDArray[np.float16]
type Search = Callable[[NDArray[np.float32]], object]

_CHILD: Final = """
import json, os, sys, time
import psutil
from shared.listening.declared import Recording
from shared.service import Service
from shared.voices.families import IDENTIFICATION, VERIFICATION
from tools.demo.speakers import VOICES, read_speakers
named, verified, rounds = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
clip = Recording(read_speakers(VOICES)[0].enrollments[0][: 44 + 2 * 16_000 * 5])
service = Service(os.environ)
among_named = lambda: service.recognizer.identify(IDENTIFICATION, named, clip, waive_minimum=True)
among_all = lambda: service.everyone.identify(IDENTIFICATION, None, clip, waive_minimum=True)
calls = {"named": among_named, "all": among_all,
    "verify": lambda: service.recognizer.verify(VERIFICATION, verified, clip, waive_minimum=True),
    "reads": lambda: list(service.store.get_many(IDENTIFICATION, named))}
among_named()
rss = lambda: psutil.Process().memory_info().rss / 2**20
before = rss()
began = time.perf_counter()
service.gallery.look(IDENTIFICATION)
cold_sec = time.perf_counter() - began
candidates = among_all().candidates
clocks = {"_ms": time.perf_counter, "_processor_ms": time.process_time, "_own_ms": time.thread_time}
took = {name + of: [] for name in calls for of in clocks}
for _ in range(rounds):
    for name, call in calls.items():
        began = {of: clock() for of, clock in clocks.items()}
        call()
        for of, clock in clocks.items():
            took[name + of].append(1000 * (clock() - began[of]))
own = (took[f"{name}_own_ms"] for name in ("named", "verify", "reads"))
took["named_above_ms"] = [named - verify - reads for named, verify, reads in zip(*own)]
print(json.dumps({**{name: sorted(ms)[len(ms) // 2] for name, ms in took.items()}, "cold_sec": cold_sec,
    "candidates": candidates, "memory_before_mib": before, "memory_mib": rss()}))
"""


@dataclass(frozen=True)
class Everyone:
    """Identification among so many; times are medians.

    Attributes:
        search_ms: of processor for one query by our search, by faiss in 8 bits and by numpy in float32.
        faiss_ms: None where faiss is not installed.
        right: of ``QUERIES``, those whose five best are those of an exact search.
        named_ms: a request that names 50, in process, with reads from Azurite; ``all_ms`` one among all; of these,
            ``named_processor_ms`` and ``all_processor_ms`` are the process's own work.
        reads_processor_ms: the process's own work for the reads of the 50 alone.
        named_above_ms: of the thread that answers, what naming 50 takes above a verification and handing out the reads
            in the same round. Reads have threads of their own, which do nothing else; counted with them, their noise
            hides the figure.
        cold_sec: reading the gallery from its snapshots.
        memory_mib: of the worker at the end, without a host; ``memory_before_mib`` before it read the gallery.
    """

    voices: int
    search_ms: float
    faiss_ms: float | None
    numpy_ms: float
    right: int
    named_ms: float
    all_ms: float
    named_processor_ms: float
    all_processor_ms: float
    reads_processor_ms: float
    named_above_ms: float
    cold_sec: float
    candidates: int
    memory_before_mib: float
    memory_mib: float


def measure(sizes: Sequence[int] = SIZES) -> list[Everyone]:
    """Measure each size; a million takes some minutes and 4 GB."""
    return [_measured(size) for size in tqdm(sizes, desc="galleries")]


def rows(found: Iterable[Everyone]) -> Iterator[Row]:
    """For the table."""
    for each in found:
        more_ms, cold_sec = BOUNDS.get(each.voices, (math.inf, math.inf))
        among = f"among {each.voices:,}"
        beside = "not installed" if each.faiss_ms is None else f"{each.faiss_ms:.1f} ms"
        yield Row(f"search {among}", each.search_ms, "ms", f"faiss {beside}, numpy float32 {each.numpy_ms:.1f} ms")
        yield Row(f"five best {among}", each.right, f"of {QUERIES}", least=QUERIES)
        more, processor = each.all_ms - each.named_ms, each.all_processor_ms - each.named_processor_ms
        yield Row(f"identify {among}, above {NAMED}", more, "ms", f"{each.all_ms:.1f} ms in all", most=more_ms)
        own = f"{each.all_processor_ms:.1f} ms in all"
        yield Row(f"identify {among}, above {NAMED}, of processor", processor, "ms", own)
        own = f"of processor; {each.named_processor_ms:.1f} ms in all, {each.reads_processor_ms:.1f} for reads"
        above = f"identify {NAMED} of {each.voices:,}, above verify and reads"
        yield Row(above, each.named_above_ms, "ms", own, most=NAMED_MORE_MS)
        yield Row(f"cold gallery {among}", each.cold_sec, "s", most=cold_sec)
        yield Row(f"memory of the worker {among}", each.memory_mib, "MiB", most=MEMORY_MIB)


def _measured(size: int) -> Everyone:
    voices = _voices(size)
    packed: Vectors = Halves(voices) if size <= FEW else Halves(voices).coded()
    with azurite() as storage:
        environment = {**os.environ, "SPEAKER_STORAGE_CONNECTION_STRING": storage}
        store, listener = AzureStore.open(Settings.read(environment)), Service(environment).listener
        named, verified = _stored(store, listener, voices), str(uuid.uuid4())
        store.insert(_profile(VERIFICATION, verified, voices[0], listener.version))
        arguments = [sys.executable, "-c", _CHILD, json.dumps(named), verified, str(ROUNDS)]
        child = json.loads(subprocess.check_output(arguments, cwd=ROOT, env=environment))
        told = {field.name: child[field.name] for field in fields(Everyone) if field.name in child}
    searched: dict[str, Any] = _times({"search_ms": packed.cosines, **_others(voices)}, voices)
    return Everyone(**{"voices": size, "right": _right(voices, packed), "faiss_ms": None, **searched, **told})


def _voices(size: int) -> Matrix:
    """Random directions: float16 [size, dimension]."""
    random, found = np.random.default_rng(size), np.empty((size, DIMENSION), np.float16)
    for start in range(0, size, FEW):
        some = random.standard_normal((min(FEW, size - start), DIMENSION), np.float32)
        found[start : start + FEW] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return found


def _queries(voices: Matrix, count: int) -> NDArray[np.float32]:
    """Clips of some of the voices, about as like them as clips are."""
    random = np.random.default_rng(1)
    chosen = voices[random.integers(0, len(voices), count)].astype(np.float32)
    noise = random.standard_normal(chosen.shape, np.float32) / np.sqrt(np.float32(DIMENSION))
    mixed = 0.7 * chosen + 0.7 * noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _others(voices: Matrix) -> dict[str, Search]:
    """What the same search takes elsewhere."""
    exact = voices.astype(np.float32)
    others: dict[str, Search] = {"numpy_ms": lambda query: exact @ query}
    try:
        import faiss
    except ImportError:
        return others
    faiss.omp_set_num_threads(1)
    quantized = faiss.IndexScalarQuantizer(DIMENSION, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    quantized.train(exact[:FEW])
    quantized.add(exact)
    return {**others, "faiss_ms": lambda query: quantized.search(query[np.newaxis], NAMED)}


def _times(searches: Mapping[str, Search], voices: Matrix) -> dict[str, float]:
    """Median milliseconds of processor of each, in turns."""
    took: dict[str, list[float]] = {name: [] for name in searches}
    for query in _queries(voices, ROUNDS):
        for name, search in searches.items():
            began = time.process_time()
            search(query)
            took[name].append(1000 * (time.process_time() - began))
    return {name: median(times) for name, times in took.items()}


def _right(voices: Matrix, packed: Vectors) -> int:
    """How often the five best, compared exactly among those that are read, are those of an exact search."""
    right, read = 0, READ if len(voices) <= FEW else NAMED
    for queries in np.array_split(_queries(voices, QUERIES), 10):
        exact = _exact(voices, queries)
        for query, cosines in zip(queries, exact, strict=True):
            found = np.argpartition(-packed.cosines(query), read)[:read]
            best = found[np.argsort(-cosines[found])][:5]
            right += set(best) == set(np.argpartition(-cosines, 5)[:5])
    return right


def _exact(voices: Matrix, queries: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.empty((len(queries), len(voices)), np.float32)
    for start in range(0, len(voices), FEW):
        found[:, start : start + FEW] = queries @ voices[start : start + FEW].astype(np.float32).T
    return found


def _stored(store: AzureStore, listener: Listener, voices: Matrix) -> list[str]:
    """Write the voices as snapshots, and those that the clip finds as profiles; the ids of these."""
    ids = np.random.default_rng(2).integers(0, 256, (len(voices), 16), np.uint8)
    clip = Recording(read_speakers(VOICES)[0].enrollments[0][: 44 + 2 * 16_000 * 5])
    heard = listener.listen(clip, IDENTIFICATION.to_recognize(waive_minimum=True))
    found = np.argpartition(-(voices @ unit(listener.embed(heard, listener.version)).astype(np.float16)), NAMED)[:NAMED]
    named = [str(uuid.UUID(bytes=ids[row].tobytes())) for row in found]
    for name, row in zip(named, found, strict=True):
        store.insert(_profile(IDENTIFICATION, name, voices[row], listener.version))
    for span in spans(IDENTIFICATION, len(voices)):
        own = np.flatnonzero((ids[:, 0] >= span.begin) & (ids[:, 0] < span.end))
        packed = {Way(listener.version, Band.WIDE, Band.NARROW): _packed(ids[own], voices[own])}
        Snapshots(store.snapshots).keep(span, Snapshot(datetime.now(UTC), packed))
    return named


def _profile(family: Family, profile_id: str, voice: NDArray[np.float16], version: str) -> Profile:
    now = datetime.now(UTC)
    views = {band: View(voice.astype(np.float32), 25.0) for band in Band}
    clip = Enrollment(str(uuid.UUID(int=0)), 30.0, 25.0, 17.0, Band.WIDE)
    fresh = Profile(family, profile_id, "en-us", now)
    return fresh.with_enrollment(clip, Signature(views, version), None, now, waive_minimum=False)


def _packed(ids: NDArray[np.uint8], voices: Matrix) -> Packed:
    """Voices of both bands, as they are after a compaction."""
    marks = np.array([number_of(mark(str(uuid.UUID(bytes=each.tobytes())))) for each in ids], np.uint64)
    order = np.argsort(marks)
    halves = Halves(voices[order])
    return Packed(marks[order], ids[order], dict.fromkeys(Band, halves), {}, np.ones(len(ids), np.bool_))
