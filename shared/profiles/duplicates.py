"""Other profiles of the same person, which whoever enrolls may want to hear of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.profiles.refusals import SamePerson
from shared.voices.records import Profile


class Match(Protocol):
    """A profile that is the same person, and how sure that is."""

    @property
    def profile_id(self) -> str:
        """Its id."""

    @property
    def score(self) -> float:
        """The wire score."""


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What is done about them.

    Attributes:
        find: those of a profile, from best to worst.
        refused: whether a profile may not have any.
    """

    find: Callable[[Profile], Sequence[Match]]
    refused: bool

    def of(self, profile: Profile) -> Sequence[Match]:
        """Those of a profile as it would be written.

        Raises:
            SamePerson: it has some, and may not.
            StorageUnavailable: they could not be read.
        """
        found = self.find(profile)
        if found and self.refused:
            raise SamePerson(", ".join(match.profile_id for match in found))
        return found
