"""Libraries that complain to C's ``stderr``, past every logger, and have no switch for it."""

import ctypes
import platform
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final


class CStderr:
    """C's own ``stderr``, which is another than Python's: logs and tracebacks do not go through it.

    With glibc, which onnxruntime's wheels need on Linux, it is a variable that may be set.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.fopen.restype = ctypes.c_void_p
        self._variable = ctypes.c_void_p.in_dll(library, "stderr")
        self._somewhere = self._variable.value
        self._nowhere = library.fopen(b"/dev/null", b"w")
        self._lock = threading.Lock()
        self._silent = 0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """What C code writes there meanwhile, in any thread, is not printed."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._lock:
            self._silent += more
            self._variable.value = self._nowhere if self._silent else self._somewhere


_STDERR: Final = CStderr() if platform.libc_ver()[0] == "glibc" else None


def quiet() -> AbstractContextManager[None]:
    """Silence for C libraries where that can be had; elsewhere, on a developer's machine, they are heard."""
    return _STDERR.silent() if _STDERR else nullcontext()
