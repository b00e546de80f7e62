"""What a comparison comes to, by the bands of both sides."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.bundle import Bundle
from shared.listening.listener import Listener
from shared.listening.views import Band
from shared.recognition.cohort import Cohorts
from shared.recognition.judging import Judge
from shared.settings import ROOT
from shared.store.memory import MemoryStore
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from shared.voices.signatures import Signature, View
from shared.voices.standing import Standing
from tests.signatures import both

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUNDLE = Bundle.load(ROOT / "models" / "campplus")
VOICE = np.ones(192, np.float32)


@dataclass(frozen=True)
class SameEverywhere:
    """A voice that looks the same in every band."""

    band: Band
    evidence_sec: float = 4.0
    snr_db: float | None = None

    def sees(self, version: str) -> bool:
        return version == BUNDLE.version

    def seen(self, version: str, band: Band) -> NDArray[np.float32]:
        assert self.sees(version)
        assert band in Band
        return VOICE


@pytest.fixture
def judge() -> Judge:
    listener = Listener(BUNDLE, [], Bundle.load(ROOT / "models" / "silero-vad"))
    return Judge(listener, Cohorts(MemoryStore(), on=False), 0.001)


def _llr(judge: Judge, signature: Signature, clip: Band) -> float:
    profile = replace(Profile.new(VERIFICATION, "en-us", NOW), signature=signature, standing=Standing.ENROLLED)
    [candidate] = judge.candidates([profile], SameEverywhere(clip))
    return candidate.verdict.llr


def test_where_one_side_is_narrowed_its_constant_is_added(judge: Judge) -> None:
    desk = both(VOICE, VOICE, 20, BUNDLE.version)
    telephone = Signature({Band.NARROW: View(VOICE, 20)}, BUNDLE.version)
    plain, added = _llr(judge, desk, Band.WIDE), BUNDLE.required_calibration().narrowed
    assert added > 0
    assert _llr(judge, telephone, Band.NARROW) == pytest.approx(plain)
    assert _llr(judge, desk, Band.NARROW) == pytest.approx(plain + added)
    assert _llr(judge, telephone, Band.WIDE) == pytest.approx(plain + added)
