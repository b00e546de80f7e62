"""Somebody is enrolled, from the first request to the last, exactly once however often that is begun."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tools.client import Client
from tools.enroll.journal import ENROLLED, INCOMPLETE, REFUSED, SKIPPED, Journal, Outcome
from tools.enroll.people import Person
from tools.enroll.waiting import Patience, Refused, Stopped

SKIP: Final = "skip"
OVERWRITE: Final = "overwrite"
REPORT: Final = "report"
FAIL: Final = "fail"
DUPLICATES: Final = {REPORT: "report", FAIL: "refuse"}
"""What is wished, and how the service calls it."""

_GONE: Final = 404
_BETWEEN: Final = " | "


@dataclass(frozen=True)
class Enroller:
    """Enrolls people; safe to use from several threads, each of which has a connection of its own.

    Attributes:
        client: whose place and key the connections have.
        existing: what is done with those whom an earlier run has enrolled.
        duplicates: what is done with those who have another profile already; None does not look.
    """

    client: Client
    journal: Journal
    existing: str = SKIP
    duplicates: str | None = None
    patience: Patience = field(default_factory=Patience)
    _own: threading.local = field(default_factory=threading.local)

    def enroll(self, person: Person) -> Outcome:
        """What came of somebody; it stands in the journal by then.

        Raises:
            Stopped: nobody else would be enrolled either.
        """
        known = self.journal.before.get(person.id)
        if known and self.existing == SKIP and known.outcome in (ENROLLED, SKIPPED):
            outcome = replace(known, outcome=SKIPPED)
        else:
            outcome = self._enrolled(person, known.profile_id if known else "")
        self.journal.ended(outcome)
        return outcome

    def _enrolled(self, person: Person, profile_id: str) -> Outcome:
        clips, refusals = _read(person)
        if not clips:
            return Outcome(person.id, REFUSED, profile_id, why=_BETWEEN.join(refusals))
        try:
            profile_id = self._blank(person, profile_id)
        except Refused as refused:
            return Outcome(person.id, REFUSED, profile_id, why=str(refused))
        answer: dict[str, Any] = {}
        for name, clip in clips.items():
            try:
                answer = self._sent(person, profile_id, name, clip)
            except Refused as refused:
                refusals.append(f"{name}: {refused}")
        return _outcome(person, profile_id, answer, refusals)

    def _blank(self, person: Person, profile_id: str) -> str:
        """Somebody's empty profile: one that there was, emptied once, or a new one."""
        if profile_id and not self.journal.is_blank(person.id):
            try:
                self.patience.ask(lambda: self._client.reset(profile_id))
                self._note_consent(person, profile_id)
                self.journal.emptied(person.id)
            except Refused as refused:
                if refused.status != _GONE:
                    raise
                profile_id = ""
        if profile_id:
            return profile_id
        consent = {"consent": person.consent} if person.consent else {}
        request_id = self.journal.request_id(person.id)
        made = self.patience.ask(lambda: self._client.make(person.locale, request_id, **consent))
        return str(made["profileId"])

    def _note_consent(self, person: Person, profile_id: str) -> None:
        consent = person.consent
        if consent:
            self.patience.ask(lambda: self._client.consent(profile_id, consent))

    def _sent(self, person: Person, profile_id: str, name: str, clip: bytes) -> dict[str, Any]:
        request_id = self.journal.request_id(person.id, name)
        options = {"duplicates": DUPLICATES[self.duplicates]} if self.duplicates else {}
        answer = self.patience.ask(lambda: self._client.enroll(profile_id, clip, request_id, **options))
        if self.duplicates and "duplicates" not in answer.get("details", {}):
            raise Stopped("the service does not look for duplicates of who is enrolled: it is older than this command")
        return answer

    @property
    def _client(self) -> Client:
        """This thread's."""
        if not hasattr(self._own, "client"):
            self._own.client = self.client.of_its_own()
        own: Client = self._own.client
        return own


def _read(person: Person) -> tuple[dict[str, bytes], list[str]]:
    """Somebody's recordings by name, and what could not be read."""
    clips: dict[str, bytes] = {}
    refusals: list[str] = []
    for number, file in enumerate(person.files, 1):
        try:
            clips[f"{number} ({file.name})"] = file.read_bytes()
        except OSError as problem:
            refusals.append(f"{number} ({file.name}): cannot be read: {problem.strerror}")
    return clips, refusals


def _outcome(person: Person, profile_id: str, answer: dict[str, Any], refusals: list[str]) -> Outcome:
    """What the last answer comes to."""
    if not answer:
        return Outcome(person.id, REFUSED, profile_id, why=_BETWEEN.join(refusals))
    enrolled = answer["enrollmentStatus"] == "Enrolled"
    return Outcome(
        person.id,
        ENROLLED if enrolled else INCOMPLETE,
        profile_id,
        answer["enrollmentsCount"],
        answer["enrollmentsSpeechLengthInSec"],
        _BETWEEN.join([*refusals, *([] if enrolled else [_missing(answer)])]),
        " ".join(match["profileId"] for match in answer.get("details", {}).get("duplicates") or ()),
    )


def _missing(answer: dict[str, Any]) -> str:
    clips = answer.get("remainingEnrollmentsCount")
    return f"{clips} more needed" if clips else f"{answer['remainingEnrollmentsSpeechLengthInSec']:.1f} s more needed"
