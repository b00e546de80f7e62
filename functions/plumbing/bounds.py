"""What is looked at of a body before anything of it is taken apart."""

from typing import Final

import azure.functions as func

from functions.contract.operation import Operation
from functions.contract.refusals import LengthRequired, TooMuchJson, UnsupportedMediaType
from shared.listening.containers import MAX_BODY_BYTES
from shared.listening.refusals import TooLarge
from shared.recordings.conversations import MAX_BYTES
from shared.recordings.desk import MAX_BYTES as MAX_JOB_BYTES

MAX_JSON_BYTES: Final = {
    "locale": 16 * 1024,
    "group": 128 * 1024,
    "members": 16 * 1024,
    "consent": 16 * 1024,
    "optIn": 16 * 1024,
}
"""Of a body in JSON; that of a group may hold user data, which JSON can write at six times its length."""
MAX_FORM_BYTES: Final = 64 * 1024
"""What a form may add to the audio that it wraps."""

MAX_AUDIO_BYTES: Final = {"audio": MAX_BODY_BYTES, "recording": MAX_BYTES, "job": MAX_JOB_BYTES}

_ACCEPTED: Final = dict.fromkeys(MAX_AUDIO_BYTES, "audio/wav; codecs=audio/pcm")
_ACCEPTED_JSON: Final = "application/JSON"


def check_body(operation: Operation, request: func.HttpRequest) -> None:
    """Refuse a body that could not be read, or is larger than any that is.

    Types are never refused: real clients label audio as they like. A compressed body could not be read, and of one
    that comes in chunks the platform hands over nothing.

    Raises:
        UnsupportedMediaType, LengthRequired, TooLarge, TooMuchJson: says what was measured.
    """
    if not operation.body:
        return
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType(_ACCEPTED.get(operation.body, _ACCEPTED_JSON), encoding)
    held = len(request.get_body())
    if not held and "chunked" in request.headers.get("transfer-encoding", "").lower():
        raise LengthRequired
    largest = MAX_AUDIO_BYTES.get(operation.body)
    if largest and held > largest + MAX_FORM_BYTES:
        raise TooLarge(held, largest)
    most = MAX_JSON_BYTES.get(operation.body)
    if most and held > most:
        raise TooMuchJson(held, most)
