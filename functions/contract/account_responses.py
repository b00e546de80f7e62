"""What callers read of what was done to a profile, and of its deletion."""

from typing import Final

from functions.contract.shapes import COUNT, GUID, MOMENT, TEXT, YES_OR_NO, Field, ListOf, Plain, Shape
from shared.profiles.lifecycle import Receipt
from shared.trust.verifying import Told

ARCHIVE: Final = Plain({"type": "string", "format": "binary"})
"""A ZIP."""
MEDIA: Final = "application/octet-stream"
"""As generators of clients know it."""
_DONE: Final = Shape[Told](
    "AuditEntry",
    (
        Field("id", TEXT, lambda told: told["id"], "no other entry has it"),
        Field("doneDateTime", Plain({"type": "string", "format": "date-time"}), lambda told: told["at"]),
        Field("deed", TEXT, lambda told: told["deed"], "what was done"),
        Field("outcome", TEXT, lambda told: told["outcome"], "where the profile stood after it, or what was decided"),
        Field("by", TEXT, lambda told: told["who"], "a key, a principal, or the service itself"),
        Field("operation", TEXT, lambda told: told["operation"]),
        Field("requestId", TEXT, lambda told: told.get("request"), optional=True),
        Field("modelVersion", TEXT, lambda told: told.get("model"), optional=True),
    ),
    open_to_more=True,
)


AUDIT: Final = Shape[tuple[list[Told], str | None]](
    "Audit",
    (
        Field("value", ListOf(_DONE), lambda page: page[0], "oldest first"),
        Field("nextLink", TEXT, lambda page: page[1], "where the next days are", optional=True),
    ),
    open_to_more=True,
)
RECEIPT: Final = Shape[Receipt](
    "DeletionReceipt",
    (
        Field("profileId", GUID, lambda receipt: receipt.profile_id),
        Field("existed", YES_OR_NO, lambda receipt: receipt.existed, "false: there was nothing to delete"),
        Field("erasedDateTime", MOMENT, lambda receipt: receipt.erased, "from then on nothing is left of it"),
        Field("enrollmentsCount", COUNT, lambda receipt: receipt.enrollments, "enrollments that are gone"),
        Field("audioCount", COUNT, lambda receipt: receipt.clips, "recordings that are gone"),
        Field(
            "keyShredded",
            YES_OR_NO,
            lambda receipt: receipt.shredded,
            "the key of its sealed voice is gone too, so that no copy can be read",
        ),
    ),
    open_to_more=True,
)
