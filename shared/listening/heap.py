"""What the C library's allocator keeps of memory that nobody uses any more: less than it would unasked.

Only glibc has these calls; elsewhere nothing is done.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Of ``mallopt`` (glibc, ``malloc.h``)."""

_LEAST: Final = 128 * 2**10
"""Where it starts to take memory from the system, a piece at a time (glibc, ``DEFAULT_MMAP_THRESHOLD``)."""
_LATER: Final = 8 * 2**20
"""The same once models are loaded, as it would find out by itself from clips of two minutes: an array of every request
that was taken from the system would cost it 2 us a page."""

_LIBC: Final = ctypes.CDLL(None)


def share_arena() -> None:
    """Let all threads share one arena: of its own, each would keep what its largest request took."""
    if hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(_M_ARENA_MAX, 1)


@contextmanager
def loading() -> Iterator[None]:
    """Meanwhile what is large is taken from the system by itself: given back, it leaves no hole among what stays."""
    _take_from_system(_LEAST)
    try:
        yield
    finally:
        _take_from_system(_LATER)
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)


def _take_from_system(size: int) -> None:
    """Pieces of memory from so many bytes on; twice as many stay when they are free."""
    if hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(_M_MMAP_THRESHOLD, size)
        _LIBC.mallopt(_M_TRIM_THRESHOLD, 2 * size)
