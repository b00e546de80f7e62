"""Strangers and owners before a tenant's gallery: what the service would answer, by its own scoring.

A gallery is the other profiles of a tenant: those that a comparison is centred on, and those that are candidates. It is
*pure* where all of it is of the tested kind of speech and came through the channel of the profile, and *mixed* where
everybody may be in it, through any channel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.comparing import SIZE, compare
from shared.listening.scoring import Calibration, Comparison, Conditions, Verdict, unit
from shared.listening.views import ENROLLED, TESTED, Band, Seen
from shared.recognition.everyone import LEAST
from shared.voices.signatures import Signature, View
from tools.accuracy.heard import Heard

type Indices = NDArray[np.intp]

MAX_STRANGERS: Final = 125
"""Most strangers that one test is compared with."""


@dataclass(frozen=True, eq=False)
class Tenant:
    """Enrolled profiles of one channel.

    Attributes:
        kinds: [profiles] kind of speech.
        names: [profiles] who; the same person has the same name in every tenant.
        signatures: of each profile.
        views: by band, [profiles, dimension] of unit length; NaN where a profile has no such view.
        refused: who could not enroll.
    """

    kinds: NDArray[np.str_]
    names: NDArray[np.str_]
    signatures: Sequence[Signature]
    views: Mapping[Band, NDArray[np.float32]]
    refused: Sequence[str]

    @classmethod
    def of(cls, heard: Heard) -> Self:
        """Enroll everybody whose clips are fit for use."""
        clips = heard.where(heard.use == "enroll")
        people = sorted(set(zip(clips.set.tolist(), clips.speaker.tolist(), strict=True)))
        fit = {who: clips.where((clips.set == who[0]) & (clips.speaker == who[1]) & (clips.refused == ""))
               for who in people}  # fmt: skip
        signatures = {who: _signature(own) for who, own in fit.items() if len(own.refused)}
        views = {band: np.stack([_unit(each, band) for each in signatures.values()]) for band in Band}
        return cls(
            np.array([kind for kind, _ in signatures]),
            np.array([_name(who) for who in signatures]),
            list(signatures.values()),
            views,
            [_name(who) for who in people if who not in signatures],
        )

    def mixed_with(self, others: Sequence["Tenant"], random: np.random.Generator) -> "Tenant":
        """The same people, each enrolled through the channel of one of these tenants."""
        tenants = [self, *others]
        places = [{name: at for at, name in enumerate(tenant.names.tolist())} for tenant in tenants]
        drawn = [(tenants[at], places[at]) for at in random.integers(0, len(tenants), len(self.names))]
        chosen = [
            tenant.signatures[place[name]] if name in place else own
            for name, own, (tenant, place) in zip(self.names.tolist(), self.signatures, drawn, strict=True)
        ]
        views = {band: np.stack([_unit(each, band) for each in chosen]) for band in Band}
        return Tenant(self.kinds, self.names, chosen, views, self.refused)


def _name(who: tuple[str, str]) -> str:
    return "/".join(who)


def _signature(clips: Heard) -> Signature:
    return reduce(Signature.joined_by, [_voice(clips, at) for at in range(len(clips.refused))])


def _voice(clips: Heard, at: int) -> Signature:
    """A signature of one enrollment, as the service makes it."""
    seconds = float(clips.evidence_sec[at])
    seen = ENROLLED[Band(clips.band[at])].items()
    return Signature({band: View(clips.seen(how)[at], seconds) for band, how in seen}, "")


def _unit(signature: Signature, band: Band) -> NDArray[np.float32]:
    if band not in signature.views:
        return np.full_like(next(iter(signature.views.values())).mean, np.nan)
    return unit(signature.views[band].mean)


@dataclass(frozen=True, eq=False)
class Attempt:
    """A clip that was fit for use.

    Attributes:
        name: who spoke.
    """

    kind: str
    name: str
    band: Band
    evidence_sec: float
    snr_db: float | None
    as_it_came: NDArray[np.float32]
    narrowed: NDArray[np.float32]

    def seen_in(self, band: Band) -> NDArray[np.float32]:
        """Its embedding for a comparison in a band."""
        return {Seen.AS_IT_CAME: self.as_it_came, Seen.NARROWED: self.narrowed}[TESTED[self.band][band]]


def attempts_of(heard: Heard, kind: str, length: float) -> tuple[list[Attempt], list[str]]:
    """Tests of a kind and length, and whose could not be used."""
    own = heard.where((heard.use == "test") & (heard.set == kind) & (heard.length == length))
    names = [_name((kind, speaker)) for speaker in own.speaker.tolist()]
    snr_db = [None if np.isnan(each) else each for each in own.snr_db.tolist()]
    columns = zip(names, own.band, own.evidence_sec, snr_db, own.as_it_came, own.narrowed, own.refused, strict=True)
    rows = list(columns)
    fit = [Attempt(kind, name, Band(band), float(sec), snr, as_it_came, narrowed)
           for name, band, sec, snr, as_it_came, narrowed, refused in rows if not refused]  # fmt: skip
    return fit, [name for name, *_, refused in rows if refused]


@dataclass(frozen=True)
class Compared:
    """A profile that an attempt was compared with: whose, and on how much speech."""

    name: str
    enrolled_sec: float
    compared: Comparison


@dataclass(frozen=True, eq=False)
class Door:
    """Where tests are judged.

    Attributes:
        calibration: in force.
        rate: false-match rate of a request.
        tenant: whose profiles are tried.
        crowd: the same people as they stand in the gallery.
    """

    calibration: Calibration
    rate: float
    tenant: Tenant
    crowd: Tenant

    def verify(
        self, attempt: Attempt, gallery: int, random: np.random.Generator, *, mixed: bool
    ) -> Iterator[tuple[bool, Verdict]]:
        """The answers to ``compare``, and whether the profile was the speaker's."""
        for seen in self.compare(attempt, gallery, random, mixed=mixed):
            yield seen.name == attempt.name, self._decide(seen, attempt)

    def compare(
        self, attempt: Attempt, gallery: int, random: np.random.Generator, *, mixed: bool
    ) -> Iterator[Compared]:
        """An attempt against the profiles of its owner and of strangers of its kind.

        Neither the profile nor the person who speaks is in the gallery. Where it cannot be filled, nothing is compared.
        """
        owner = np.flatnonzero(self.tenant.names == attempt.name)
        strangers = np.flatnonzero((self.tenant.kinds == attempt.kind) & (self.tenant.names != attempt.name))
        allowed = np.flatnonzero((self.crowd.names != attempt.name) & (mixed | (self.crowd.kinds == attempt.kind)))
        for target in (*owner, *random.permutation(strangers)[:MAX_STRANGERS]):
            others = allowed[allowed != target]
            if len(others) >= gallery:
                yield self._compared(int(target), attempt, random.permutation(others)[:gallery])

    def identify(self, attempt: Attempt, candidates: Indices) -> tuple[int, bool]:
        """Which candidate is first, and whether it is named; of many, those most alike are judged, as it is served."""
        likely = self._likely(attempt, candidates)
        compared = [self._compared(int(each), attempt, candidates[candidates != each][:SIZE]) for each in likely]
        verdicts = [self._decide(each, attempt, len(candidates)) for each in compared]
        first, second = sorted(range(len(likely)), key=lambda at: -verdicts[at].above_threshold)[:2]
        return int(likely[first]), verdicts[first].ahead_of(verdicts[second]).accepted

    def _likely(self, attempt: Attempt, candidates: Indices) -> Indices:
        band = self.tenant.signatures[candidates[0]].band_for(attempt.band)
        alike = self.tenant.views[band][candidates] @ attempt.seen_in(band)
        return candidates[np.argsort(-alike, kind="stable")[:LEAST]]

    def _compared(self, target: int, attempt: Attempt, gallery: Indices) -> Compared:
        signature = self.tenant.signatures[target]
        band = signature.band_for(attempt.band)
        views = self.crowd.views[band][gallery]
        others = views[~np.isnan(views[:, 0])]
        view = signature.views[band]
        conditions = Conditions(signature.is_narrowed_with(attempt.band), attempt.snr_db)
        compared = compare(view.mean, attempt.seen_in(band), others, conditions)
        return Compared(str(self.tenant.names[target]), view.speech_sec, compared)

    def _decide(self, seen: Compared, attempt: Attempt, among: int = 1) -> Verdict:
        return self.calibration.decide(seen.compared, seen.enrolled_sec, attempt.evidence_sec, self.rate, among)
