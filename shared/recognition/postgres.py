"""The gallery in PostgreSQL with pgvector: for more voices than an instance has memory for.

Rows of profiles stay the truth, and the change log says what to read again, as for the gallery in memory: deleting,
freshness and naming follow the same rules. Every instance applies what the log tells before it searches; a lock a
profile lets whoever reads a later state write later. The search is exact.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any, Final, LiteralString

import certifi
import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.conninfo import conninfo_to_dict

from shared.errors import Misconfigured, StorageUnavailable
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.recognition.gallery import FRESH, PATIENCE, Look, concerns
from shared.recognition.indexed import Likeness, Voice, Way
from shared.recognition.refusals import GalleryNotReady
from shared.recognition.snapshots import spans
from shared.recognition.vectors import FEW
from shared.settings import Settings
from shared.store import Span, Store
from shared.store.changes import Change, ChangeLog, Kind, Tail
from shared.voices.families import Family
from shared.voices.records import Profile

SCOPE: Final = "https://ossrdbms-aad.database.windows.net/.default"
"""Of tokens for Azure Database for PostgreSQL."""
OF_CLOUDS: Final = {
    ".usgovcloudapi.net": "https://ossrdbms-aad.database.usgovcloudapi.net/.default",
    ".chinacloudapi.cn": "https://ossrdbms-aad.database.chinacloudapi.cn/.default",
}
"""The same of other clouds, by how their hosts end; as ``az cloud show`` tells (``ossrdbmsResourceId``)."""

type Connection = psycopg.Connection[tuple[Any, ...]]

AT_ONCE: Final = 500
"""Voices that are written in one statement."""
FORGOTTEN: Final = timedelta(minutes=55)
"""After so long without a reader the log may not reach back any more: all rows are read again."""

_SCHEMA: Final[LiteralString] = """
SELECT pg_advisory_lock(7201984);
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS speaker_voices (
    family text, mark text, id text NOT NULL, version text NOT NULL, wide text NOT NULL, narrow text NOT NULL,
    groups text[] NOT NULL, in_wide halfvec, in_narrow halfvec, PRIMARY KEY (family, mark));
