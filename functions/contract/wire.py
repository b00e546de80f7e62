"""The contract's words: what callers may write, and the JSON they read (sections 3, 4 and 10 of the wire contract)."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from shared.errors import InvalidArgument, InvalidRequest, NotFound, SpeakerError
from shared.listening.quality import Quality
from shared.profiles.profiles import Candidate, Cleared, Enrolled, Identified, KeptAudio
from shared.voices.records import Profile
from shared.words.matching import Saying, Tolerance
from shared.words.scripts import Script
from shared.words.transcript import Fit

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The profile id of an identification that found none of the candidates."""

CONFIRMATION: Final = "delete-all-profiles"
"""What a caller has to say to delete all profiles of a family."""

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 500

_GUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII)
_PROFILE_IDS_FORM: Final = "It should be comma-delimited list of IDs containing at least one ID."

Json = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """What one version of the API says differently: a row of the contract's section 4.3.

    Attributes:
        version: the version's name; its functions carry ``suffix`` in theirs.
        api_version: value that the query parameter ``api-version`` must have; None where it is not looked at.
        base: path of a family's operations.
        action: what stands between a resource and what is done with it.
        seconds: ending of the names of fields that hold seconds.
        profile_status: whether profiles tell if they are active.
        also: second names under which clients read fields of a profile.
        items: field of the profiles in a page.
        link: field of the link to the next page.
        last_link: what the last page holds of it.
        page_size: query parameter.
        token: query parameter that continues a list.
        refused: query parameters of a list that have no meaning here.
        reset_status: status of a reset; 204 comes without a profile.
        lacks: operations that the version does not have for a dependency.
        phrases: field of the phrases in their list; None where the list is all there is.
        codes: error codes that it spells in another way.
    """

    version: str
    suffix: str
    api_version: str | None
    base: str
    action: str
    seconds: str
    profile_status: bool
    also: Mapping[str, str]
    items: str
    link: str
    last_link: Mapping[str, str]
    page_size: str
    token: str
    refused: tuple[str, ...]
    reset_status: int
    lacks: tuple[tuple[str, str], ...]
    phrases: str | None
    codes: Mapping[str, str]

    def field(self, name: str) -> str:
        """This version's name of a field that 2021-09-05 calls ``name``."""
        return name.removesuffix("InSec") + self.seconds if name.endswith("InSec") else name

    def code(self, failure: SpeakerError) -> str:
        """This version's ``error.code`` of a typed error."""
        return self.codes.get(failure.code, failure.code)


V2021: Final = Dialect(
    version="2021-09-05",
    suffix="",
    api_version="2021-09-05",
    base="speaker-recognition/{mode}/{dependency}",
    action=":",
    seconds="InSec",
    profile_status=True,
    also={},
    items="value",
    link="nextLink",
    last_link={},
    page_size="maxpagesize",
    token="$continuationToken",  # noqa: S106  a query parameter
    refused=(),
    reset_status=200,
    lacks=(),
    phrases="value",
    codes={},
)
V2: Final = Dialect(
    version="2.0",
    suffix="V2",
    api_version=None,
    base="speaker/{mode}/v2.0/{dependency}",
    action="/",
    seconds="",
    profile_status=False,
    also={"enrollmentsSpeechLength": "enrollmentSpeechLength"},
    items="profiles",
    link="@nextLink",
    last_link={"@nextLink": ""},
    page_size="$top",
    token="$continuationToken",  # noqa: S106
    refused=("$filter", "$skip", "$orderBy", "$delta"),
    reset_status=204,
    lacks=(("ListPhrases", "text-independent"),),
    phrases=None,  # items are objects: the strings of its swagger are what no shipped client reads
    codes={"NotFound": "Not Found"},
)
DIALECTS: Final = (V2021, V2)


def profile_id(text: str) -> str:
    """A profile id as it is stored: lower-case GUID with dashes.

    Raises:
        NotFound: the text is no GUID, so no profile can have it.
    """
    digits = _canonical_guid(text)
    if digits is None:
        raise NotFound("Requested profile doesn't exist. The id is not a GUID.")
    return digits


def profile_ids(text: str | None) -> list[str]:
    """The candidates of an identification: comma-delimited GUIDs, empty items dropped, each once, in order.

    Raises:
        InvalidRequest: the parameter is missing.
        InvalidArgument: it names no profile, or something that is no GUID.
    """
    if text is None:
        raise InvalidRequest(f"profileIds parameter is missing. {_PROFILE_IDS_FORM}")
    items = [item.strip() for item in text.split(",") if item.strip()]
    ids = [_canonical_guid(item) for item in items]
    if not ids or None in ids:
        raise InvalidArgument(f"Invalid profileIds parameter value. {_PROFILE_IDS_FORM}")
    return list(dict.fromkeys(known for known in ids if known))


