"""The audio in a request's body, which some clients wrap in a form and others only say that they do."""

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final, Self

from functions.contract.refusals import SeveralRecordings, TooManyParts
from shared.listening.containers import container_of
from shared.listening.declared import Recording, media_type

MAX_PARTS: Final = 16

_ANYTHING: Final = "application/octet-stream"


@dataclass(frozen=True)
class _Part:
    """A part of a form: what its head says of it, and its content."""

    head: Message
    content: bytes

    @classmethod
    def of(cls, part: bytes) -> Self:
        head, _, content = part.partition(b"\r\n\r\n")
        return cls(BytesHeaderParser().parsebytes(head.strip(b"\r\n")), content)

    @property
    def name(self) -> str:
        """Of its field, or of its file."""
        return str(self.head.get_param("name", "", "content-disposition") or self.head.get_filename("") or "unnamed")

    @property
    def likelihood(self) -> int:
        """How sure it is that this is the audio, from its bytes, its type and its being a file."""
        if container_of(self.content):
            return 4
        kind = self.head.get_content_type() if self.head["content-type"] else _ANYTHING
        if kind.startswith(("audio/", "video/")):
            return 3
        return (2 if kind == _ANYTHING else 1) if self.head.get_filename() else 0


def audio_in(content_type: str, body: bytes) -> Recording:
    """The audio of a multipart body, or the body as it is.

    The JavaScript SDK says ``multipart/form-data`` without a boundary and sends the audio bare. Only a body in which
    the announced boundary occurs is a form; of its parts the one that is most likely audio counts, or else the first.

    Raises:
        TooManyParts: there are more than ``MAX_PARTS``.
        SeveralRecordings: more than one part is audio; names them.
    """
    delimiter = _delimiter(content_type)
    if not delimiter or delimiter not in body[: len(delimiter) + 1024]:
        return Recording(body, content_type)
    split = (b"\r\n" + body).split(b"\r\n" + delimiter, MAX_PARTS + 2)[1:]
    if len(split) > MAX_PARTS + 1:  # the last is what follows the closing delimiter
        raise TooManyParts(MAX_PARTS)
    parts = [_Part.of(part) for part in split if b"\r\n\r\n" in part]
    if not parts:
        return Recording(b"")
    best = max(parts, key=lambda part: part.likelihood)  # the first of several
    rivals = [part for part in parts if part.likelihood >= min(3, best.likelihood) and part.content]
    if best.likelihood >= 2 and len(rivals) > 1:
        raise SeveralRecordings(", ".join(f"{part.name[:40]!r}" for part in rivals))
    return Recording(best.content, str(best.head["content-type"] or ""))


def _delimiter(content_type: str) -> bytes:
    header = media_type(content_type)
    boundary = header.get_boundary("") if header.get_content_maintype() == "multipart" else ""
    return b"--" + boundary.encode("latin-1", "replace") if boundary else b""
