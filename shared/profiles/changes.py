"""Read a profile, change it, write it again: how every change of a profile is committed."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Final

from shared.errors import Conflict, NotEnrolled, NotFound, SpeakerError, UnknownProfile, UnreadableProfile
from shared.observing.trace import mark
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.store.outbox import Deed, Ended, Outbox
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.voices.refusals import EnrollingOptedOut, Expired, OptedOut
from shared.voices.signatures import Signature
from shared.voices.standing import ANSWERS, Act, Served, Standing

_ATTEMPTS: Final = 5
"""How often a change is tried on fresh state before the caller is told of the conflict."""


_RAISED: Final[Mapping[type[SpeakerError], Callable[[Profile], SpeakerError]]] = {
    UnknownProfile: lambda profile: UnknownProfile(profile.id),
    UnreadableProfile: lambda profile: UnreadableProfile(f"profile {mark(profile.id)} cannot be read"),
    NotEnrolled: lambda profile: NotEnrolled(profile.id, _missing(profile)),
    Expired: lambda profile: Expired(profile.id),
    OptedOut: lambda profile: OptedOut(profile.id),
    EnrollingOptedOut: lambda profile: EnrollingOptedOut(profile.id),
}
"""With what the answers that are errors are raised."""
_BECAME: Final[Mapping[Standing, Kind]] = {
    Standing.DELETING: Kind.DELETED,
    Standing.OPTED_OUT: Kind.OPTED_OUT,
    Standing.EXPIRED: Kind.EXPIRED,
}
"""What happened to a profile that has come to stand there."""


def check(profile: Profile, act: Act) -> None:
    """Refuse what may not be done with a profile as it stands.

    Raises:
        SpeakerError: the one that ``ANSWERS`` names.
    """
    answer = ANSWERS[profile.standing][act]
    if not isinstance(answer, Served):
        raise _RAISED[answer](profile)


def present(profile: Profile | None, profile_id: str, act: Act = Act.READ) -> Profile:
    """The profile that was read, if the act may be done with it.

    Raises:
        UnknownProfile: there is none, or it is being deleted.
        UnreadableProfile: what is stored of it is damaged.
        NotEnrolled, Expired, OptedOut, EnrollingOptedOut: as it stands, it is not for this.
    """
    if profile is None:
        raise UnknownProfile(profile_id)
    check(profile, act)
    return profile


def read(store: Store, family: Family, profile_id: str, act: Act = Act.READ) -> Profile:
    """A profile, if the act may be done with it.

    Raises:
        UnknownProfile: no profile of the family has the id.
        UnreadableProfile, NotEnrolled, Expired, OptedOut, EnrollingOptedOut: as ``present``.
        StorageUnavailable: storage does not answer.
    """
    return present(store.get(family, profile_id), profile_id, act)


def signature_of(profile: Profile, act: Act = Act.NAME) -> Signature:
    """The signature of a profile.

    Raises:
        NotEnrolled, Expired, OptedOut: it has none that may be compared.
    """
    check(profile, act)
    if profile.signature is None:
        raise _RAISED[NotEnrolled](profile)
    return profile.signature


def change(
    store: Store, family: Family, profile_id: str, to: Callable[[Profile], Profile], act: Act = Act.READ
) -> tuple[Profile, Profile]:
    """Apply a pure change to the newest state, again when a race is lost; the states before and after it.

    Raises:
        UnknownProfile, UnreadableProfile, EnrollingOptedOut, StorageUnavailable: as ``read``.
        Conflict: others kept changing it.
    """
    for _ in range(_ATTEMPTS):
        before = read(store, family, profile_id, act)
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


def note(store: Store, profile: Profile, to: Callable[[Profile], Profile]) -> None:
    """Write on a profile what is no change of it: nobody is told, and it matters to nobody if it is gone."""
    with suppress(NotFound):
        for _ in range(_ATTEMPTS):
            noted = to(profile)
            if noted is profile:
                return
            try:
                store.replace(noted)
                return
            except Conflict:
                profile = read(store, profile.family, profile.id)


def _missing(profile: Profile) -> str:
    """What enrolls a profile, for people."""
    if profile.family.clips_to_enroll:
        return f"{profile.remaining_clips} more enrollment(s)"
    return f"{profile.remaining_speech_sec:.2f} more seconds of speech"


def _kind(before: Profile, after: Profile) -> Kind:
    if after.standing is not before.standing and after.standing in _BECAME:
        return _BECAME[after.standing]
    if before.opted_out:
        return Kind.OPTED_IN
    if after.consent != before.consent:
        return Kind.CONSENTED
    if after.groups != before.groups:
        return Kind.JOINED if after.groups > before.groups else Kind.LEFT
    return Kind.ENROLLED if after.enrollments else Kind.RESET
