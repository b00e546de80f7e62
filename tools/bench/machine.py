"""Where a benchmark ran: without it, its figures say nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from timeit import repeat
from typing import Final

import numpy as np
import psutil

from devhost.stack import Host
from functions.contract.version import VERSION

MIB: Final = 2**20
_CPUINFO: Final = Path("/proc/cpuinfo")
_SIZE: Final = 1024
_PRODUCTS: Final = 25
_LIBRARIES: Final = ("onnxruntime", "numpy", "sherpa-onnx", "faiss-cpu", "azure-functions")


def described() -> dict[str, str]:
    """What it is, for people and for later runs."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return {
        "service": VERSION,
        "processor": _processor(),
        "cores": str(os.process_cpu_count()),
        "python": platform.python_version(),
        **libraries,
    }


def load() -> str:
    """The load average now: how much else the machine had to do."""
    return " ".join(f"{average:.1f}" for average in os.getloadavg())


def pace() -> str:
    """What a product of matrices does now, in GFLOP/s: a virtual machine may be slow without any load of its own."""
    matrix = np.ones((_SIZE, _SIZE), np.float32)
    seconds = median(repeat(lambda: matrix @ matrix, number=1, repeat=_PRODUCTS))
    return f"{2 * _SIZE**3 / seconds / 1e9:.0f}"


def resident_mib(running: Host) -> float:
    """Memory of a host, and of the app in it."""
    return float(psutil.Process(running.process.pid).memory_info().rss / MIB)


def _processor() -> str:
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
