"""What a person may ask for: everything that is held of a profile, and everything that was done to it."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from shared.observing.trace import mark
from shared.store import Store
from shared.store.outbox import Outbox
from shared.store.rows import Row
from shared.store.trials import trials_of
from shared.trust.trail import LISTENER, Head, line_of
from shared.trust.verifying import Told, of_day, shown_to
from shared.voices.consent import Consent
from shared.voices.records import Enrollment, Profile
from shared.voices.signatures import Signature

ENOUGH: Final = 500
"""Lines after which a page of a history ends with its day."""


@dataclass(frozen=True)
class History:
    """Some of what was done to a profile, oldest first.

    Attributes:
        next_day: where the next page begins; None where there is none.
    """

    lines: list[Told]
    next_day: str | None


@dataclass(frozen=True, eq=False)
class Account:
    """Gives account of profiles. Every method may raise ``StorageUnavailable``."""

    store: Store

    def history(self, profile_id: str, since: str = "") -> History:
        """What was done to a profile, also to one that is gone, from a day of the trail on."""
        lines: list[Told] = []
        for day in (day for day in self.store.trail.lengths() if day >= since):
            if len(lines) >= ENOUGH:
                return History(lines, day)
            lines += of_day(self.store.trail, day, profile_id)
        return History([*lines, *self._waiting(profile_id)], None)

    def export(self, profile: Profile) -> bytes:
        """Everything that is held of a profile: a ZIP of ``profile.json``, ``history.jsonl`` and its audio as WAV.

        Raises:
            UnreadableProfile: sealed audio cannot be opened.
        """
        file = io.BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            held = {**_document(profile), "trials": [_trial(row) for row in trials_of(self.store, profile)]}
            archive.writestr("profile.json", json.dumps(held, indent=2))
            archive.writestr("history.jsonl", "".join(f"{json.dumps(line)}\n" for line in self._everything(profile.id)))
            for number, enrollment in enumerate(profile.enrollments, 1):
                wav = self.store.get_audio(profile, enrollment.id)
                if wav is not None:
                    archive.writestr(f"audio/{number:03}-{enrollment.id}.wav", wav)
        return file.getvalue()

    def _everything(self, profile_id: str) -> Iterator[Told]:
        since: str | None = ""
        while since is not None:
            page = self.history(profile_id, since)
            yield from page.lines
            since = page.next_day

    def _waiting(self, profile_id: str) -> Iterator[Told]:
        """What was done in the last minute, and is in no line yet."""
        for entry in Outbox.of(self.store).pending(LISTENER):
            if profile_id in (entry.profile_id, *entry.among):
                yield shown_to(mark(profile_id), json.loads(line_of(Head(), entry)))


def _document(profile: Profile) -> dict[str, Any]:
    return {
        "profileId": profile.id,
        "family": profile.family.name,
        "locale": profile.locale,
        "standing": profile.standing.value,
        "createdDateTime": profile.created.isoformat(),
        "lastUpdatedDateTime": _moment(profile.updated),
        "lastUsedDateTime": _moment(profile.used),
        "lastRecognizedDateTime": _moment(profile.recognized),
        "consent": _consent(profile.consent) if profile.consent else None,
        "passphrase": profile.phrase,
        "groups": sorted(profile.groups),
        "enrollments": [_enrollment(each) for each in profile.enrollments],
        "signature": _signature(profile.signature) if profile.signature else None,
    }


def _consent(consent: Consent) -> dict[str, str]:
    return {"version": consent.version, "givenDateTime": consent.given.isoformat(), "by": consent.by}


def _trial(row: Row) -> dict[str, Any]:
    """What was tried on a profile, or asked of its speaker, as it is stored."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.values.items()}


def _enrollment(enrollment: Enrollment) -> dict[str, Any]:
    return {
        "enrollmentId": enrollment.id,
        "audioLengthInSec": enrollment.audio_sec,
        "speechLengthInSec": enrollment.speech_sec,
        "signalToNoiseRatioInDb": enrollment.snr_db,
        "band": enrollment.band,
        "print": base64.b64encode(enrollment.print).decode(),
    }


def _signature(signature: Signature) -> dict[str, Any]:
    """Its views as lists of numbers."""
    views = {band.value: {"mean": view.mean.tolist(), "speechLengthInSec": view.speech_sec}
             for band, view in signature.views.items()}  # fmt: skip
    return {"modelVersion": signature.model_version, "views": views}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
