"""The whole service ends when it is told to, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from devhost.processes import Ending, beside, output
from tests.devhost.running import REPOSITORY

pytestmark = pytest.mark.slow

BUILT = [f"--old-file={target}" for target in ("models", "node_modules/.installed", ".venv/.installed")]
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
NODE = """#!/bin/sh
echo started > {fifo}
exec sleep 600
"""
ELSEWHERE = """
import pathlib, sys
import tools.run
from tools.verbs import main
tools.run.ROOT = pathlib.Path(__file__).parent
sys.exit(main(sys.argv[3:]))
"""
"""What `make run` runs, with storage in the folder of this file instead of the repository."""


@contextmanager
def started(command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a session of its own, as one that a terminal has started; what it leaves behind is killed."""
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "HOST": "devhost", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            for left in (*psutil.Process(process.pid).children(recursive=True),) if process.poll() is None else ():
                left.kill()
            process.kill()


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait until the service listens."""
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith("Listening on "):
            return int(urlsplit(line.split()[-1]).port or 0)
    raise AssertionError(f"it did not start:\n{''.join(said)}")


def programs_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def assert_ended(process: subprocess.Popen[str], programs: list[psutil.Process], port: int) -> None:
    process.wait(timeout=90)
    assert [program for program in programs if program.is_running()] == []
    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_the_stack_ends_with_host_and_storage(tmp_path: Path, number: signal.Signals) -> None:
    with started([sys.executable, "-m", "devhost.stack", "--port", "0", "--folder", str(tmp_path)]) as process:
        port, programs = port_of(process), programs_of(process)
        assert {Path(program.cmdline()[0]).name for program in programs} >= {"node"}
        assert len(programs) >= 2
        process.send_signal(number)
        assert_ended(process, programs, port)
        assert process.returncode == 0


def test_the_stack_ends_however_the_program_that_runs_it_is_told_to(tmp_path: Path) -> None:
    program = (
        "import pathlib, devhost.stack as s\n"
        f"with s.stack(folder=pathlib.Path({str(tmp_path)!r}), echo=True) as running: running.wait()"
    )
    with started([sys.executable, "-c", program]) as process:
        port, programs = port_of(process), programs_of(process)
        process.terminate()
        assert_ended(process, programs, port)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_make_run_ends_with_host_and_storage(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM goes to make alone, as a supervisor sends it; the others to its group, as a terminal does."""
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text(ELSEWHERE)
    python = f"PYTHON={sys.executable} {elsewhere}"
    with started(["make", *BUILT, "run", python, "PORT=0"], PYTHONPATH=str(REPOSITORY)) as process:
        port, programs = port_of(process), programs_of(process)
        assert len(programs) >= 3
        if number == signal.SIGTERM:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
        assert_ended(process, programs, port)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_the_stack_ends_while_it_is_starting(tmp_path: Path, number: signal.Signals) -> None:
    fifo, node = tmp_path / "fifo", tmp_path / "node"
    os.mkfifo(fifo)
    node.write_text(NODE.format(fifo=fifo))
    node.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with started(
        [sys.executable, "-m", "devhost.stack", "--port", "0", "--folder", str(tmp_path)], PATH=path
    ) as process:
        assert fifo.read_text() == "started\n"
        programs = programs_of(process)
        assert len(programs) == 1
        process.send_signal(number)
        process.wait(timeout=90)
        assert not programs[0].is_running()


def test_a_second_signal_does_not_disturb_the_end(tmp_path: Path) -> None:
    with started([sys.executable, "-m", "devhost.stack", "--port", "0", "--folder", str(tmp_path)]) as process:
        port, programs = port_of(process), programs_of(process)
        for number in SIGNALS:
            process.send_signal(number)
        assert_ended(process, programs, port)


def test_a_program_that_does_not_end_is_killed_with_what_it_has_started() -> None:
    stubborn = ["sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait"]
    with beside(stubborn, os.environ, ending=Ending(grace=0.1)) as process, output(process) as said:
        started_by_it = psutil.Process(int(said.readline()))
    assert process.returncode == -signal.SIGKILL
    started_by_it.wait(timeout=90)
