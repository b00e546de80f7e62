"""A second model comes: nobody's profile stops working, evidence stays comparable, and whatever cuts the walk off,
every signature is of the one model or of the other."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from devhost.azurite import azurite
from shared.errors import Conflict, StorageUnavailable
from shared.listening.declared import Recording
from shared.profiles.upkeep import Done
from shared.settings import Settings
from shared.store.azure import AzureStore
from shared.voices.families import IDENTIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from tests import models, voices
from tests.clock import Clock
from tests.domain import Domain
from tests.durability.world import World
from tests.signatures import mean_of

pytestmark = pytest.mark.slow

NAMES = ("anna", "david", "ewan")
NEW = models.TURNED_VERSION


@dataclass
class Upgrade:
    """Storage with profiles of the first model, and both models at work on it."""

    store: AzureStore
    clock: Clock
    before: Domain
    after: Domain

    @classmethod
    def on(cls, store: AzureStore, folder: Path) -> "Upgrade":
        clock = Clock()
        first, second = models.listener(), models.listener(models.TURNED, folder)
        return cls(store, clock, *(Domain.on(store, model, clock) for model in (first, second)))

    def upkeep(self) -> Done:
        return self.after.upkeep()

    def enrolled(self, name: str, family: Family = VERIFICATION, clips: int = 2) -> str:
        profile_id = self.before.create(family, "en-us").id
        for clip in voices.speakers()[name].enrollments[:clips]:
            self.before.enroll(family, profile_id, clip, waive_minimum=True)
        return profile_id

    def stored(self, profile_id: str, family: Family = VERIFICATION) -> Profile:
        profile = self.store.get(family, profile_id)
        assert profile is not None
        return profile

    def version(self, profile_id: str, family: Family = VERIFICATION) -> str:
        signature = self.stored(profile_id, family).signature
        assert signature is not None
        return signature.model_version

    def accepts(self, profile_id: str, name: str) -> bool:
        clip = voices.speakers()[name].test
        return self.after.verify(VERIFICATION, profile_id, clip, waive_minimum=False).candidate.accepted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.with_turned(tmp_path_factory.mktemp("models"))


@pytest.fixture
def upgrade(folder: Path) -> Iterator[Upgrade]:
    with azurite() as storage:
        yield Upgrade.on(AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage})), folder)


def test_profiles_of_both_models_answer_while_the_walk_goes_on(upgrade: Upgrade) -> None:
    ids = {name: upgrade.enrolled(name) for name in NAMES}
    upgrade.after.re_extract(upgrade.stored(ids["anna"]))
    assert [upgrade.version(ids[name]) == NEW for name in NAMES] == [True, False, False]
    decisions = {(own, other): upgrade.accepts(ids[own], other) for own in NAMES for other in NAMES}
    assert decisions == {(own, other): own == other for own in NAMES for other in NAMES}


def test_evidence_over_a_mix_of_models_compares_as_that_of_one(upgrade: Upgrade) -> None:
    ids = [upgrade.enrolled(name, IDENTIFICATION) for name in NAMES]
    clip = voices.speakers()["david"].test

    def evidence(profiles: Domain) -> dict[str, float]:
        found = profiles.identify(IDENTIFICATION, ids, clip, waive_minimum=False)
        assert found.speaker is not None
        assert found.speaker.profile_id == ids[1]
        return {candidate.profile_id: candidate.verdict.llr for candidate in found.ranking}

    of_one = evidence(upgrade.before)
    for profile_id in ids:
        assert evidence(upgrade.after) == pytest.approx(of_one, abs=1e-3)
        assert upgrade.after.re_extract(upgrade.stored(profile_id, IDENTIFICATION))
    assert evidence(upgrade.after) == pytest.approx(of_one, abs=1e-3)


def test_the_models_of_these_tests_do_not_compare(folder: Path) -> None:
    listener = models.listener(models.TURNED, folder)
    heard = listener.listen(Recording(voices.seconds("anna", 6)), VERIFICATION.recognizing)
    assert abs(listener.embed(heard, "2026-11-22") @ listener.embed(heard, NEW)) < 0.5


def test_speech_that_is_added_during_the_walk_is_heard_by_the_model_of_the_profile(upgrade: Upgrade) -> None:
    profile_id = upgrade.enrolled("anna", clips=1)
    old = upgrade.version(profile_id)
    upgrade.after.enroll(VERIFICATION, profile_id, voices.seconds("anna", 6), waive_minimum=True)
    assert upgrade.version(profile_id) == old
    assert upgrade.accepts(profile_id, "anna")
    assert upgrade.upkeep().re_extracted == 1
    assert upgrade.accepts(profile_id, "anna")


def test_a_walk_goes_in_slices_and_each_goes_on_where_the_last_one_ended(upgrade: Upgrade) -> None:
    ids = [upgrade.enrolled("anna", clips=1) for _ in range(5)]

    def slowly() -> int:
        before, done = 0, Done()
        for done in upgrade.after.service.upkeep.run(until=upgrade.clock() + timedelta(seconds=60)):
            upgrade.clock.let_pass(seconds=40 * (done.re_extracted - before))
            before = done.re_extracted
        return done.re_extracted

    made: list[int] = []
    while not made or made[-1]:
        made.append(slowly())
    assert made == [2, 2, 1, 0]
    assert {upgrade.version(profile_id) for profile_id in ids} == {NEW}


def test_profiles_without_audio_stay_with_their_model_and_are_listed(upgrade: Upgrade) -> None:
    ids = [upgrade.enrolled("anna"), upgrade.enrolled("david"), upgrade.enrolled("ewan")]
    for profile_id, lost in ((ids[0], 2), (ids[1], 1)):
        names = [enrollment.id for enrollment in upgrade.stored(profile_id).enrollments]
        upgrade.store.delete_audio(VERIFICATION, profile_id, names[:lost])
    for made in (1, 0):
        done = upgrade.upkeep()
        assert (done.re_extracted, done.not_re_extracted) == (made, 2)
        assert {profile.id for profile in upgrade.after.service.upkeep.older_model()} == set(ids[:2])
    assert upgrade.accepts(ids[0], "anna")
    assert not upgrade.accepts(ids[0], "david")


def test_an_enrollment_that_comes_between_wins_and_the_profile_is_re_extracted_the_next_time(upgrade: Upgrade) -> None:
    profile_id = upgrade.enrolled("anna", clips=1)
    read_before = upgrade.stored(profile_id)
    upgrade.before.enroll(VERIFICATION, profile_id, voices.seconds("anna", 6), waive_minimum=True)
    with pytest.raises(Conflict):
        upgrade.after.re_extract(read_before)
    assert len(upgrade.stored(profile_id).enrollments) == 2
    assert upgrade.upkeep().re_extracted == 1
    assert len(upgrade.stored(profile_id).enrollments) == 2


@pytest.mark.parametrize("method", ["get_audio", "replace"])
def test_a_storage_fault_ends_the_walk_and_the_next_run_goes_on(upgrade: Upgrade, method: str) -> None:
    ids = [upgrade.enrolled("anna", clips=1) for _ in range(2)]
    works = getattr(AzureStore, method)
    calls = iter([works, None])

    def fails_the_second_time(*arguments: object) -> object:
        work = next(calls)
        if work is None:
            raise StorageUnavailable("the account does not answer")
        return work(upgrade.store, *arguments)

    with patch.object(upgrade.store, method, fails_the_second_time), pytest.raises(StorageUnavailable):
        upgrade.upkeep()
    assert sorted(upgrade.version(profile_id) == NEW for profile_id in ids) == [False, True]
    assert upgrade.upkeep().re_extracted == 1


@dataclass
class Walk:
    """The command that walks all profiles, in a process of its own."""

    world: World
    root: Path

    def start(self) -> subprocess.Popen[str]:
        storage = {"SPEAKER_STORAGE_CONNECTION_STRING": self.world.through, "SPEAKER_MODEL": models.TURNED}
        return subprocess.Popen(
            [sys.executable, "-m", "tools", "upkeep"],
            cwd=self.root,
            env={**os.environ, **storage},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def output(self) -> str:
        """What it prints when nothing stops it."""
        self.world.proxy.watch()
        with self.start() as process:
            said = process.communicate()[0]
        assert process.returncode == 0, said
        return said

    def killed_at(self, point: int, *, after: bool) -> None:
        """Run it until it dies at a storage call."""
        started: list[subprocess.Popen[str]] = []

        def kill(number: int, _request: object) -> None:
            if number == point:
                started[0].kill()

        self.world.proxy.watch(**{"after" if after else "before": kill})
        with self.start() as process:
            started.append(process)
            process.communicate()
        self.world.proxy.watch()
        assert process.returncode < 0, "it was to die"


@pytest.fixture
def walk(world: World, folder: Path, tmp_path: Path) -> Walk:
    return Walk(world, models.app_with(folder, tmp_path))


def test_the_command_re_extracts_everything_and_lists_what_stays(walk: Walk, folder: Path) -> None:
    upgrade = Upgrade.on(walk.world.store(), folder)
    ids = [upgrade.enrolled("anna", clips=1) for _ in range(2)]
    upgrade.store.delete_audio(VERIFICATION, ids[0], [upgrade.stored(ids[0]).enrollments[0].id])
    said = walk.output()
    assert "re-extracting signatures: 100%" in said
    assert [line.split()[-1] for line in said.splitlines() if line.startswith("re extracted")] == ["1"]
    assert [line for line in said.splitlines() if line.startswith("stays")] == [
        f"stays with model 2026-11-22: verification-text-independent {ids[0]}"
    ]
    assert upgrade.version(ids[1]) == NEW
    for profile_id in ids:
        upgrade.before.delete(VERIFICATION, profile_id)


def test_a_kill_at_any_storage_call_leaves_the_old_signature_or_the_new_one(
    walk: Walk, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade = Upgrade.on(walk.world.store(), folder)
    profile_id = upgrade.enrolled("anna")
    old = upgrade.stored(profile_id).signature
    walk.output()
    calls = list(walk.world.proxy.calls)
    listed = [number for number, call in enumerate(calls, 1) if call == "GET /local/enrollment-audio"]
    last = next(number for number, call in enumerate(calls, 1) if call.startswith("PUT /local/SpeakerProfiles"))
    first = max(number for number in listed if number < last)  # what came before has only looked for the profiles
    new = upgrade.stored(profile_id).signature
    assert old is not None
    assert new is not None
    versions = []
    killed = [(first, False), *((point, True) for point in range(first, last + 1))]  # after one is before the next
    for point, after in killed:
        upgrade.store.replace(replace(upgrade.stored(profile_id), signature=old))
        walk.killed_at(point, after=after)
        left = upgrade.stored(profile_id)
        assert left.signature is not None
        whole = new if left.signature.model_version == NEW else old
        np.testing.assert_array_equal(mean_of(left.signature), mean_of(whole))
        assert upgrade.store.get_audio(left, left.enrollments[0].id) is not None
        assert upgrade.upkeep().re_extracted == (whole is old)
        versions.append(left.signature.model_version)
    with capsys.disabled():
        done = f"{versions.count(NEW)} were done"
        print(f"\nre-extract: killed at {len(versions)} points around {last - first + 1} storage calls; {done}")
    assert set(versions) == {old.model_version, NEW}