def flag(name: str, text: str | None) -> bool:
    """A boolean parameter, false where it is absent; any case.

    Raises:
        InvalidArgument: neither true nor false.
    """
    value = {"": False, "true": True, "false": False}.get((text or "").lower())
    if value is None:
        raise InvalidArgument(f'Invalid {name} parameter value. Valid values are "true" and "false".')
    return value


def page_size(name: str, text: str | None) -> int:
    """A page size.

    Raises:
        InvalidArgument: not an integer from 1 to ``MAX_PAGE_SIZE``.
    """
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise InvalidArgument(
            f"Invalid {name} parameter value. Value should be positive integer in the range [1, {MAX_PAGE_SIZE}]."
        )
    return int(text)


def continuation_token(last_id: str) -> str:
    """The token that continues a list after this profile."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def continue_after(name: str, token: str | None) -> str:
    """The id that a list goes on after; empty for its beginning.

    Raises:
        InvalidArgument: the token is not one of ours.
    """
    if not token:
        return ""
    try:
        return profile_id(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    except (binascii.Error, UnicodeError, ValueError, NotFound):
        raise InvalidArgument(f"Invalid {name} value. {name} must be generated form a prior API call.") from None


def locale(body: bytes) -> str:
    """The locale of a create request, as the caller wrote it.

    Single-quoted JSON is read too: the retired service's own quickstart posted it.

    Raises:
        InvalidRequest: no body, no JSON object, or no locale in it.
    """
    if not body.strip():
        raise InvalidRequest("Request body is missing.")
    document = _json_object(body)
    value = next((value for key, value in document.items() if key.lower() == "locale"), None)
    if not isinstance(value, str | None):
        raise InvalidRequest("Invalid JSON format. locale must be a string.")
    return named_locale(value)


def named_locale(text: str | None) -> str:
    """A locale that has to be there.

    Raises:
        InvalidRequest: it is not.
    """
    if not text:
        raise InvalidRequest("Locale parameter is missing.")
    return text


def refuse_parameters(names: Iterable[str]) -> None:
    """Refuse query parameters of a list that the service never supported.

    Raises:
        InvalidArgument: names the first of them.
    """
    for name in names:
        raise InvalidArgument(f"{name} parameter is not supported.")


def check_confirmation(text: str | None) -> None:
    """Refuse to delete all profiles for somebody who does not say so word by word.

    Raises:
        InvalidArgument: says what is required.
    """
    if text != CONFIRMATION:
        raise InvalidArgument(
            f"Invalid confirm parameter value. All profiles are deleted only with confirm={CONFIRMATION}."
        )


def deleted(cleared: Cleared) -> Json:
    """What a deletion of all profiles has done, and whether it has to be repeated."""
    return {"deleted": cleared.deleted, "remaining": cleared.remaining}


def profile_info(dialect: Dialect, profile: Profile) -> Json:
    """ProfileInfo (section 4.1)."""
    written = {
        "profileId": profile.id,
        "locale": profile.locale,
        **_status(dialect, profile),
        **_progress(dialect, profile),
        "modelVersion": profile.signature.model_version if profile.signature else None,
        "createdDateTime": timestamp(profile.created),
        "lastUpdatedDateTime": timestamp(profile.updated) if profile.updated else None,
    }
    return {**written, **{other: written[name] for name, other in dialect.also.items()}}


def enrollment_info(dialect: Dialect, enrolled: Enrolled) -> Json:
    """EnrollmentInfo (section 4.2)."""
    return {
        "profileId": enrolled.profile.id,
        **_progress(dialect, enrolled.profile),
        **({enrolled.profile.family.script.field: enrolled.profile.phrase} if enrolled.profile.phrase else {}),
        dialect.field("audioLengthInSec"): enrolled.enrollment.audio_sec,
        dialect.field("audioSpeechLengthInSec"): enrolled.enrollment.speech_sec,
    }


def page(dialect: Dialect, profiles: list[Profile], next_link: str | None) -> Json:
    """A page of profiles, with a link where another follows."""
    link = {dialect.link: next_link} if next_link else dialect.last_link
    return {dialect.items: [profile_info(dialect, profile) for profile in profiles], **link}


def phrases(dialect: Dialect, script: Script, texts: Iterable[str]) -> Json | list[Json]:
    """The phrases of which enrollment wants one (section 3.9)."""
    items = [{script.field: text} for text in texts]
    return {dialect.phrases: items} if dialect.phrases else items


def decision(candidate: Candidate) -> str:
    """The contract's word for it."""
    return "Accept" if candidate.accepted else "Reject"


