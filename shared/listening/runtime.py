"""The one door to onnxruntime, which reports to its makers unless it is told not to."""

import os
import threading
from functools import cache
from types import ModuleType
from typing import Final

SILENCE: Final = "ORT_DISABLE_TELEMETRY"
"""Read once, when the library is loaded: then no identifier and no events are written, and nothing is sent."""


REGION: Final = 128 * 2**20
"""Bytes of address space in which all models compute; resident is only what was once used of them. In one region what
one model has freed another takes, and nothing is left over between regions. Should it be full, there are more."""
SHARED: Final = ("session.use_env_allocators", "1")
"""With this a session computes there."""

_LOADING: Final = threading.Lock()


def runtime() -> ModuleType:
    """onnxruntime, silent whatever the environment says, with a region for all models.

    Its official Linux wheels write an identifier and a database of events into the user's cache folder and send them
    (its ``Privacy.md``, "Disabling Telemetry"). Where other code has loaded it before, it can only be told to say less.
    """
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> ModuleType:
    os.environ[SILENCE] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    silent: ModuleType = onnxruntime
    of_all = silent.OrtMemoryInfo("Cpu", silent.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, silent.OrtMemType.DEFAULT)
    silent.create_and_register_allocator(of_all, silent.OrtArenaCfg({"initial_chunk_size_bytes": REGION}))
    return silent
