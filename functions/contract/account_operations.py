"""The operations by which a person's right of access is answered, which the contract does not have."""

from functools import partial
from typing import Final

from functions.contract.account_responses import ARCHIVE, AUDIT
from functions.contract.dialects import V2021
from functions.contract.operation import Operation

_of_account: Final = partial(Operation, dialects=(V2021,))
ACCOUNT: Final = (
    _of_account(
        "GetProfileAudit",
        "What was done to a profile, also to one that is gone",
        "GET",
        "profiles/{profileId}/audit",
        result=AUDIT,
        query=("since",),
    ),
    _of_account(
        "ExportProfile",
        "Everything that is held of a profile, as a ZIP of JSON and WAV",
        "POST",
        "profiles/{profileId}",
        action="export",
        result=ARCHIVE,
    ),
)
