"""Read a profile, change it, write it again: how every change of a profile is committed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from shared.errors import Conflict, UnknownProfile, UnreadableProfile
from shared.observing.trace import mark
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.store.outbox import Deed, Ended, Outbox
from shared.voices.families import Family
from shared.voices.records import Profile

_ATTEMPTS: Final = 5
"""How often a change is tried on fresh state before the caller is told of the conflict."""


def present(profile: Profile | None, profile_id: str) -> Profile:
    """The profile that was read.

    Raises:
        UnknownProfile: there is none, or it is being deleted.
        UnreadableProfile: what is stored of it is damaged.
    """
    if profile is None or profile.deleting:
        raise UnknownProfile(profile_id)
    if not profile.is_readable:
        raise UnreadableProfile(f"profile {mark(profile_id)} cannot be read")
    return profile


def read(store: Store, family: Family, profile_id: str) -> Profile:
    """A profile.

    Raises:
        UnknownProfile: no profile of the family has the id.
        StorageUnavailable: storage does not answer.
    """
    return present(store.get(family, profile_id), profile_id)


def change(store: Store, family: Family, profile_id: str, to: Callable[[Profile], Profile]) -> tuple[Profile, Profile]:
    """Apply a pure change to the newest state, again when a race is lost; the states before and after it.

    Raises:
        UnknownProfile, StorageUnavailable: as ``read``.
        Conflict: others kept changing it.
    """
    for _ in range(_ATTEMPTS):
        before = read(store, family, profile_id)
        after = to(before)
        if after is before:
            return before, after
        try:
            return before, write(store, after, _kind(before, after))
        except Conflict:
            continue
    raise Conflict


def write(store: Store, profile: Profile, kind: Kind) -> Profile:
    """Write a profile over the state that its etag names, and tell everybody.

    Raises:
        StorageUnavailable: it may have been written; who looks for what changed will find it.
        Conflict: the stored profile has changed since, or is gone.
    """
    log = ChangeLog(store.changes)
    log.expect(profile.family, profile.id)
    with _telling(store, profile, kind) as ended:
        written = store.replace(profile)
        log.tell(kind, profile.family, profile.id)
        ended(profile.standing.value, profile.signature.model_version if profile.signature else "")
    return written


def _telling(store: Store, profile: Profile, kind: Kind) -> AbstractContextManager[Ended]:
    """Groups tell themselves who joined and left, in one entry for many."""
    if kind in (Kind.JOINED, Kind.LEFT):
        return nullcontext(lambda _outcome, _model: None)
    return Outbox.of(store).telling(Deed(kind.value), profile.family, profile.id)


def _kind(before: Profile, after: Profile) -> Kind:
    if after.deleting:
        return Kind.DELETED
    if after.groups != before.groups:
        return Kind.JOINED if after.groups > before.groups else Kind.LEFT
    return Kind.ENROLLED if after.enrollments else Kind.RESET
