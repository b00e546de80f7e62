"""sherpa-onnx's diarizer on the same two networks: the peer that runs in the same report."""

import time
from collections.abc import Callable
from typing import Final

from shared.listening.bundle import Bundle
from shared.settings import MODELS
from tools.bench.embedding import features_model
from tools.bundle.campplus import Network
from tools.turns.der import Line
from tools.turns.judging import Found
from tools.turns.mixtures import Conversation

THRESHOLDS: Final = (0.7, 0.8, 0.9, 1.0, 1.1)
"""Of its clustering, that are tried."""


def sherpa_turns(threshold: float) -> Callable[[Conversation], Found]:
    """Turns by sherpa-onnx at a threshold; it knows no names.

    Raises:
        BundleError: the weights cannot be had.
    """
    import sherpa_onnx

    segmentation = Bundle.load(MODELS / "pyannote-segmentation").model_file
    pyannote = sherpa_onnx.OfflineSpeakerSegmentationPyannoteModelConfig(str(segmentation))
    diarizer = sherpa_onnx.OfflineSpeakerDiarization(
        sherpa_onnx.OfflineSpeakerDiarizationConfig(
            segmentation=sherpa_onnx.OfflineSpeakerSegmentationModelConfig(pyannote, num_threads=1),
            embedding=sherpa_onnx.SpeakerEmbeddingExtractorConfig(model=str(features_model(Network)), num_threads=1),
            clustering=sherpa_onnx.FastClusteringConfig(num_clusters=-1, threshold=threshold),
        )
    )

    def hear(conversation: Conversation) -> Found:
        before = time.process_time()
        segments = diarizer.process(conversation.samples).sort_by_start_time()
        took = time.process_time() - before
        return Found([Line(each.start, each.end, str(each.speaker)) for each in segments], took)

    return hear
