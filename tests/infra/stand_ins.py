"""Stand-ins for commands that a script calls: each says what was asked of it, and answers by what it is asked."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.settings import ROOT


@dataclass(frozen=True)
class Ran:
    """How a script ended.

    Attributes:
        code: of its end.
        said: on standard output and standard error.
        calls: the commands that it called, in order, with their arguments.
    """

    code: int
    said: str
    calls: list[str]

    def called(self, start: str) -> list[str]:
        """The calls that begin so."""
        return [call for call in self.calls if call.startswith(start)]


def run(script: str, folder: Path, answers: Mapping[str, str], environment: Mapping[str, str], *arguments: str) -> Ran:
    """Run a script of ``infra/`` in an empty environment.

    Args:
        answers: by shell pattern of a command with its arguments, the sh that answers it; the first that fits. What no
            pattern fits ends with 0 and says nothing. State may be kept in files of the folder.
    """
    stand_ins = folder / "bin"
    stand_ins.mkdir()
    cases = "\n".join(f"{_pattern(asked)}) {answer} ;;" for asked, answer in answers.items())
    for name in ("az", "azd", "curl", "make", "sleep"):
        body = f'#!/bin/sh\ncd "{folder}"\necho "{name} $*" >> calls\ncase "{name} $*" in\n{cases}\nesac\n'
        (stand_ins / name).write_text(body)
        (stand_ins / name).chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "infra" / script, *arguments],
        cwd=folder,
        env={"PATH": f"{stand_ins}:{os.environ['PATH']}", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = folder / "calls"
    return Ran(done.returncode, done.stdout + done.stderr, calls.read_text().splitlines() if calls.exists() else [])


def after(times: int, then: str, before: str = "exit 1") -> str:
    """The sh of an answer that changes when it was asked so many times."""
    count = "n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n"
    return f'{count}; if [ "$n" -ge {times} ]; then {then}; else {before}; fi'


def _pattern(text: str) -> str:
    """Literal, but for the stars."""
    return "*".join(shlex.quote(part) if part else "" for part in text.split("*"))
