"""Errors by kind of speech, by the channels of enrollment and test, and by gallery, as the service answers.

Names of the rates are those of ISO/IEC 19795-1: besides FMR, FNMR, FPIR and FNIR, *failure to acquire* is the share of
clips that the service refuses, so that nothing is compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.scoring import Calibration
from tools.accuracy.crowds import crowded
from tools.accuracy.galleries import Attempt, Door, Tenant, attempts_of
from tools.accuracy.heard import Heard
from tools.accuracy.identification import by_speaker

type Row = dict[str, Any]
type Pair = tuple[str, str]

WIDE: Final = "wide"
GALLERIES: Final = (0, 3, 10, 20, 50)
REFERENCE_GALLERY: Final = 20
MIXED: Final = ("wide", "pcm-8k", "mu-law", "300-3400", "gsm", "amr-nb")
"""Channels of the profiles in a mixed gallery, where they can be simulated."""
CANDIDATES: Final = (5, 10, 50, 1000)
"""Numbers of candidates, as many as there are speakers for; the most are filled with blends of them."""
DRAWS: Final = 4
"""Galleries that each test is identified in."""
TELEPHONE: Final = ("mu-law", "gsm", "300-3400")
IDENTIFIED: Final[tuple[Pair, ...]] = (
    (WIDE, WIDE),
    *((WIDE, channel) for channel in TELEPHONE),
    *((channel, channel) for channel in TELEPHONE),
)
EVERY_GALLERY: Final[tuple[Pair, ...]] = ((WIDE, WIDE), (WIDE, "mu-law"), (WIDE, "300-3400"), ("300-3400", "300-3400"))
"""Pairs of channels that are judged before every size of gallery; others before none and before the reference."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What strangers and owners met, in columns.

    Attributes:
        speaker: [comparisons] who spoke.
        same: whether the profile was the speaker's.
        accepted: what the service would have answered.
    """

    speaker: NDArray[np.str_]
    same: NDArray[np.bool]
    accepted: NDArray[np.bool]

    def rates(self) -> Row:
        """FMR and FNMR with their intervals, and who carries the refusals."""
        refused = self.speaker[self.same & ~self.accepted]
        return {
            "same": int(self.same.sum()),
            "different": int((~self.same).sum()),
            "fmr": self._rate(~self.same, self.accepted),
            "fnmr": self._rate(self.same, ~self.accepted),
            "speakers": len(set(self.speaker.tolist())),
            "refused_speakers": len(set(refused.tolist())),
        }

    def _rate(self, among: NDArray[np.bool], failed: NDArray[np.bool]) -> list[float]:
        _, speaker = np.unique(self.speaker[among], return_inverse=True)
        return by_speaker(failed[among].astype(np.float64), speaker).to_json()


def by_channel(heard: Mapping[str, Heard], calibration: Calibration, rate: float, length: float) -> list[Row]:
    """Every kind of speech through every pair of channels: wide to each, each to wide, and each to itself."""
    tenants = {name: Tenant.of(each) for name, each in heard.items()}
    rows = []
    for enrolled, tested in tqdm(pairs(list(heard)), desc="channels", unit="pair", disable=None):
        tenant = tenants[enrolled]
        before = doors(tenant, tenants, calibration, rate)
        for kind in sorted(set(tenant.kinds.tolist())):
            tests, _ = attempts_of(heard[tested], kind, length)
            place = {"group": kind, "enrolled": enrolled, "tested": tested, "test_length": length}
            rows += [place | row for row in _before_galleries(before, tests, _sizes((enrolled, tested)))]
    return rows


def pairs(names: Sequence[str]) -> list[Pair]:
    """Pairs of channels that are judged."""
    others = [name for name in names if name != WIDE]
    return [(WIDE, WIDE), *((WIDE, name) for name in others), *((name, WIDE) for name in others),
            *((name, name) for name in others)]  # fmt: skip


def _sizes(pair: Pair) -> Sequence[int]:
    return GALLERIES if pair in EVERY_GALLERY else (0, REFERENCE_GALLERY)


def doors(tenant: Tenant, tenants: Mapping[str, Tenant], calibration: Calibration, rate: float) -> Mapping[bool, Door]:
    """With the pure gallery, and with the mixed one."""
    others = [tenants[name] for name in MIXED if name in tenants]
    mixed = tenant.mixed_with(others, np.random.default_rng(0))
    return {False: Door(calibration, rate, tenant, tenant), True: Door(calibration, rate, tenant, mixed)}


def _before_galleries(before: Mapping[bool, Door], tests: Sequence[Attempt], sizes: Sequence[int]) -> Iterator[Row]:
    for size in sizes:
        for mixed, door in before.items():
            if mixed and not size:  # nobody is nobody, of whatever kind
                continue
            judged = _judged(door, tests, size, mixed=mixed)
            if judged.same.any() and not judged.same.all():
                yield {"gallery": size, "mixed": mixed, **judged.rates()}


def _judged(door: Door, tests: Sequence[Attempt], size: int, *, mixed: bool) -> Judged:
    random = np.random.default_rng(0)
    rows = [
        (test.name, same, verdict.accepted)
        for test in tests
        for same, verdict in door.verify(test, size, random, mixed=mixed)
    ]
    speaker, same, accepted = zip(*rows, strict=True) if rows else ((), (), ())
    return Judged(np.array(speaker, np.str_), np.array(same, np.bool), np.array(accepted, np.bool))


def strangers_named(heard: Mapping[str, Heard], calibration: Calibration, rate: float, length: float) -> list[Row]:
    """Identification: how often a stranger is named, and a speaker of the gallery is not."""
    rows = []
    known = [pair for pair in IDENTIFIED if set(pair) <= set(heard)]
    for enrolled, tested in tqdm(known, desc="identification", unit="pair", disable=None):
        tenant = Tenant.of(heard[enrolled])
        door = Door(calibration, rate, tenant, tenant)
        for kind in sorted(set(tenant.kinds.tolist())):
            tests, _ = attempts_of(heard[tested], kind, length)
            place = {"group": kind, "enrolled": enrolled, "tested": tested, "test_length": length}
            rows += [place | row for row in _named(door, tests)]
    return rows


def _named(door: Door, tests: Sequence[Attempt]) -> Iterator[Row]:
    for size in CANDIDATES:
        random = np.random.default_rng(0)
        outcomes = [
            (test.name, *outcome)
            for test in tests
            for _ in range(DRAWS)
            if (outcome := _lineup(_filled(door, test, size, random), test, size, random))
        ]
        if outcomes:
            speaker, missed, named = zip(*outcomes, strict=True)
            _, who = np.unique(speaker, return_inverse=True)
            fnir, fpir = (by_speaker(np.array(each, np.float64), who).to_json() for each in (missed, named))
            blended = max(0, size - _people(door, tests[0]))
            yield {"candidates": size, "blended": blended, "tests": len(speaker), "fnir": fnir, "fpir": fpir}


def _people(door: Door, test: Attempt) -> int:
    """Others of the kind of speech who were measured."""
    return int(((door.tenant.kinds == test.kind) & (door.tenant.names != test.name)).sum())


def _filled(door: Door, test: Attempt, size: int, random: np.random.Generator) -> Door:
    """The same with as many candidates, if so many more than there are people can be made up."""
    crowd = crowded(door.tenant, test.kind, test.name, size, random) if size == CANDIDATES[-1] else None
    return replace(door, tenant=crowd, crowd=crowd) if crowd else door


def _lineup(door: Door, test: Attempt, size: int, random: np.random.Generator) -> tuple[bool, bool] | None:
    """Whether the speaker is missed among so many candidates, and a stranger named among as many others."""
    own = np.flatnonzero(door.tenant.names == test.name)
    others = random.permutation(np.flatnonzero((door.tenant.kinds == test.kind) & (door.tenant.names != test.name)))
    if not len(own) or len(others) < size:
        return None
    first, accepted = door.identify(test, np.concatenate([own, others[: size - 1]]))
    return not (accepted and first == own[0]), door.identify(test, others[:size])[1]


def failures(heard: Mapping[str, Heard], length: float) -> list[Row]:
    """Failure to acquire: who could not enroll, and which tests were refused, by kind of speech and channel."""
    rows = []
    for name, each in heard.items():
        tenant = Tenant.of(each)
        for kind in sorted(set(each.set.tolist())):
            own = each.where(each.set == kind)
            tests, refused = attempts_of(own, kind, length)
            rows.append({
                "group": kind,
                "channel": name,
                "speakers": len(set(own.speaker.tolist())),
                "not_enrolled": sum(who.rpartition("/")[0] == kind for who in tenant.refused),
                "tests": len(tests) + len(refused),
                "refused": len(refused),
                "why": sorted(set(own.refused[(own.use == "test") & (own.length == length)].tolist()) - {""}),
            })  # fmt: skip
    return rows
