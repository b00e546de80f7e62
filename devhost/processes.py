"""Programs that run beside this one, and end when it does."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Final, cast

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Interruption:
    """Whether a signal to end has come, and whether it must wait."""

    held = False
    came = False


def end_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, once: what cleans up after it is not disturbed again.

    One that this program was told to ignore, by `nohup` for example, stays ignored.
    """
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def beside(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    ends_on: signal.Signals = signal.SIGTERM,
    grace: float = 70,
) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the block ends, with a pipe from what it prints.

    It has a process group of its own, so that a Ctrl-C at the terminal reaches it only from here, in its turn.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        folder: where it runs; None is here.
        ends_on: signal that asks it to end.
        grace: seconds after which it is killed.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with _held():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                process_group=0,
            )
        yield process
    finally:
        if process:
            _end(process, ends_on, grace)


def output(process: subprocess.Popen[str]) -> IO[str]:
    """What the program prints; to be closed after it has ended and nobody reads it any more."""
    return cast("IO[str]", process.stdout)


@contextmanager
def _held() -> Iterator[None]:
    """Keep a signal to end until the block is through: a program that starts must be known before it can be ended."""
    _Interruption.held = True
    yield
    _Interruption.held = False
    if _Interruption.came:
        raise KeyboardInterrupt


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in _ENDING:
        signal.signal(number, _ignore)  # SIG_IGN would be inherited
    _Interruption.came = True
    if not _Interruption.held:
        raise KeyboardInterrupt


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """The program is ending already."""


def _end(process: subprocess.Popen[str], ends_on: signal.Signals, grace: float) -> None:
    process.send_signal(ends_on)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
