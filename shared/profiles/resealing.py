"""What was kept before the setting changed is sealed, or opened again, step by step."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from shared.errors import Conflict, UnreadableProfile
from shared.observing.trace import mark
from shared.store import Span, Store, StoredAudio
from shared.voices.records import Profile

logger = logging.getLogger("speaker")


def reseal(store: Store, span: Span, profiles: Iterable[Profile], is_over: Callable[[], bool]) -> int:
    """Write voices and clips of a span that are not kept as they are to be; how many were.

    Each is one write, in place of what it was: a process may be killed between any two, and the next run goes on.
    """
    done = 0
    known = {profile.id: profile for profile in profiles if profile.is_readable and not profile.deleting}
    for profile in known.values():
        if profile.enrollments and profile.sealed != store.seals.on and not is_over():
            done += _voice(store, profile)
    for clip in list(store.all_audio(span)):
        if clip.profile_id in known and clip.sealed != store.seals.on and not is_over():
            done += _clip(store, clip)
    return done


def _voice(store: Store, profile: Profile) -> bool:
    with suppress(Conflict):  # whoever was faster has written it as it is to be
        store.replace(profile)
        return True
    return False


def _clip(store: Store, clip: StoredAudio) -> bool:
    try:
        store.reseal_audio(clip)
    except UnreadableProfile as damaged:
        logger.error("profile %s: %s", mark(clip.profile_id), damaged)
        return False
    return True
