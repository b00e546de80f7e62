"""Challenges: what a speaker was asked to say, in a row of the profile's own, for a short while and one attempt."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.errors import Conflict
from shared.store import Store
from shared.store.entities import partition_of
from shared.store.rows import Row
from shared.voices.challenge import Challenge
from shared.voices.families import Family
from shared.voices.refusals import ChallengeOver

VALID: Final = timedelta(minutes=2)


@dataclass(frozen=True, eq=False)
class Challenges:
    """The challenges of all profiles: each has one at most. Every method may raise ``StorageUnavailable``."""

    store: Store
    now: Callable[[], datetime]

    def ask(self, family: Family, profile_id: str, phrase: str) -> Challenge:
        """A challenge, in place of an earlier one."""
        challenge = Challenge(secrets.token_urlsafe(24), phrase, self.now() + VALID)
        values = {"Token": _digest(challenge.token), "Phrase": phrase, "Expires": challenge.expires}
        self.store.trials.put(Row(partition_of(family, profile_id), _name(profile_id), values))
        return challenge

    def find(self, family: Family, profile_id: str, token: str) -> Row:
        """The row of a challenge that may be answered.

        Raises:
            ChallengeOver: there is none of that token.
        """
        row = self.store.trials.read(partition_of(family, profile_id), _name(profile_id))
        known = row.values if row else {}
        if row is None or known.get("Token") != _digest(token) or self.now() >= known["Expires"]:
            raise ChallengeOver(VALID.seconds // 60)
        return row

    def spend(self, asked: Row) -> None:
        """Let nobody answer a challenge again.

        Raises:
            ChallengeOver: others were faster.
        """
        try:
            self.store.trials.replace(replace(asked, values={}))
        except Conflict as lost:
            raise ChallengeOver(VALID.seconds // 60) from lost


def _name(profile_id: str) -> str:
    return f"{profile_id}:challenge"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
