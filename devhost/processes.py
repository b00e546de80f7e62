"""Programs that run beside this one, and end when it does."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final, cast

type _SignalHandler = Any  # a function, a number, or None where C code has set it


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program is ended: by which signal, and after how many seconds it is killed, with what it has started."""

    by: signal.Signals = signal.SIGTERM
    grace: float = 70

    def end(self, process: subprocess.Popen[str]) -> None:
        """End it, unless it has ended."""
        process.send_signal(self.by)
        try:
            process.wait(self.grace)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


DEFAULT_ENDING: Final = Ending()


class _Endings:
    """Turns the signals that end this program into KeyboardInterrupt while others run beside it.

    Once: what cleans up after it is not disturbed again. A signal that this program was told to ignore, by `nohup` for
    example, stays ignored.
    """

    def __init__(self) -> None:
        self._watchers = 0
        self._before: dict[signal.Signals, _SignalHandler] = {}
        self._held = False
        self._came = False

    def watch(self) -> None:
        """Begin; only in the main thread, which alone gets signals."""
        if not _in_main_thread():
            return
        self._watchers += 1
        if self._watchers > 1:
            return
        self._came = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._interrupt)

    def unwatch(self) -> None:
        """Undo one `watch`."""
        if not _in_main_thread():
            return
        self._watchers -= 1
        while self._before and not self._watchers:
            signal.signal(*self._before.popitem())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait for the end of the block: a program must be known before it can be ended."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._came:
            raise KeyboardInterrupt

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._came:
            return
        self._came = True
        if not self._held:
            raise KeyboardInterrupt


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


_endings: Final = _Endings()


@contextmanager
def beside(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None, ending: Ending = DEFAULT_ENDING
) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the block ends, with a pipe from what it prints.

    It has a process group of its own, so that a Ctrl-C at the terminal reaches it only from here, in its turn. While it
    runs, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt here.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        folder: where it runs; None is here.
        ending: how it is ended.
    """
    process: subprocess.Popen[str] | None = None
    _endings.watch()
    try:
        with _endings.held():
            process = _start(command, environment, folder)
        yield process
    finally:
        if process:
            ending.end(process)
        _endings.unwatch()


def output(process: subprocess.Popen[str]) -> IO[str]:
    """What the program prints; to be closed after it has ended and nobody reads it any more."""
    return cast("IO[str]", process.stdout)


def _start(command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