def verification(candidate: Candidate) -> Json:
    """Result of a verification (section 3.7)."""
    return {"recognitionResult": decision(candidate), "score": candidate.score}


def identification(identified: Identified) -> Json:
    """Result of an identification (section 3.8)."""
    speaker = identified.speaker
    return {
        "identifiedProfile": _scored(speaker) if speaker else {"profileId": NOBODY, "score": 0.0},
        "profilesRanking": [_scored(candidate) for candidate in identified.ranking],
    }


def measured(quality: Quality, model_version: str) -> Json:
    """What a clip was good for, and the model that heard it: for callers who ask."""
    return {
        "modelVersion": model_version,
        "audioLengthInSec": quality.total_sec,
        "speechLengthInSec": quality.speech_sec,
        "snrInDb": quality.snr_db,
        "clippedShare": quality.clipped,
        "bandwidthInHz": quality.bandwidth_hz,
        "narrowband": quality.is_narrowband,
    }


def heard(saying: Saying | None) -> Json:
    """How near a clip came to the phrase that it had to say: for callers who ask."""
    if saying is None:
        return {}
    letters = {"nearest": saying.nearest, "distance": saying.distance, "length": saying.length}
    fit = _likelihoods(saying.fit) if saying.fit else {}
    tolerance = saying.tolerance
    allowed = {"distance": tolerance.distance, "length": tolerance.length, **_likelihoods(tolerance)}
    return {"phrase": {**letters, **fit, "allowed": allowed}}


def kept(audio: KeptAudio) -> Json:
    """What is kept of a profile's enrollments: for callers who ask."""
    return {"canBeMadeAnew": audio.can_be_made_anew, "audioKept": audio.clips}


def evidence(candidate: Candidate) -> Json:
    """What stands behind a candidate's score: for callers who ask."""
    verdict = candidate.verdict
    return {"cosine": verdict.cosine, "llr": verdict.llr, "threshold": verdict.threshold}


def ranking_evidence(identified: Identified) -> Json:
    """What stands behind a ranking: for callers who ask."""
    ranking = [{"profileId": candidate.profile_id, **evidence(candidate)} for candidate in identified.ranking]
    return {"ranking": ranking, "margin": identified.margin}


def error(code: str, message: str) -> Json:
    """The error envelope."""
    return {"error": {"code": code, "message": message}}


def error_of(dialect: Dialect, failure: SpeakerError) -> Json:
    """The envelope of a typed error; what is only for the log stays out of it."""
    return error(dialect.code(failure), str(failure) if failure.status < 500 else failure.told)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the retired service wrote it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _canonical_guid(text: str) -> str | None:
    if not _GUID.fullmatch(text.lower()):
        return None
    digits = text.lower().replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        text = body.decode("utf-8-sig")
        document = json.loads(text if '"' in text else text.replace("'", '"'))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest('Invalid JSON format. Expected an object such as {"locale":"en-us"}.')
    return document


def _status(dialect: Dialect, profile: Profile) -> Json:
    if profile.family.script.every_clip or not dialect.profile_status:
        return {}
    return {"profileStatus": "Active" if profile.active else "Inactive"}


def _progress(dialect: Dialect, profile: Profile) -> Json:
    written = {
        "enrollmentStatus": "Enrolled" if profile.enrolled else "Enrolling",
        "enrollmentsCount": len(profile.enrollments),
        "enrollmentsLengthInSec": profile.audio_sec,
        "enrollmentsSpeechLengthInSec": profile.speech_sec,
        **_remaining(profile),
    }
    return {dialect.field(name): value for name, value in written.items()}


def _remaining(profile: Profile) -> Json:
    if profile.family.clips_to_enroll:
        return {"remainingEnrollmentsCount": profile.remaining_clips}
    return {"remainingEnrollmentsSpeechLengthInSec": profile.remaining_speech_sec}


def _likelihoods(of: Fit | Tolerance) -> Json:
    return {"logLikelihood": of.log_likelihood, "llr": of.llr}


def _scored(candidate: Candidate) -> Json:
    return {"profileId": candidate.profile_id, "score": candidate.score}
