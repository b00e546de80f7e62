"""A long recording as a job: what was asked, how far it has come, and how it is written as a row.

A job goes step by step: the first cuts the recording into pieces, one for each piece hears it, and the last puts
together what was heard. A step is done once its row is written; whoever comes later with the same step loses.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from shared.recordings.clustering import Bounds
from shared.recordings.shelf import AUDIO, TURNS
from shared.store.rows import Row, Rows
from shared.voices.families import FAMILIES, Family

MAX_HOURS_TO_LIVE: Final = 744
"""31 days, for which turns are kept at most."""
HOURS_TO_LIVE: Final = 24
"""For which they are kept, where nobody says."""


class Status(StrEnum):
    """How a job stands, in the words of Azure's batch transcription."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True)
class Asked:
    """What a caller wants of a recording.

    Attributes:
        profile_ids: who may speak in it.
        group_id: or who does as one of these; everybody may, where neither is named.
        channel: which one is heard, from 0; None for the mean of all.
        separate: whether each of them is one speaker's.
        content_type: what the caller says that the audio is.
        content_url: where it is fetched from; None where it came with the request, or has been fetched.
        least, most: speakers that there are.
        exclusive: whether a profile is one speaker at most.
        false_match_rate: how often, at most, a stranger gets any name; None for the service's own rate.
        hours_to_live: how long the turns are kept.
        keep_audio_hours: how long the audio is kept when they are there.
    """

    profile_ids: tuple[str, ...] = ()
    group_id: str | None = None
    channel: int | None = None
    content_type: str = ""
    content_url: str | None = None
    display_name: str | None = None
    least: int = 1
    most: int = Bounds().most
    exclusive: bool = True
    false_match_rate: float | None = None
    hours_to_live: int = HOURS_TO_LIVE
    keep_audio_hours: int = 0
    separate: bool = False

    @property
    def bounds(self) -> Bounds:
        """How many speakers there may be."""
        return Bounds(self.least, self.most)

    @property
    def fetched(self) -> Self:
        """The same, without what is needed to fetch it."""
        return replace(self, content_url=None)

    @classmethod
    def read(cls, text: str) -> Self:
        """What ``asdict`` and JSON have written."""
        told = json.loads(text)
        return cls(**{**told, "profile_ids": tuple(told["profile_ids"])})


@dataclass(frozen=True)
class Problem:
    """Why a job has failed, in the contract's words."""

    code: str
    message: str


GONE: Final = Problem("RecordingGone", "The recording did not arrive as a whole. Send it again.")
GIVEN_UP: Final = Problem("RecordingGivenUp", "The recording could not be worked on. Send it again.")
"""A step of it failed as often as it is tried."""


@dataclass(frozen=True)
class Job:
    """A long recording on its way.

    Attributes:
        moved: when it last went on.
        step: what is done next, from 0.
        pieces: into how many the recording was cut, channel by channel; None before it was.
        samples: of the recording, at 16 kHz; None before it was cut.
        channels: that are heard each by itself.
    """

    family: Family
    id: str
    asked: Asked
    created: datetime
    moved: datetime
    step: int = 0
    pieces: int | None = None
    samples: int | None = None
    status: Status = Status.NOT_STARTED
    problem: Problem | None = None
    etag: str | None = None
    channels: int = 1

    @property
    def ended(self) -> bool:
        """Whether nothing more is done."""
        return self.status in (Status.SUCCEEDED, Status.FAILED)

    @property
    def expires(self) -> datetime:
        """When nothing of it is left."""
        return self.moved + timedelta(hours=self.asked.hours_to_live)

    def kept(self, now: datetime) -> tuple[str, ...]:
        """How names begin of what is kept of a job that has ended."""
        if self.status is Status.FAILED:
            return ()
        keeps_audio = self.moved + timedelta(hours=self.asked.keep_audio_hours) > now
        return (TURNS, AUDIO) if keeps_audio else (TURNS,)

    @property
    def percent(self) -> int:
        """How much of it is done."""
        if self.status is Status.SUCCEEDED:
            return 100
        return 0 if self.pieces is None else 100 * self.step // (self.pieces + 2)

    def pieces_of(self, channel: int) -> range:
        """Numbers of the pieces of a channel, once there are any."""
        each = (self.pieces or 0) // self.channels
        return range(channel * each, (channel + 1) * each)

    def cut(self, pieces: int, samples: int, channels: int = 1) -> "Job":
        """After the recording was cut."""
        asked, running = self.asked.fetched, Status.RUNNING
        return replace(self, asked=asked, step=1, pieces=pieces, samples=samples, channels=channels, status=running)

    def next(self) -> "Job":
        """After a piece was heard."""
        return replace(self, step=self.step + 1)

    def succeeded(self) -> "Job":
        """With its turns there."""
        return replace(self, status=Status.SUCCEEDED)

    def failed(self, why: Problem) -> "Job":
        """For good."""
        return replace(self, asked=self.asked.fetched, status=Status.FAILED, problem=why)


@dataclass(frozen=True, eq=False)
class Jobs:
    """The rows of all jobs. Every method may raise ``StorageUnavailable``."""

    rows: Rows

    def get(self, family: Family, job_id: str) -> Job | None:
        """The job, or None."""
        row = self.rows.read(family.name, job_id)
        return _job(row) if row else None

    def page(self, family: Family, *, after: str = "", size: int | None = None) -> Iterator[Job]:
        """Jobs whose ids follow ``after``, ascending; at most ``size``."""
        return map(_job, self.rows.page(family.name, after=after, size=size))

    def insert(self, job: Job) -> Job:
        """Write a new job; returns it with its etag."""
        return replace(job, etag=self.rows.insert(_row(job)).etag)

    def replace(self, job: Job) -> Job:
        """Write a job over the state that its etag names; returns it with its new etag.

        Raises:
            Conflict: it has gone on since, or is gone.
        """
        return replace(job, etag=self.rows.replace(_row(job)).etag)

    def remove(self, family: Family, job_id: str) -> None:
        """Remove a job, if it is there."""
        self.rows.remove(family.name, job_id)


def _row(job: Job) -> Row:
    values: dict[str, Any] = {
        "Asked": json.dumps(asdict(job.asked)),
        "Created": job.created,
        "Moved": job.moved,
        "Step": job.step,
        "Pieces": job.pieces,
        "Samples": job.samples,
        "Channels": job.channels,
        "Status": job.status.value,
        "Code": job.problem and job.problem.code,
        "Message": job.problem and job.problem.message,
    }
    there = {name: value for name, value in values.items() if value is not None}
    return Row(job.family.name, job.id, there, job.etag)


def _job(row: Row) -> Job:
    told = row.values
    problem = Problem(told["Code"], told["Message"]) if "Code" in told else None
    return Job(
        FAMILIES[row.partition],
        row.name,
        Asked.read(told["Asked"]),
        told["Created"],
        told["Moved"],
        told["Step"],
        told.get("Pieces"),
        told.get("Samples"),
        Status(told["Status"]),
        problem,
        row.etag,
        told.get("Channels", 1),
    )
