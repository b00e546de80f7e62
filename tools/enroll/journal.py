"""What was done with whom, line by line in a file: from it a run goes on that was cut off, and later ones begin.

The first line of a run names it. From its name come the ids under which requests are sent, so that the service knows a
request that is sent again. A line is written once what it says is done; one that was cut off in the middle is left out.
"""

import json
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tools.recordings import UnusableInput

ENROLLED: Final = "enrolled"
INCOMPLETE: Final = "incomplete"
REFUSED: Final = "refused"
SKIPPED: Final = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What came of somebody.

    Attributes:
        outcome: one of the words above.
        why: what was refused, and what is missing, in words of the service.
        duplicates: other profiles of the same person, where they were looked for.
    """

    person: str
    outcome: str
    profile_id: str = ""
    enrollments: int = 0
    speech_sec: float = 0.0
    why: str = ""
    duplicates: str = ""


class Journal:
    """A file of lines; safe to use from several threads.

    Attributes:
        run: names the run that goes on, or begins.
        done: what this run has done.
        before: what earlier runs have done with others.
    """

    def __init__(self, file: Path, place: str) -> None:
        """Read what a file says of a service's family; where the last run has ended, or there is none, begin one.

        Raises:
            UnusableInput: the file is none of these, or of another service.
        """
        self._file, self._place = file, place
        self._lock = threading.Lock()
        self._blank: set[str] = set()
        self.before: dict[str, Outcome] = {}
        self.done: dict[str, Outcome] = {}
        self.run: uuid.UUID | None = None
        for line in self._lines():
            self._follow(line)
        if self.run is None:
            self.run = uuid.uuid4()
            self._append({"run": str(self.run), "of": place})

    def request_id(self, *parts: object) -> str:
        """The id of a request of this run, the same each time."""
        return str(uuid.uuid5(self.run or uuid.UUID(int=0), json.dumps([str(part) for part in parts])))

    def is_blank(self, person: str) -> bool:
        """Whether this run has emptied somebody's profile."""
        return person in self._blank

    def emptied(self, person: str) -> None:
        """Somebody's profile is empty now."""
        self._append({"emptied": person})

    def ended(self, outcome: Outcome) -> None:
        """Nothing is left to do with somebody."""
        self._append(asdict(outcome))
        self.done[outcome.person] = outcome

    def close(self) -> None:
        """The run is over."""
        self._append({"ended": str(self.run)})

    def _follow(self, line: Mapping[str, Any]) -> None:
        match line:
            case {"run": str(run), "of": str(place)}:
                if place != self._place:
                    raise UnusableInput(f"{self._file} is of {place}, not of {self._place}")
                self.run = uuid.UUID(run)
            case {"emptied": str(person)}:
                self._blank.add(person)
            case {"ended": _}:
                self.before |= self.done
                self.run, self.done, self._blank = None, {}, set()
            case _:
                self.done[line["person"]] = Outcome(**line)

    def _lines(self) -> Iterator[dict[str, Any]]:
        """The whole lines; what was cut off after them is removed."""
        text = self._file.read_bytes() if self._file.exists() else b""
        whole, _, torn = text.rpartition(b"\n")
        if torn:
            os.truncate(self._file, len(text) - len(torn))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                yield json.loads(line)
            except ValueError:
                raise UnusableInput(f"{self._file}:{number} is no line of a run") from None

    def _append(self, line: Mapping[str, Any]) -> None:
        self._file.touch(mode=0o600)
        with self._lock, self._file.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
