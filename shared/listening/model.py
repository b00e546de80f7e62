"""The weights of a bundle in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.bundle import Bundle
from shared.listening.heap import loading
from shared.listening.runtime import SHARED, runtime


class Model:
    """The weights of a bundle in memory, checked against their hash; safe to run from several threads.

    Raises:
        BundleError: the weights are missing, damaged, or not a model.
    """

    def __init__(self, bundle: Bundle) -> None:
        file = bundle.model_file
        bundle.check_files()
        try:
            with loading():
                self._session = runtime().InferenceSession(file, _session_options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base but this
            raise BundleError(f"{file} cannot be loaded: {error}".splitlines()[0]) from error

    def run(self, **inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for the named inputs."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, inputs)
        return outputs


def _session_options() -> Any:  # noqa: ANN401 (onnxruntime is untyped)
    options = runtime().SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one request, one core
    options.enable_mem_pattern = False  # would keep a plan for every length of audio it ever saw
    # Looking for reuse, node by node, takes two thirds of the start; memory is used again anyway, by the arena.
    options.enable_mem_reuse = False
    options.add_session_config_entry(*SHARED)
    options.log_severity_level = 3
    # The first pass of the optimiser already finds everything in these graphs; more passes only delay the start.
    options.add_session_config_entry("session.graph_optimizations_loop_level", "0")
    return options
