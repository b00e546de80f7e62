"""What speakers decide, and what time does: a profile as it stands afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.voices.consent import Consent
from shared.voices.families import Family
from shared.voices.records import Profile, blank, last_of, to_a_day
from shared.voices.standing import Standing


def tombstone(family: Family, profile_id: str, now: datetime) -> Profile:
    """A profile of somebody who opted out before there was one: it has no locale."""
    return Profile(family, profile_id, locale="", created=now, standing=Standing.OPTED_OUT)


def consenting(profile: Profile, consent: Consent) -> Profile:
    """The profile of a speaker who consents; itself if that is known."""
    return profile if profile.consent == consent else replace(profile, consent=consent)


def opted_out(profile: Profile, now: datetime) -> Profile:
    """What is left of a profile when its speaker opts out, without voice and consent; itself if that is done."""
    if profile.opted_out:
        return profile
    without = replace(profile.reset(now), used=None, recognized=None, consent=None)
    return replace(without, standing=Standing.OPTED_OUT)


def opted_in(profile: Profile, locale: str, consent: Consent | None, now: datetime, *, active: bool = True) -> Profile:
    """A profile as it was created, with a new consent; itself if its speaker has not opted out.

    Args:
        locale: of a profile that has none.
    """
    if not profile.opted_out:
        return profile
    begun = replace(profile, standing=blank(active=active), locale=profile.locale or locale)
    return replace(begun, consent=consent, updated=now)


def aged(profile: Profile, now: datetime, expires_after: timedelta) -> Profile:
    """A profile, expired if its speaker was not heard for so long; itself otherwise."""
    last = last_of(profile.created, profile.updated, to_a_day(profile.recognized))
    is_due = profile.enrolled and now - last >= expires_after
    return replace(profile, standing=Standing.EXPIRED) if is_due else profile
