"""What the C library's allocator keeps of memory that nobody uses any more: less than it would unasked.

Only glibc has these calls; elsewhere nothing is done.
"""

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
"""Of ``mallopt`` (glibc, ``malloc.h``)."""

_LIBC: Final = ctypes.CDLL(None)


def share_arena() -> None:
    """Let all threads share one arena: of its own, each would keep what its largest request took."""
    if hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free."""
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
