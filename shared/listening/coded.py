"""Codecs that libsndfile does not know, decoded by FFmpeg's decoders where PyAV is installed.

Only the decoder of one codec is opened, and it sees packets only: containers are taken apart here, so that none of
FFmpeg's demuxers, protocols and filters ever meets what a caller sends.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from types import ModuleType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.packets import AMR_RATE, Packets, damaged, not_read
from shared.listening.refusals import WrongFormat

_DECODERS: Final = {"AAC": "aac", "AMR-NB": "amrnb", "VORBIS": "vorbis"}
_MAX_DAMAGED: Final = 100
"""Packets that may be unreadable; a cut-off recording has one."""


class Decoder:
    """Packets, read as ``soundfile`` reads a file.

    Attributes:
        samplerate: in Hz, of what is decoded.
        channels: of what is decoded.
        frames: as of a file whose header does not say how many it has.
    """

    frames: Final = 2**63 - 1

    def __init__(self, coded: Packets) -> None:
        """Decode as much as tells rate and channels.

        Raises:
            WrongFormat: PyAV is not installed, or nothing can be decoded; says what was found.
        """
        self._coded = coded
        self._frames = self._decoded(_context(coded))
        first = next(self._frames, None)
        if first is None:
            raise _damaged(coded)
        self.samplerate, self.channels = int(first.sample_rate), int(first.layout.nb_channels)
        self._frames = chain([first], self._frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._frames = iter(())

    def read(self, _: int, **_as: Any) -> NDArray[np.float32]:  # noqa: ANN401  as soundfile has them
        """The next samples, [n, channels], as many as a packet holds; none after the last."""
        for frame in self._frames:
            if (int(frame.sample_rate), int(frame.layout.nb_channels)) != (self.samplerate, self.channels):
                raise WrongFormat(f"{self._coded.container} whose rate or channels change on the way")
            return _samples(frame, self.channels)
        return np.zeros((0, self.channels), np.float32)

    def _decoded(self, context: Any) -> Iterator[Any]:  # noqa: ANN401  PyAV is not always there
        failed = 0
        for packet in map(_av().Packet, self._coded.packets):
            try:
                yield from context.decode(packet)
            except _av().FFmpegError as error:
                failed += 1
                if failed > _MAX_DAMAGED:
                    raise _damaged(self._coded) from error
        with suppress(_av().FFmpegError):
            yield from context.decode(None)


def _av() -> ModuleType:
    import av

    return av


def _context(coded: Packets) -> Any:  # noqa: ANN401
    try:
        context = _av().CodecContext.create(_DECODERS[coded.codec], "r")
    except ImportError as lacking:
        raise not_read(coded.container, coded.codec) from lacking
    context.thread_count = 1
    context.extradata = coded.private or None
    if coded.codec == "AMR-NB":
        context.sample_rate, context.layout = AMR_RATE, "mono"
    try:
        context.open(strict=False)
    except _av().FFmpegError as error:  # a context that did not open knows no codec any more
        raise _damaged(coded) from error
    return context


def _damaged(coded: Packets) -> WrongFormat:
    return damaged(f"{coded.container} with {coded.codec} audio")


def _samples(frame: Any, channels: int) -> NDArray[np.float32]:  # noqa: ANN401
    """A frame as [n, channels]; its own array has a row a channel where it is planar, and else one row of all."""
    array: NDArray[Any] = frame.to_ndarray()
    samples = array.T if frame.format.is_planar else array.reshape(-1, channels)
    return np.ascontiguousarray(samples, np.float32)
