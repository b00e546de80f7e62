"""What has to be done for long recordings from time to time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.recordings.errands import message_of
from shared.recordings.jobs import Job, Jobs
from shared.recordings.shelf import Shelf, owners
from shared.store import Store
from shared.voices.families import FAMILIES, Family

STUCK: Final = timedelta(hours=1)
"""For which a job has not gone on before its message is taken for lost, and sent again."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Forgets jobs that have expired, audio that was kept long enough, and what a crash has left; moves what is stuck.

    Every method may raise ``StorageUnavailable``; what is left is left for the next run.
    """

    store: Store
    now: Callable[[], datetime]

    @property
    def jobs(self) -> Jobs:
        """The rows of all jobs."""
        return Jobs(self.store.jobs)

    def run(self) -> None:
        """Do what is due."""
        lying = list(owners(self.store.recordings))  # before the rows: a row is there before anything lies there
        known = {job.id: job for family in FAMILIES.values() for job in self.jobs.page(family)}
        for job in known.values():
            self._look_after(job)
        for job_id in lying:
            if job_id not in known:
                self._shelf(job_id).clear()

    def forget(self, family: Family) -> int:
        """Remove every job of a family, with all that is kept of it; how many they were."""
        jobs = list(self.jobs.page(family))
        for job in jobs:
            self._forget(job)
        return len(jobs)

    def _look_after(self, job: Job) -> None:
        if job.expires <= self.now():
            self._forget(job)
        elif job.ended:
            self._shelf(job.id).clear(*job.kept(self.now()))
        elif self.now() - job.moved >= STUCK:
            self.store.queue.send(message_of(job))

    def _forget(self, job: Job) -> None:
        self.jobs.remove(job.family, job.id)
        self._shelf(job.id).clear()

    def _shelf(self, job_id: str) -> Shelf:
        return Shelf(self.store.recordings, job_id)
