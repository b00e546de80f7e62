"""The audio in a request's body, which some clients wrap in a form and others only say that they do."""

from email.message import Message


def audio_in(content_type: str, body: bytes) -> bytes:
    """The file of a multipart body, or the body as it is.

    The JavaScript SDK says ``multipart/form-data`` without a boundary and sends the audio bare. Only a body in which
    the announced boundary occurs is a form; of its parts the first with a file name counts, or else the first.
    """
    delimiter = _delimiter(content_type)
    if not delimiter or delimiter not in body[: len(delimiter) + 1024]:
        return body
    parts = [part.partition(b"\r\n\r\n") for part in (b"\r\n" + body).split(b"\r\n" + delimiter)[1:]]
    files = [content for head, _, content in parts if b"filename" in head.lower()]
    return next(iter([*files, *(content for _, blank, content in parts if blank)]), b"")


def _delimiter(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = header.get_boundary("") if header.get_content_maintype() == "multipart" else ""
    return b"--" + boundary.encode("latin-1", "replace") if boundary else b""
