"""Errors by constants that have heard neither the people who are judged, nor their kind of speech, nor the channel.

The row for a gallery is fitted again for each: on all other kinds, through all other channels. Too few people would be
left without the kind that has most of them; so its people are judged in halves, each by a fit on the other half as
well.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.scoring import Calibration
from tools.accuracy.by_channel import REFERENCE_GALLERY, WIDE, Judged, Row
from tools.accuracy.heard import Heard
from tools.accuracy.trials import Trials
from tools.calibrate.rows import centred_trials, fit_row, judged_by

type Mask = NDArray[np.bool]

_MOST: Final = 0.5
"""Share of all people from which a kind of speech is judged in halves."""


def unheard(heard: Mapping[str, Heard], calibration: Calibration, rate: float, length: float) -> list[Row]:
    """FMR and FNMR of every kind of speech and pair of channels, before a mixed gallery of the usual size."""
    trials = centred_trials(heard, calibration, REFERENCE_GALLERY, length, mixed=True)
    if trials is None:
        return []
    kind, enrolled, tested = (np.array(part) for part in zip(*map(_parts, trials.set.tolist()), strict=True))
    verdicts = np.zeros(len(trials), np.bool)
    judged = np.zeros(len(trials), np.bool)
    channels = sorted(set(enrolled.tolist()) | set(tested.tolist()))
    for channel in tqdm(channels, desc="unheard", unit="channel", disable=None):
        through = _through(enrolled, tested, channel)
        for own, rest in _folds(trials, kind):
            fitting = trials.where(rest if channel == WIDE else rest & ~through)
            if fitting.same.any() and not fitting.same.all():
                row = fit_row(fitting, REFERENCE_GALLERY, calibration.duration_range)
                mine = own & through
                verdicts[mine] = judged_by(row, trials.where(mine), calibration.duration_range, rate)
                judged |= mine
    return list(_rows(trials, verdicts, judged))


def _parts(name: str) -> list[str]:
    return name.rsplit(", ", 2)


def _through(enrolled: NDArray[np.str_], tested: NDArray[np.str_], channel: str) -> Mask:
    """Comparisons that a channel is part of; of the wide one, those that no other is part of."""
    if channel == WIDE:
        return np.asarray((enrolled == WIDE) & (tested == WIDE))
    return np.asarray((enrolled == channel) | (tested == channel))


def _folds(trials: Trials, kind: NDArray[np.str_]) -> Iterator[tuple[Mask, Mask]]:
    """Comparisons that are judged, and those that may be fitted on."""
    people = {name: sorted(set(trials.test_speaker[kind == name].tolist())) for name in np.unique(kind).tolist()}
    for name, speakers in people.items():
        of_kind = kind == name
        if len(speakers) < _MOST * sum(map(len, people.values())):
            yield of_kind, ~of_kind
            continue
        for half in (0, 1):
            own, other = (
                of_kind & np.isin(trials.test_speaker, some) & np.isin(trials.enrolled_speaker, some)
                for some in (speakers[half::2], speakers[1 - half :: 2])
            )
            yield own, other | ~of_kind


def _rows(trials: Trials, accepted: Mask, judged: Mask) -> Iterator[Row]:
    for name in dict.fromkeys(trials.set[judged].tolist()):
        own = judged & (trials.set == name)
        same = trials.same[own]
        if same.any() and not same.all():
            kind, enrolled, tested = _parts(name)
            place = {"group": kind, "enrolled": enrolled, "tested": tested, "gallery": REFERENCE_GALLERY}
            yield place | Judged(trials.test_speaker[own], same, accepted[own]).rates()
