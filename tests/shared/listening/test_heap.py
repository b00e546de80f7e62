"""Memory that nobody uses goes back to the system."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from shared.listening import heap

_LOADS = """
import ctypes, resource
from pathlib import Path
from shared.listening.heap import loading
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = libc.free.argtypes = [ctypes.c_void_p]
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def filled(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    return block
with loading():
    blocks = [filled(200_000) for _ in range(500)]
    before = resident()
    for block in blocks[::2]:
        libc.free(block)
    print(before - resident())
    small = [filled(60_000) for _ in range(1_000)]
    for block in small[:-1]:
        libc.free(block)
    before = resident()
print(before - resident())
libc.free(filled(1_000_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    libc.free(filled(1_000_000))
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

_SHARES = """
import ctypes, sys, threading
from shared.listening.heap import share_arena
share_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
together = threading.Barrier(4)
def allocate():
    together.wait()
    for _ in range(1_000):
        libc.malloc(100)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""

_only_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc has these calls")


@_only_glibc
def test_threads_have_one_arena(tmp_path: Path) -> None:
    told = tmp_path / "arenas.xml"
    subprocess.check_call([sys.executable, "-c", _SHARES, told], cwd=Path(heap.__file__).parents[2])
    assert told.read_text().count("<heap nr=") == 1


@_only_glibc
def test_what_is_free_goes_back_to_the_system_while_models_are_loaded_and_is_kept_for_requests() -> None:
    told = subprocess.check_output([sys.executable, "-c", _LOADS], cwd=Path(heap.__file__).parents[2])
    large_bytes, small_bytes, faults = map(int, told.split())
    assert large_bytes > 45_000_000
    assert small_bytes > 50_000_000
    assert faults < 1_000, "a page a time: 25,000"


def test_nothing_is_done_where_the_c_library_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_LIBC", object())
    heap.share_arena()
    with heap.loading():
        pass
