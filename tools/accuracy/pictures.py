"""Pictures of scores: error trade-off, histograms, reliability; without other voices to compare with."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from shared.listening.scoring import Calibration
from tools.accuracy.alone import alone
from tools.accuracy.measure import REFERENCE_TEST_SEC
from tools.accuracy.metrics import Tally
from tools.accuracy.trials import Trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

type Floats = NDArray[np.float64]
type Kinds = Mapping[str, tuple[Floats, NDArray[np.bool]]]
"""Log-likelihood ratios, and whether the speakers are the same, by kind of speech."""

_TICKS: Final = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4)
_LEAST: Final = 5e-5
_BINS: Final = 60
_POSTERIOR_BINS: Final = 10
_ENOUGH: Final = 20
"""Comparisons from which a point of the reliability diagram is drawn."""


def draw(trials: Trials, calibration: Calibration, rate: float, folder: Path) -> list[Path]:
    """Write ``det.svg``, ``scores.svg`` and ``reliability.svg`` for the kinds of speech that have both labels.

    Shown are tests of ``REFERENCE_TEST_SEC``, or all where no kind of speech has both labels among those. Without any
    such kind, nothing is drawn.
    """
    kinds = _shown(trials, calibration)
    if not kinds:
        return []
    pictures = {
        "det.svg": _det(kinds),
        "scores.svg": _histograms(kinds, alone(calibration).threshold(rate)),
        "reliability.svg": _reliability(kinds),
    }
    for name, picture in pictures.items():
        save(picture, folder / name)
    return [folder / name for name in pictures]


def draw_trade_off(trials: Trials, calibration: Calibration, file: Path) -> None:
    """Write only the error trade-off of the kinds of speech that ``draw`` shows."""
    save(_det(_shown(trials, calibration)), file)


def draw_scores(trials: Trials, calibration: Calibration, rate: float, file: Path) -> None:
    """Write only the scores of the kinds of speech that ``draw`` shows, with the threshold of a false-match rate."""
    save(_histograms(_shown(trials, calibration), alone(calibration).threshold(rate)), file)


def save(picture: "Figure", file: Path) -> None:
    """The same figures give the same file: no date, and no random ids."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": file.name}):
        picture.savefig(file, metadata={"Date": None})


def _shown(trials: Trials, calibration: Calibration) -> Kinds:
    reference = trials.where(trials.test_length == REFERENCE_TEST_SEC)
    return dict(_kinds(reference, calibration)) or dict(_kinds(trials, calibration))


def _kinds(trials: Trials, calibration: Calibration) -> Iterator[tuple[str, tuple[Floats, NDArray[np.bool]]]]:
    ratios = alone(calibration).llr(trials.cosine, trials.enrolled_sec, trials.tested_sec)
    for name in trials.sets:
        own = trials.set == name
        if len(set(trials.same[own].tolist())) == 2:
            yield name, (ratios[own], trials.same[own])


def _figure(rows: int, size: tuple[float, float]) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, list(figure.subplots(rows, sharex=True, squeeze=False).flat)


def _det(kinds: Kinds) -> "Figure":
    """Detection error trade-off on normal-deviate axes (Martin et al. 1997): normal scores give straight lines."""
    figure, (axes,) = _figure(1, (6, 6))
    for name, (ratios, same) in kinds.items():
        tally = Tally.of(ratios, same)
        axes.plot(*(ndtri(np.clip(rates, _LEAST, 0.5)) for rates in (tally.fmr(), tally.fnmr())), label=name)
    labels = [f"{100 * tick:g}" for tick in _TICKS]
    axes.set(xlabel="false-match rate, %", ylabel="false-non-match rate, %", aspect="equal")
    axes.set_xticks(ndtri(_TICKS), labels)
    axes.set_yticks(ndtri(_TICKS), labels)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return figure


def _histograms(kinds: Kinds, threshold: float) -> "Figure":
    figure, places = _figure(len(kinds), (7, 1 + 1.8 * len(kinds)))
    everything = np.concatenate([ratios for ratios, _ in kinds.values()])
    edges = np.linspace(everything.min(), everything.max(), _BINS).tolist()
    for axes, (name, (ratios, same)) in zip(places, kinds.items(), strict=True):
        for label, chosen in (("different speakers", ~same), ("same speaker", same)):
            axes.hist(ratios[chosen], edges, density=True, histtype="stepfilled", alpha=0.6, label=label)
        axes.axvline(threshold, color="black", linestyle="--", label="accepted from here")
        axes.set(title=name, yticks=[])
    places[0].legend()
    places[-1].set(xlabel="log-likelihood ratio")
    return figure


def _reliability(kinds: Kinds) -> "Figure":
    """Share of same-speaker comparisons where the posterior says so much, both labels weighing the same."""
    figure, (axes,) = _figure(1, (6, 6))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect")
    for name, (ratios, same) in kinds.items():
        axes.plot(*_reliable(expit(ratios), same), marker="o", label=name)
    axes.set(xlabel="posterior of the same speaker at even odds", ylabel="share that was", aspect="equal")
    axes.legend()
    return figure


def _reliable(posterior: Floats, same: NDArray[np.bool]) -> tuple[Floats, Floats]:
    """Mean posterior and share of same-speaker comparisons in each tenth of the range that has enough to tell."""
    weight = np.where(same, 1 / same.sum(), 1 / (~same).sum())
    at = np.minimum((posterior * _POSTERIOR_BINS).astype(int), _POSTERIOR_BINS - 1)
    total, said, were = (np.bincount(at, weight * what) for what in (np.ones(len(at)), posterior, same))
    some = np.bincount(at) >= _ENOUGH
    return said[some] / total[some], were[some] / total[some]
