"""What a Matroska file may cost, whatever it says of itself."""

import tracemalloc
from typing import Final

import numpy as np
import pytest

from shared.listening.audio import decode
from shared.listening.refusals import WrongFormat
from tests.shared.listening.test_wrapping import HEAD, PACKETS, _block, _element, _matroska, _webm

BLOCKS: Final = 20_000
PEAK: Final = 24e6


@pytest.mark.parametrize("lacing", [1, 2, 3], ids=["Xiph", "fixed", "EBML"])
def test_laces_of_empty_frames_are_bounded(lacing: int) -> None:
    body = _matroska(b"A_OPUS", HEAD, [_block(b"\xff", lacing)] * BLOCKS)
    tracemalloc.start()
    with pytest.raises(WrongFormat, match="cannot read it"):
        decode(body, any_format=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < PEAK


def test_no_more_of_a_track_number_is_read_than_a_number_has() -> None:
    plain = _webm(HEAD, PACKETS)
    long = plain.replace(_element("d7", b"\1"), _element("d7", bytes(7) + b"\1" + bytes(1_000_000)))
    heard, expected = (decode(body, any_format=True).samples for body in (long, plain))
    np.testing.assert_array_equal(heard, expected)


def test_a_header_that_no_page_of_ogg_holds_is_refused() -> None:
    with pytest.raises(WrongFormat, match="cannot read it"):
        decode(_webm(HEAD + bytes(70_000), PACKETS), any_format=True)


def test_a_refusal_repeats_only_the_beginning_of_the_name_of_a_codec() -> None:
    with pytest.raises(WrongFormat) as refused:
        decode(_matroska(b"A_" + b"X" * 1_000_000, b"", []), any_format=True)
    assert len(refused.value.measured) < 200
