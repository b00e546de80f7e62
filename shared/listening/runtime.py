"""The one door to onnxruntime, which reports to its makers unless it is told not to."""

import os
from types import ModuleType
from typing import Final

SILENCE: Final = "ORT_DISABLE_TELEMETRY"
"""Read once, when the library is loaded: then no identifier and no events are written, and nothing is sent."""


def runtime() -> ModuleType:
    """onnxruntime, silent whatever the environment says.

    Its official Linux wheels write an identifier and a database of events into the user's cache folder and send them
    (its ``Privacy.md``, "Disabling Telemetry"). Where other code has loaded it before, it can only be told to say less.
    """
    os.environ[SILENCE] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    silent: ModuleType = onnxruntime
    return silent
