"""Another embedder through the same comparisons.

Scores of another embedder are on another scale, so that our calibration says nothing of them. Both are judged by their
cosines: how well they tell voices apart, and what is missed where so many strangers are accepted.
"""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tools.accuracy.extraction import Extractor
from tools.accuracy.measure import groups, speakers_of
from tools.accuracy.metrics import (
    Estimate,
    Metric,
    Resampling,
    Tally,
    eer,
    fnmr_at_fmr,
    min_cllr,
    min_dcf,
    percentile_estimate,
    rate_estimate,
    replicates,
)
from tools.accuracy.speakers import TEST_SEC
from tools.accuracy.trials import Trials
from tools.recordings import Samples, UnusableInput

type Embed = Callable[[Samples], NDArray[np.float32]]

FALSE_MATCH_RATES: Final = (0.01, 0.001)
_COST: Final = "min_cllr"
_METRICS: Final[dict[str, Metric]] = {
    "eer": eer,
    "min_dcf": min_dcf,
    _COST: min_cllr,
    **{f"fnmr_at_fmr_{rate:g}": partial(fnmr_at_fmr, rate=rate) for rate in FALSE_MATCH_RATES},
}


def peer(name: str, ours: Extractor) -> Extractor:
    """Our way through a clip with another embedder at its end.

    Raises:
        UnusableInput: it is not installed.
        BundleError: its weights cannot be had.
    """
    return Extractor(f"{ours.name}-{name}", ours.detector, PEERS[name]())


def compare(ours: Trials, theirs: Trials) -> list[dict[str, Any]]:
    """Figures of both, by kind of speech and length of test, as JSON has them."""
    slices = [
        (group, length, part)
        for group, mask in groups(ours).items()
        for length in TEST_SEC
        if len(set(ours.same[part := mask & (ours.test_length == length)].tolist())) == 2
    ]
    return [
        {
            "group": group,
            "test_length": length,
            "ours": _figures(ours.where(part)),
            "theirs": _figures(theirs.where(part)),
        }
        for group, length, part in tqdm(slices, desc="comparing", unit="slice", disable=None)
    ]


def _figures(trials: Trials) -> dict[str, list[float]]:
    tally = Tally.of(trials.cosine, trials.same)
    drawn = replicates(Resampling.of(trials.cosine, trials.same, speakers_of(trials)), _METRICS)
    fewest = min(int(trials.same.sum()), int((~trials.same).sum()))

    def estimate(name: str) -> Estimate:
        value = _METRICS[name](tally)
        return percentile_estimate(value, drawn[name]) if name == _COST else rate_estimate(value, drawn[name], fewest)

    return {name: estimate(name).to_json() for name in _METRICS}


def _sherpa() -> Embed:
    from tools.bench.embedding import sherpa
    from tools.bundle.published import Published

    embed = sherpa(Published)
    return lambda samples: np.asarray(embed(samples), np.float32)


def _resemblyzer() -> Embed:
    if not find_spec("resemblyzer"):
        raise UnusableInput("Resemblyzer is not installed; `.venv/bin/pip install resemblyzer` installs it and PyTorch")
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)
    return lambda samples: np.asarray(encoder.embed_utterance(samples), np.float32)


PEERS: Final[dict[str, Callable[[], Embed]]] = {"sherpa": _sherpa, "resemblyzer": _resemblyzer}
"""What can be compared with: the same weights in sherpa-onnx, and an LSTM."""