CREATE INDEX IF NOT EXISTS speaker_voices_ways ON speaker_voices (family, version, wide, narrow);
CREATE INDEX IF NOT EXISTS speaker_voices_groups ON speaker_voices USING gin (groups);
CREATE TABLE IF NOT EXISTS speaker_galleries (family text PRIMARY KEY, read_until timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS speaker_filled (family text, begin int, PRIMARY KEY (family, begin));
SELECT pg_advisory_unlock(7201984);
"""
_INSERT: Final[LiteralString] = "INSERT INTO speaker_voices VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
_KEEP: Final[LiteralString] = _INSERT + "ON CONFLICT DO NOTHING"
_READ_UNTIL: Final[LiteralString] = (
    "UPDATE speaker_galleries SET read_until = greatest(read_until, %(until)s) WHERE family = %(family)s"
)
_COLUMNS: Final[dict[Band, LiteralString]] = {Band.WIDE: "in_wide", Band.NARROW: "in_narrow"}
_BEST: Final[LiteralString] = "SELECT id, -({0} <#> %(query)s::halfvec) AS cosine"
_AS_LONG: Final[LiteralString] = " AND vector_dims({0}) = %(size)s ORDER BY cosine DESC LIMIT %(count)s"
"""What is damaged may have another length, and cannot be compared."""
_OF: Final[LiteralString] = " FROM speaker_voices WHERE family = %(family)s"
_OF_GROUP: Final[LiteralString] = _OF + " AND groups @> ARRAY[%(group)s::text]"
"""A query of its own: one plan for both would go through everybody to find a few."""
_OF_WAY: Final[LiteralString] = " AND version = %(version)s AND wide = %(wide)s AND narrow = %(narrow)s"


def _present() -> datetime:
    return datetime.now(UTC)


def connecting(settings: Settings) -> Callable[[], Connection]:
    """What connects to the database of the settings: without a password in them by the managed identity.

    Raises:
        Misconfigured: they name none, or voices are to be sealed: they can only be searched in clear.
    """
    if settings.sealing != "off":
        raise Misconfigured("SPEAKER_GALLERY=postgres searches voices in clear, which SPEAKER_SEALING does not allow")
    try:
        told = conninfo_to_dict(settings.postgres)
    except psycopg.ProgrammingError as problem:
        raise Misconfigured("SPEAKER_POSTGRES is nothing that libpq reads") from problem
    if not told:
        raise Misconfigured("SPEAKER_GALLERY=postgres needs SPEAKER_POSTGRES, which names a database")
    connect = partial(psycopg.connect, settings.postgres, autocommit=True, connect_timeout=5)
    if "password" in told or str(told.get("host", "/")).startswith("/"):
        return connect
    from azure.identity import DefaultAzureCredential  # slow to import and not needed locally

    credential, scope = DefaultAzureCredential(), _scope(str(told.get("host", "")))
    # A token is for nobody else: with authorities at hand, libpq checks who signed the certificate in either mode.
    mode, authorities = str(told.get("sslmode", "require")), str(told.get("sslrootcert", certifi.where()))
    return lambda: connect(password=credential.get_token(scope).token, sslmode=mode, sslrootcert=authorities)


def _scope(host: str) -> str:
    return next((scope for ending, scope in OF_CLOUDS.items() if host.endswith(ending)), SCOPE)


@dataclass(frozen=True, eq=False)
class Searched:
    """Voices of one way, where they are."""

    gallery: "PostgresGallery"
    family: Family
    way: Way

    def count(self, group: str | None) -> int:
        """How many there are to be found, in a group by its key."""
        return self.gallery.counts(self.family, group).get(self.way, 0)

    def best(self, band: Band, query: NDArray[np.float32], count: int, group: str | None) -> Iterator[Likeness]:
        """Those most like a voice of unit length, at most so many."""
        values = {"query": _text(query), "size": query.size, "count": count, "family": self.family.name, "group": group}
        values |= {"version": self.way.version, "wide": self.way.wide, "narrow": self.way.narrow}
        asked = (_BEST + (_OF_GROUP if group else _OF) + _OF_WAY + _AS_LONG).format(_COLUMNS[band])
        found = self.gallery.ask(asked, values)
        return (Likeness(profile_id, float(cosine)) for profile_id, cosine in found)


class PostgresGallery:
    """Voices of each family in a database. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Connection],
        now: Callable[[], datetime] = _present,
        *,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Bind to a store and a database, and hear of what is written to the store."""
        self._store, self._connect, self._now, self._patience = store, connect, now, patience
        self._log = ChangeLog(store.changes, now)
        self._own, self._open = threading.local(), list[Connection]()
        self._lock = threading.Lock()
        self._tails: dict[str, Future[Tail]] = {}
        self._due: set[str] = set()
        self._counted: dict[tuple[str, str | None], dict[Way, int]] = {}
        self._reader = ThreadPoolExecutor(1, "postgres-gallery")
        store.watch(self._note)

    def look(self, family: Family) -> Look:
        """All voices of a family.

        Raises:
            GalleryNotReady: they are being written there for the first time, and that takes long.
            StorageUnavailable: they could not be read, or the database does not answer.
        """
        tail = self._tail(family)
        with self._lock:
            age = self._now() - tail.read_until
            if family.name in self._due or not timedelta() <= age < FRESH:
                self._due.discard(family.name)
                tail.take(lambda told: self._take(family, told))
                self.ask(_READ_UNTIL, {"until": tail.read_until, "family": family.name})
        ways = sorted(self.counts(family, None))
        return Look(tail.read_until, [(way, Searched(self, family, way)) for way in ways])

    def counts(self, family: Family, group: str | None) -> dict[Way, int]:
        """How many voices there are of each way, in a group by its key; counted again once something changed."""
        key = (family.name, group)
        if key not in self._counted:
            asked = "SELECT version, wide, narrow, count(*)" + (_OF_GROUP if group else _OF) + " GROUP BY 1, 2, 3"
            found = self.ask(asked, {"family": family.name, "group": group})
            self._counted[key] = {Way(version, Band(wide), Band(narrow)): n for version, wide, narrow, n in found}
        return self._counted[key]

    def ask(self, query: LiteralString, values: Any = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401  what psycopg takes
        """Rows of an answer; none where there is none."""
        with self._database() as database:
            answer = database.execute(query, values)
            return answer.fetchall() if answer.description else []

    def close(self) -> None:
        """End, once what is being read has been."""
        self._reader.shutdown()
        for connection in self._open:
            connection.close()

    @contextmanager
    def _database(self) -> Iterator[Connection]:
        """This thread's connection; whatever goes wrong with it, the next call connects again."""
        try:
            if getattr(self._own, "connection", None) is None:
                self._own.connection = self._connect()
                self._open.append(self._own.connection)
                self._own.connection.execute(_SCHEMA)
            yield self._own.connection
        except psycopg.Error as failure:
            self._drop()
            raise StorageUnavailable(f"the database of galleries: {type(failure).__name__}") from failure

    def _drop(self) -> None:
        connection, self._own.connection = getattr(self._own, "connection", None), None
        if connection is not None:
            self._open.remove(connection)
            connection.close()

    def _tail(self, family: Family) -> Tail:
        """What is not applied of the log yet, once everything before it is there."""
        with self._lock:
            begun = self._tails.get(family.name)
            if begun is None or (begun.done() and self._is_over(begun)):
                begun = self._tails[family.name] = self._reader.submit(self._filled, family)
        try:
            return begun.result(self._patience.total_seconds())
        except TimeoutError:
            raise GalleryNotReady from None

    def _is_over(self, begun: Future[Tail]) -> bool:
        return begun.exception() is not None or self._now() - begun.result().read_until >= FORGOTTEN

    def _filled(self, family: Family) -> Tail:
        """Write every voice that is not there; what is cut off goes on where it stopped."""
        named = {"family": family.name, "now": self._now(), "least": self._now() - FORGOTTEN}
        with self._database() as database, database.transaction():
            database.execute(
                "DELETE FROM speaker_galleries WHERE family = %(family)s AND read_until < %(least)s", named
            )
            fresh = database.execute(
                "INSERT INTO speaker_galleries VALUES (%(family)s, %(now)s) ON CONFLICT DO NOTHING", named
            ).rowcount
            if fresh:
                database.execute("DELETE FROM speaker_voices WHERE family = %(family)s", named)
                database.execute("DELETE FROM speaker_filled WHERE family = %(family)s", named)
        filled = {begin for (begin,) in self.ask("SELECT begin FROM speaker_filled WHERE family = %(family)s", named)}
        for span in spans(family, FEW + 1):
            if span.begin not in filled:
                self._fill(span)
        self._counted.clear()
        self._due.add(family.name)
        return Tail(
            self._log, self.ask("SELECT read_until FROM speaker_galleries WHERE family = %(family)s", named)[0][0]
        )

    def _fill(self, span: Span) -> None:
        """Write the voices of a span; one that is there already may be newer."""
        voices = filter(None, map(Voice.of, self._store.scan(span)))
        for some in batched(voices, AT_ONCE, strict=False):
            with self._database() as database, database.cursor() as cursor:
                cursor.executemany(_KEEP, [_row(span.family, voice) for voice in some])
        self.ask("INSERT INTO speaker_filled VALUES (%s, %s) ON CONFLICT DO NOTHING", (span.family.name, span.begin))

    def _take(self, family: Family, told: Sequence[Change]) -> None:
        """Write profiles that changed as they are stored now; the voice of one that has none any more goes."""
        changed = {each.mark: each.kind for each in told if concerns(each, family)}
        for marks in batched(sorted(changed), AT_ONCE, strict=False):
            with self._database() as database, database.transaction():
                for each in marks:
                    database.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (each,))
                voices = self._voices(family, [each for each in marks if changed[each] is not Kind.DELETED])
                database.execute(
                    "DELETE FROM speaker_voices WHERE family = %s AND mark = ANY(%s)", (family.name, [*marks])
                )
                with database.cursor() as cursor:
                    cursor.executemany(_INSERT, [_row(family, voice) for voice in voices])
        if changed:
            self._counted.clear()

    def _voices(self, family: Family, marks: Sequence[str]) -> list[Voice]:
        """Voices of profiles of these marks, as long as anybody knows their ids."""
        known = dict(
            self.ask(
                "SELECT mark, id FROM speaker_voices WHERE family = %s AND mark = ANY(%s)", (family.name, [*marks])
            )
        )
        ids = [known.get(each) or self._log.who(family, each) for each in marks]
        found = self._store.get_many(family, [profile_id for profile_id in ids if profile_id])
        return [voice for voice in map(Voice.of, found) if voice]

    def _note(self, profile: Profile) -> None:
        """What this instance writes counts in its next look."""
        self._due.add(profile.family.name)


def _row(family: Family, voice: Voice) -> tuple[object, ...]:
    way, texts = voice.way, {band: _text(vector) for band, vector in voice.vectors.items()}
    of_band = (texts.get(Band.WIDE), texts.get(Band.NARROW))
    return (family.name, mark(voice.id), voice.id, way.version, way.wide, way.narrow, sorted(voice.groups), *of_band)


def _text(vector: NDArray[np.floating[Any]]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(f'{value:.6g}' for value in vector.tolist())}]"
