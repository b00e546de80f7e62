"""What speakers decide of their profiles: consent, opt-out, and opting in again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.errors import Conflict, UnknownProfile
from shared.profiles.changes import change, read
from shared.profiles.lifecycle import Lifecycle
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.store.outbox import Deed, Outbox
from shared.store.trials import forget_trials
from shared.voices import choices
from shared.voices.consent import Consent
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.voices.standing import Act

_ATTEMPTS: Final = 5


@dataclass(frozen=True, eq=False)
class Choices:
    """Takes speakers' decisions. Every method may raise ``StorageUnavailable``, and ``Conflict`` if it loses races."""

    store: Store
    lifecycle: Lifecycle
    now: Callable[[], datetime]

    def consent(self, family: Family, profile_id: str, consent: Consent) -> Profile:
        """The profile, with its speaker's consent, in place of an earlier one.

        Raises:
            UnknownProfile: no profile of the family has the id.
            EnrollingOptedOut: its speaker has to opt in first.
        """
        return change(self.store, family, profile_id, lambda known: choices.consenting(known, consent), Act.CONSENT)[1]

    def opt_out(self, family: Family, profile_id: str) -> Profile:
        """What is left of the profile, without voice and audio; an id that is nobody's is kept for that.

        Whatever is cut off after the first write, upkeep does, or the same request again.
        """
        for _ in range(_ATTEMPTS):
            with suppress(UnknownProfile):
                before, out = self._opted_out(family, profile_id)
                self.store.delete_audio(family, profile_id, [enrollment.id for enrollment in before.enrollments])
                self._clear(out)
                return out
        raise Conflict

    def opt_in(self, family: Family, profile_id: str, locale: str, consent: Consent | None) -> Profile:
        """The profile as it was created; itself if its speaker had not opted out.

        Args:
            locale: of a profile that has none, as its speaker opted out before there was one.

        Raises:
            UnknownProfile: no profile of the family has the id.
            UnknownLocale: the locale is not supported; names those that are.
            QuotaExceeded: the service holds as many profiles as it may.
        """
        active = self.lifecycle.begins_active(family)

        def back(profile: Profile) -> Profile:
            return choices.opted_in(profile, locale, consent, self.now(), active=active)

        known = read(self.store, family, profile_id, Act.OPT_IN)
        if known.opted_out and not known.locale:
            self.lifecycle.check_locale(back(known))
            self.lifecycle.quota.take()
        return change(self.store, family, profile_id, back, Act.OPT_IN)[1]

    def _opted_out(self, family: Family, profile_id: str) -> tuple[Profile, Profile]:
        """The profile before and after its speaker opted out."""
        stored = self.store.get(family, profile_id)
        if stored and stored.deleting:
            self.lifecycle.erase(stored)
        if stored is None or stored.deleting:
            self._bury(family, profile_id)
        return change(self.store, family, profile_id, lambda known: choices.opted_out(known, self.now()), Act.OPT_OUT)

    def _clear(self, out: Profile) -> None:
        """Remove what is left of a voice, and the key of every copy, unless its speaker has opted in again."""
        known = self.store.get(out.family, out.id)
        if known and known.opted_out:
            self.store.shred(out.family, out.id)
            self.store.delete_folder(out.family, out.id)
            forget_trials(self.store, out.family, out.id)

    def _bury(self, family: Family, profile_id: str) -> None:
        """Keep an id for somebody who opts out before there is a profile."""
        log, grave = ChangeLog(self.store.changes), choices.tombstone(family, profile_id, self.now())
        log.expect(family, profile_id)
        with Outbox.of(self.store).telling(Deed.OPTED_OUT, family, profile_id) as ended:
            self.store.insert_once(grave)
            log.tell(Kind.OPTED_OUT, family, profile_id)
            ended(grave.standing.value, "")
