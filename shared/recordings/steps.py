"""The steps of a job, each started by a message, each done once.

A message names a job and a step. Whoever has done the step writes the job's row over the state in which he read it,
and sends the message of the next. Killed before that, the step is done again when its message comes back; killed after
it, the message that comes back sends the next one. Who was slower than another, or finds the job gone, writes nothing,
and leaves nothing behind.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import Conflict, Fault, SpeakerError
from shared.listening.containers import SAMPLE_RATE, check_each
from shared.listening.declared import Recording
from shared.listening.limits import ClipLimits
from shared.listening.long import Length, of_flac, split, to_flac
from shared.listening.segments import STEP
from shared.listening.sides import without_leak
from shared.observing.trace import stage
from shared.recordings.conversations import Among, Conversations, Matching
from shared.recordings.diarizer import PIECE, apart, together
from shared.recordings.errands import Errand, message_of
from shared.recordings.fetching import FetchError
from shared.recordings.jobs import GIVEN_UP, GONE, Job, Jobs, Problem
from shared.recordings.shelf import SOURCE, TURNS, GoneError, Shelf, audio, heard
from shared.recordings.written import heard_of_bytes, heard_to_bytes, told_to_bytes
from shared.store import Store

LIMITS: Final = ClipLimits(min_sec=1, max_sec=4 * 3600, min_speech_sec=0, min_snr_db=0)
"""Of a recording."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Does what messages say.

    Attributes:
        fetch: gives what is at an address.
        piece: samples of a piece.
        any_format: as in ``decode``.
    """

    store: Store
    conversations: Conversations
    now: Callable[[], datetime]
    fetch: Callable[[str], bytes]
    any_format: bool = True
    piece: int = PIECE

    @property
    def jobs(self) -> Jobs:
        """The rows of all jobs."""
        return Jobs(self.store.jobs)

    def take(self, message: str, *, again: bool) -> None:
        """Do the step that a message names.

        Args:
            again: the message has come before.

        Raises:
            Fault: it could not be done, and may be when it is tried again.
        """
        errand = Errand.read(message)
        job = self._job(errand)
        if errand is None or job is None:
            return
        if job.ended:
            self._tidy(job)
        elif errand.step < job.step:  # somebody has done it, and may have died before he said so
            if again:
                self.store.queue.send(message_of(job))
        else:
            self._settle(self._after(job))

    def give_up(self, message: str) -> None:
        """Let the job fail of which a message was tried as often as it is."""
        job = self._job(Errand.read(message))
        if job and not job.ended:
            self._settle(job.failed(GIVEN_UP))

    def _job(self, errand: Errand | None) -> Job | None:
        """The job, if it is still there; else nothing of it is left."""
        if errand is None:
            return None
        job = self.jobs.get(errand.family, errand.job)
        if job is None or job.expires <= self.now():
            Shelf(self.store.recordings, errand.job).clear()
            return None
        return job

    def _settle(self, job: Job) -> None:
        """Write how far a job has come, and say what is next.

        Who was slower than another leaves nothing of what nobody wants any more. Who finds what he wanted to write was
        not slower: the answer to his first try was lost.
        """
        wanted = replace(job, moved=self.now())
        with suppress(Conflict):
            self.jobs.replace(wanted)
        there = self.jobs.get(job.family, job.id)
        if there is None:
            self._shelf(job).clear()
        elif there.ended:
            self._tidy(there)
        elif replace(there, etag=wanted.etag) == wanted:
            self.store.queue.send(message_of(there))

    def _after(self, job: Job) -> Job:
        """A job after its next step; it has failed where the recording, or what was asked, is at fault."""
        try:
            return self._cut(job) if job.pieces is None else self._heard(job, job.pieces)
        except GoneError:
            return job.failed(GONE)
        except FetchError as why:
            return job.failed(Problem("RecordingNotFetched", f"The recording could not be fetched: {why}."))
        except SpeakerError as refused:
            if isinstance(refused, Fault):
                raise
            return job.failed(Problem(refused.code, refused.told))

    def _cut(self, job: Job) -> Job:
        shelf, url = self._shelf(job), job.asked.content_url
        recording = Recording(self.fetch(url) if url else shelf.take(SOURCE), job.asked.content_type, job.asked.channel)
        if not job.asked.separate:
            found = self._split(shelf, recording)
            return job.cut(self._pieces(found), found.samples)
        found = self._split(shelf, replace(recording, channel=0))
        check_each(found.channels)
        for channel in range(1, found.channels):
            self._split(shelf, replace(recording, channel=channel), channel * self._pieces(found))
        return job.cut(found.channels * self._pieces(found), found.samples, found.channels)

    def _split(self, shelf: Shelf, recording: Recording, first: int = 0) -> Length:
        def keep(number: int, samples: NDArray[np.float32]) -> None:
            shelf.put(audio(first + number), to_flac(samples))

        with stage("decode"):
            found = split(recording, self.piece, keep, max_sec=LIMITS.max_sec, any_format=self.any_format)
        LIMITS.check_length(found.samples / SAMPLE_RATE)
        return found

    def _pieces(self, found: Length) -> int:
        return -(-found.samples // self.piece)

    def _heard(self, job: Job, pieces: int) -> Job:
        return self._hear(job) if job.step <= pieces else self._put_together(job)

    def _hear(self, job: Job) -> Job:
        shelf, number = self._shelf(job), job.step - 1
        channel, piece = divmod(number, len(job.pieces_of(0)))
        others = [job.pieces_of(other)[piece] for other in range(job.channels) if other != channel]
        own, *louder = (of_flac(shelf.take(audio(each))) for each in (number, *others))
        found = self.conversations.diarizer.hear(without_leak(own, *louder), piece * self.piece // STEP)
        shelf.put(heard(number), heard_to_bytes(found))
        return job.next()

    def _put_together(self, job: Job) -> Job:
        shelf, asked = self._shelf(job), job.asked
        channels = [
            [heard_of_bytes(shelf.take(heard(number))) for number in job.pieces_of(channel)]
            for channel in range(job.channels)
        ]
        found = apart(channels) if asked.separate else together(channels[0], asked.bounds)
        among, matching = Among(asked.profile_ids, asked.group_id), Matching(asked.exclusive, asked.false_match_rate)
        told = self.conversations.told(job.family, among, found, matching)
        shelf.put(TURNS, told_to_bytes(told))
        return job.succeeded()

    def _tidy(self, job: Job) -> None:
        self._shelf(job).clear(*job.kept(self.now()))

    def _shelf(self, job: Job) -> Shelf:
        return Shelf(self.store.recordings, job.id)
