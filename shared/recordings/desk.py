"""Where long recordings are handed in, asked for, and taken back."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.recordings.conversations import Among, Conversations, Told
from shared.recordings.diarizer import PIECE
from shared.recordings.errands import message_of
from shared.recordings.jobs import Asked, Job, Jobs
from shared.recordings.refusals import NeverTold, NotTold, UnknownRecording, UnknownSpeaker
from shared.recordings.shelf import SOURCE, TURNS, Shelf
from shared.recordings.speaking import Pieces
from shared.recordings.written import told_of_bytes
from shared.store import Store
from shared.voices.families import Family

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of a recording that comes with its request: an hour of Opus in high quality."""


@dataclass(frozen=True)
class Page:
    """Jobs in id order, and the id after which more follow, if any do."""

    jobs: list[Job]
    last: str | None


@dataclass(frozen=True, eq=False)
class Desk:
    """Every method may raise ``StorageUnavailable``.

    Attributes:
        check_url: refuses addresses from which nothing is fetched.
        piece: samples of a piece.
    """

    store: Store
    conversations: Conversations
    now: Callable[[], datetime]
    check_url: Callable[[str], None]
    piece: int = PIECE

    @property
    def jobs(self) -> Jobs:
        """The rows of all jobs."""
        return Jobs(self.store.jobs)

    def hand_in(self, family: Family, asked: Asked, body: bytes) -> Job:
        """Take a recording, or the address of one, of which turns are there later.

        The row comes first, so that nothing lies in storage that no row names; it is worked on when the message is
        there. A recording that never came as a whole fails within hours.

        Raises:
            TooManyCandidates, UnknownProfile, NotEnrolled, UnknownGroup: the candidates are none.
            BadRecording: nothing is fetched from such an address.
        """
        if asked.content_url is not None:
            self.check_url(asked.content_url)
        self.conversations.check(family, Among(asked.profile_ids, asked.group_id))
        now = self.now()
        job = self.jobs.insert(Job(family, str(uuid.uuid4()), asked, created=now, moved=now))
        if asked.content_url is None:
            self._shelf(job.id).put(SOURCE, body)
        self.store.queue.send(message_of(job))
        return job

    def get(self, family: Family, job_id: str) -> Job:
        """A job.

        Raises:
            UnknownRecording: there is none, or it has expired.
        """
        job = self.jobs.get(family, job_id)
        if job is None or job.expires <= self.now():
            raise UnknownRecording
        return job

    def page(self, family: Family, *, after: str, size: int) -> Page:
        """At most ``size`` jobs whose ids follow ``after``; fewer where some have expired."""
        found = list(self.jobs.page(family, after=after, size=size + 1))
        there = [job for job in found[:size] if job.expires > self.now()]
        return Page(there, found[size - 1].id if len(found) > size else None)

    def turns(self, family: Family, job_id: str) -> Told:
        """Who spoke when.

        Raises:
            UnknownRecording: there is no such job, or it has expired.
            NotTold: it has not ended.
            NeverTold: it has failed.
        """
        job = self.get(family, job_id)
        if job.problem:
            raise NeverTold(job.problem.message)
        written = self._shelf(job_id).get(TURNS) if job.ended else None
        if written is None:
            raise NotTold(job.status.value)
        return told_of_bytes(written)

    def said(self, family: Family, job_id: str, speaker: int) -> bytes:
        """What a speaker says alone, as long as one clip may be, while the audio is kept: a FLAC file.

        Raises:
            UnknownRecording, NotTold, NeverTold: as ``turns`` does.
            UnknownSpeaker: nobody in it has the number.
            AudioNotKept: the recording is not there (any more).
        """
        told = self.turns(family, job_id)
        if speaker not in range(1, len(told.speakers) + 1):
            raise UnknownSpeaker(len(told.speakers))
        turns = [turn for turn in told.diarized.turns if turn.speaker == speaker]
        channel = told.speakers[speaker - 1].voice.channel or 0
        first = self.get(family, job_id).pieces_of(channel).start
        from shared.listening.long import to_flac  # and with it libsndfile

        return to_flac(Pieces(self._shelf(job_id), self.piece, first).said(turns, family.enrolling.max_sec))

    def delete(self, family: Family, job_id: str) -> None:
        """Stop a job, if it is there, and forget it: for every reader with the first write."""
        self.jobs.remove(family, job_id)
        self._shelf(job_id).clear()

    def _shelf(self, job_id: str) -> Shelf:
        return Shelf(self.store.recordings, job_id)
