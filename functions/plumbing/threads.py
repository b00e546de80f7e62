"""Work that would keep others waiting is done beside the loop that takes requests."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

_THREADS: Final = "PYTHON_THREADPOOL_THREAD_COUNT"
"""The platform's name for how many requests a worker serves at once; without it, one a core, for memory."""

AT_ONCE: Final = int(os.environ.get(_THREADS) or 0) or os.process_cpu_count() or 1
"""How many requests are worked on at once."""

WORKING: Final = ThreadPoolExecutor(AT_ONCE, "working")
"""Where handlers run. Refusals do not: they are told at once, however many recognitions wait."""


async def beside[Result](where: Executor, work: Callable[[], Result]) -> Result:
    """What some work gives, done elsewhere, for the same request."""
    return await asyncio.get_running_loop().run_in_executor(where, copy_context().run, work)
