"""The operations of the API: one row each, from which come routes, matched paths, OpenAPI and the README's list."""

from functools import partial
from typing import Final

from functions.contract.account_operations import ACCOUNT
from functions.contract.account_responses import RECEIPT
from functions.contract.dialects import DIALECTS, V2021, Dialect
from functions.contract.group_responses import COUNTED_GROUP, DUPLICATES, GROUP, GROUP_LIST, MEMBERSHIP
from functions.contract.operation import ENROLL, FREE_SPEECH, MANAGE, RECOGNIZE, SCOPES, Operation
from functions.contract.recording_operations import RECORDINGS
from functions.contract.responses import (
    CHALLENGE,
    CLEARED,
    ENROLLMENT,
    IDENTIFICATION_RESULT,
    PHRASES,
    PROFILE,
    PROFILE_LIST,
    VERIFICATION_RESULT,
)

_of_groups: Final = partial(Operation, dependencies=FREE_SPEECH, dialects=(V2021,))
GROUPS: Final = (
    _of_groups(
        "FindDuplicates",
        "Which other profiles are the same person?",
        "POST",
        "profiles/{profileId}",
        action="findDuplicates",
        scopes=(RECOGNIZE, MANAGE),
        result=DUPLICATES,
    ),
    _of_groups(
        "PutGroup",
        "Make a group of profiles, or describe it otherwise",
        "PUT",
        "groups/{groupId}",
        status=200,
        other_status=201,
        body="group",
        result=GROUP,
    ),
    _of_groups("ListGroups", "List groups in id order", "GET", "groups", result=GROUP_LIST, paged=True),
    _of_groups("GetGroup", "Read a group, and how many are in it", "GET", "groups/{groupId}", result=COUNTED_GROUP),
    _of_groups("DeleteGroup", "Delete a group; its profiles stay", "DELETE", "groups/{groupId}", status=204),
    _of_groups(
        "AddToGroup",
        "Add up to 100 profiles to a group",
        "POST",
        "groups/{groupId}/profiles",
        action="add",
        scopes=(ENROLL, MANAGE),
        body="members",
        result=MEMBERSHIP,
    ),
    _of_groups(
        "RemoveFromGroup",
        "Remove up to 100 profiles from a group",
        "POST",
        "groups/{groupId}/profiles",
        action="remove",
        body="members",
        result=MEMBERSHIP,
    ),
    _of_groups(
        "ListGroupProfiles",
        "List the profiles of a group in id order",
        "GET",
        "groups/{groupId}/profiles",
        result=PROFILE_LIST,
        paged=True,
    ),
)
"""Those of groups, which the contract does not have."""
_of_choices: Final = partial(Operation, dialects=(V2021,), result=PROFILE, query=("details",))
CHOICES: Final = (
    _of_choices(
        "PutConsent",
        "Note the speaker's consent with a profile",
        "PUT",
        "profiles/{profileId}/consent",
        scopes=(ENROLL, MANAGE),
        body="consent",
    ),
    _of_choices(
        "OptOut",
        "Forget a speaker's voice, and take no other, until they opt in; also of an id without profile",
        "POST",
        "profiles/{profileId}",
        action="optOut",
    ),
    _of_choices(
        "OptIn",
        "Take a profile whose speaker had opted out back to its creation",
        "POST",
        "profiles/{profileId}",
        action="optIn",
        body="optIn",
    ),
    _of_choices(
        "Unlock",
        "Forget that verifications failed",
        "POST",
        "profiles/{profileId}",
        action="unlock",
        modes=("verification",),
    ),
    Operation(
        "CreateChallenge",
        "Digits that the speaker is to say within two minutes, once",
        "POST",
        "profiles/{profileId}",
        action="challenge",
        scopes=(RECOGNIZE,),
        modes=("verification",),
        dialects=(V2021,),
        result=CHALLENGE,
    ),
)
"""What speakers decide, which the contract does not know."""
OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation(
            "CreateProfile",
            "Create a profile",
            "POST",
            "profiles",
            scopes=(ENROLL, MANAGE),
            status=201,
            body="locale",
            result=PROFILE,
        ),
        Operation("ListProfiles", "List profiles in id order", "GET", "profiles", result=PROFILE_LIST, paged=True),
        Operation(
            "GetProfile",
            "Read a profile",
            "GET",
            "profiles/{profileId}",
            scopes=(ENROLL, MANAGE),
            result=PROFILE,
            query=("details",),
        ),
        Operation(
            "DeleteProfile",
            "Delete a profile, its voice signature and its audio",
            "DELETE",
            "profiles/{profileId}",
            status=204,
            other_status=200,
            result=RECEIPT,
            query=("receipt",),
        ),
        Operation(
            "DeleteProfiles",
            "Delete all profiles of a family; again while `remaining` is true",
            "DELETE",
            "profiles",
            result=CLEARED,
            query=("confirm",),
        ),
        Operation(
            "ResetProfile",
            "Take a profile back to its creation",
            "POST",
            "profiles/{profileId}",
            action="reset",
            result=PROFILE,
        ),
        Operation(
            "CreateEnrollment",
            "Add speech to a profile",
            "POST",
            "profiles/{profileId}/enrollments",
            scopes=(ENROLL,),
            status=201,
            body="audio",
            result=ENROLLMENT,
            query=("ignoreMinLength", "channel", "duplicates", "details"),
        ),
        Operation(
            "Verify",
            "Is this the enrolled speaker?",
            "POST",
            "profiles/{profileId}",
            action="verify",
            scopes=(RECOGNIZE,),
            modes=("verification",),
            body="audio",
            result=VERIFICATION_RESULT,
            query=("ignoreMinLength", "channel", "watchlist", "challenge", "details"),
        ),
        Operation(
            "IdentifySingleSpeaker",
            "Which of these enrolled speakers is this, or none of them?",
            "POST",
            "profiles",
            action="identifySingleSpeaker",
            scopes=(RECOGNIZE,),
            modes=("identification",),
            body="audio",
            result=IDENTIFICATION_RESULT,
            query=("profileIds", "groupId", "$top", "ignoreMinLength", "channel", "details"),
        ),
        Operation(
            "ListPhrases",
            "The passphrases, or the phrases with which an active enrollment begins",
            "GET",
            "phrases/{locale?}",
            scopes=SCOPES,
            result=PHRASES,
        ),
        *GROUPS,
        *CHOICES,
        *ACCOUNT,
        *RECORDINGS,
    )
}


def spoken() -> list[tuple[Operation, Dialect]]:
    """Every operation in every version, version by version."""
    return [(operation, dialect) for dialect in DIALECTS for operation in _of(dialect)]


def _of(dialect: Dialect) -> list[Operation]:
    return [operation for operation in OPERATIONS.values() if dialect in operation.dialects]
