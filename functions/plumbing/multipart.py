"""The audio in a request's body, which some clients wrap in a form and others only say that they do."""

from email.message import Message
from typing import Final

from functions.contract.refusals import TooManyParts

MAX_PARTS: Final = 16


def audio_in(content_type: str, body: bytes) -> bytes:
    """The file of a multipart body, or the body as it is.

    The JavaScript SDK says ``multipart/form-data`` without a boundary and sends the audio bare. Only a body in which
    the announced boundary occurs is a form; of its parts the first with a file name counts, or else the first.

    Raises:
        TooManyParts: there are more than ``MAX_PARTS``.
    """
    delimiter = _delimiter(content_type)
    if not delimiter or delimiter not in body[: len(delimiter) + 1024]:
        return body
    split = (b"\r\n" + body).split(b"\r\n" + delimiter, MAX_PARTS + 2)[1:]
    if len(split) > MAX_PARTS + 1:  # the last is what follows the closing delimiter
        raise TooManyParts(MAX_PARTS)
    parts = [part.partition(b"\r\n\r\n") for part in split]
    files = [content for head, _, content in parts if b"filename" in head.lower()]
    return next(iter([*files, *(content for _, blank, content in parts if blank)]), b"")


def _delimiter(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = header.get_boundary("") if header.get_content_maintype() == "multipart" else ""
    return b"--" + boundary.encode("latin-1", "replace") if boundary else b""
