"""The gallery in memory and the one in PostgreSQL follow the same rules: of deleting, of freshness, and of naming."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace

import certifi
import psycopg
import pytest

from shared.errors import Misconfigured, StorageUnavailable
from shared.listening.views import Band
from shared.profiles.changes import change, write
from shared.recognition.compaction import KEPT, SURE, Compaction
from shared.recognition.gallery import FRESH, PATIENCE, AnyGallery, Gallery
from shared.recognition.postgres import FORGOTTEN, SCOPE, PostgresGallery, connecting
from shared.recognition.refusals import GalleryNotReady
from shared.service import Service
from shared.settings import Settings
from shared.store import Span
from shared.store.changes import ChangeLog, Kind
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, Family
from shared.voices.records import Profile
from tests.clock import Clock
from tests.databases import postgres
from tests.domain import Domain
from tests.galleries import ANYBODY, NOW, elsewhere, enrolled, grown, names, vector
from tests.signatures import both, wide

pytestmark = pytest.mark.slow

type Engine = Callable[[MemoryStore, Clock], AnyGallery]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as uri:
        yield uri


@pytest.fixture
def database(server: str) -> str:
    """A database without voices."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS speaker_voices, speaker_galleries, speaker_filled")
    return server


@pytest.fixture(params=["memory", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "memory":
        return Gallery
    begun: Begun = request.getfixturevalue("begun")
    return begun


type Begun = Callable[..., PostgresGallery]


@pytest.fixture
def begun(database: str) -> Iterator[Begun]:
    """Begins galleries in a database, and closes them at the end."""
    with ExitStack() as until_the_end:

        def begin(store: MemoryStore, clock: Clock, *uris: str, patience: timedelta = PATIENCE) -> PostgresGallery:
            others = iter(uris)
            gallery = PostgresGallery(
                store, lambda: psycopg.connect(next(others, database), autocommit=True), clock, patience=patience
            )
            until_the_end.callback(gallery.close)
            return gallery

        yield begin


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_own_changes_count_at_once(store: MemoryStore, clock: Clock, engine: Engine) -> None:
    gallery = engine(store, clock)
    assert names(gallery) == set()
    one, two = enrolled(store), enrolled(store, "staff")
    assert (names(gallery), names(gallery, "staff")) == ({one.id, two.id}, {two.id})
    change(store, IDENTIFICATION, two.id, lambda profile: profile.leaving("staff"))
    assert names(gallery, "staff") == set()
    Domain.on(store, object(), clock).delete(IDENTIFICATION, one.id)
    assert names(gallery) == {two.id}


def test_changes_of_others_count_a_second_later(store: MemoryStore, clock: Clock, engine: Engine) -> None:
    other = engine(elsewhere(store), clock)
    assert names(other) == set()
    one, two = enrolled(store), enrolled(store, "staff")
    clock.ahead += FRESH
    assert (names(other), names(other, "staff")) == ({one.id, two.id}, {two.id})
    Domain.on(store, object(), clock).delete(IDENTIFICATION, one.id)
    change(store, IDENTIFICATION, two.id, lambda profile: profile.reset(NOW))
    clock.ahead += FRESH
    assert names(other) == set()


def test_a_cold_instance_finds_what_is_stored(store: MemoryStore, clock: Clock, engine: Engine) -> None:
    kept, gone = enrolled(store, "staff"), enrolled(store)
    assert names(engine(elsewhere(store), clock)) == {kept.id, gone.id}
    Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
    late = enrolled(store)
    cold = engine(elsewhere(store), clock)
    assert (names(cold), names(cold, "staff")) == ({kept.id, late.id}, {kept.id})


def test_a_re_extracted_signature_replaces_the_older_one(store: MemoryStore, clock: Clock, engine: Engine) -> None:
    profile, other = enrolled(store), engine(elsewhere(store), clock)
    assert len(names(other)) == 1
    write(store, profile.with_signature(wide(vector(), 25, "v2"), [Band.WIDE]), Kind.RE_EXTRACTED)
    clock.ahead += FRESH
    (way,) = [way for way, voices in other.look(IDENTIFICATION).parts if voices.count(None)]
    assert (way.version, way.wide, way.narrow) == ("v2", Band.WIDE, Band.WIDE)


def test_a_voice_of_another_length_is_damaged_it_is_not_found_and_hides_nobody(
    store: MemoryStore, clock: Clock, engine: Engine
) -> None:
    damaged, gallery = enrolled(store), engine(store, clock)
    short = damaged.with_signature(both(vector()[:8], vector()[:8], 25, "v1"), [Band.WIDE])
    write(store, short, Kind.RE_EXTRACTED)
    assert _found(gallery) == set()
    others = {enrolled(store).id for _ in range(3)}
    assert _found(gallery) == _found(engine(elsewhere(store), clock)) == others


def _found(gallery: AnyGallery) -> set[str]:
    parts = gallery.look(IDENTIFICATION).parts
    return {each.profile_id for _, voices in parts for each in voices.best(Band.WIDE, ANYBODY, 99, None)}


def test_the_timer_speaks_for_who_was_cut_off_and_lets_go_of_the_log(
    store: MemoryStore, clock: Clock, engine: Engine
) -> None:
    other = engine(elsewhere(store), clock)
    assert names(other) == set()
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", NOW))
    ChangeLog(store.changes, clock).expect(IDENTIFICATION, profile.id)
    store.replace(grown(profile))
    clock.ahead += SURE + FRESH
    Compaction(elsewhere(store), engine(elsewhere(store), clock), clock).run()
    clock.ahead += FRESH
    assert names(other) == {profile.id}
    clock.ahead += KEPT
    Compaction(elsewhere(store), engine(elsewhere(store), clock), clock).run()
    clock.ahead += KEPT
    Compaction(elsewhere(store), engine(elsewhere(store), clock), clock).run()
    assert list(store.changes.since("")) == []
    assert names(engine(elsewhere(store), clock)) == {profile.id}


def test_who_was_away_for_longer_than_the_log_reaches_back_begins_anew(
    store: MemoryStore, clock: Clock, engine: Engine
) -> None:
    one, other = enrolled(store), engine(elsewhere(store), clock)
    assert names(other) == {one.id}
    store.remove(one)
    two = enrolled(store)
    clock.ahead += FORGOTTEN + FRESH
    ChangeLog(store.changes).drop_before(clock())
    assert names(other) == {two.id}


def test_a_database_that_does_not_answer_is_unavailable_storage_and_then_asked_again(
    store: MemoryStore, clock: Clock, begun: Begun
) -> None:
    one, nowhere = enrolled(store), "postgresql://127.0.0.1:9/none"
    gallery = begun(store, clock, nowhere, nowhere)
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            gallery.look(IDENTIFICATION)
    assert names(gallery) == {one.id}


def test_what_was_cut_off_while_it_was_filled_goes_on(store: MemoryStore, clock: Clock, begun: Begun) -> None:
    everybody = {enrolled(store).id for _ in range(40)}
    scan, asked = store.scan, 0

    def breaking(of: Family | Span | None = None) -> Iterator[Profile]:
        nonlocal asked
        asked += 1
        if asked == 9:
            raise StorageUnavailable("away")
        return scan(of)

    store.scan = breaking  # type: ignore[method-assign]
    gallery = begun(store, clock)
    with pytest.raises(StorageUnavailable):
        gallery.look(IDENTIFICATION)
    assert names(gallery) == everybody
    assert asked == 17, "eight, the broken one, and eight again"


def test_who_comes_while_it_is_filled_for_long_is_told_to_come_again(
    store: MemoryStore, clock: Clock, begun: Begun
) -> None:
    one = enrolled(store)
    gallery = begun(store, clock, patience=timedelta(0))
    with pytest.raises(GalleryNotReady):
        gallery.look(IDENTIFICATION)
    gallery._tails[IDENTIFICATION.name].result(30)
    assert names(gallery) == {one.id}


def _opened(database: str, **settings: str) -> Service:
    named = {f"SPEAKER_{name.upper()}": value for name, value in settings.items()}
    return Service({"SPEAKER_GALLERY": "postgres", "SPEAKER_POSTGRES": database, **named}, store=MemoryStore())


def test_the_settings_choose_the_database(database: str) -> None:
    gallery = _opened(database).gallery
    assert isinstance(gallery, PostgresGallery)
    one = enrolled(gallery._store)  # type: ignore[arg-type]
    assert names(gallery) == {one.id}
    gallery.close()


@pytest.mark.parametrize(
    ("database", "settings", "problem"),
    [
        ("", {}, "SPEAKER_POSTGRES, which names"),
        ("what is this", {}, "nothing that libpq reads"),
        ("host=here", {"sealing": "local", "sealing_key": "A" * 43 + "="}, "SPEAKER_SEALING"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(database: str, settings: dict[str, str], problem: str) -> None:
    with pytest.raises(Misconfigured, match=problem):
        _ = _opened(database, **settings).gallery


def test_without_psycopg_the_operator_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shared.recognition.postgres", None)
    with pytest.raises(Misconfigured, match=r"requirements-postgres\.in"):
        _ = _opened("host=here").gallery


def test_without_a_password_the_identity_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, object]] = []
    credential = SimpleNamespace(get_token=lambda scope: SimpleNamespace(token=f"token for {scope}"))
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda: credential)
    monkeypatch.setattr(psycopg, "connect", lambda _, **named: given.append(named))
    settings = {"SPEAKER_GALLERY": "postgres", "SPEAKER_POSTGRES": "host=db.example dbname=voices user=app"}
    connecting(Settings.read(settings))()
    assert (given[0]["password"], given[0]["sslmode"]) == (f"token for {SCOPE}", "require")
    connecting(Settings.read({**settings, "SPEAKER_POSTGRES": "host=db.example password=x"}))()
    assert "password" not in given[1]


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("x.postgres.database.azure.com", "https://ossrdbms-aad.database.windows.net/.default"),
        ("x.postgres.database.usgovcloudapi.net", "https://ossrdbms-aad.database.usgovcloudapi.net/.default"),
        ("x.postgres.database.chinacloudapi.cn", "https://ossrdbms-aad.database.chinacloudapi.cn/.default"),
    ],
)
def test_a_token_of_the_hosts_cloud_goes_only_to_a_server_whose_certificate_is_checked(
    monkeypatch: pytest.MonkeyPatch, host: str, scope: str
) -> None:
    given: list[dict[str, object]] = []
    credential = SimpleNamespace(get_token=lambda scope: SimpleNamespace(token=f"token for {scope}"))
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda: credential)
    monkeypatch.setattr(psycopg, "connect", lambda _, **named: given.append(named))
    told = f"host={host} user=app sslmode=verify-full"
    connecting(Settings.read({"SPEAKER_GALLERY": "postgres", "SPEAKER_POSTGRES": told}))()
    assert (given[0]["password"], given[0]["sslmode"]) == (f"token for {scope}", "verify-full")
    assert given[0]["sslrootcert"] == certifi.where()
