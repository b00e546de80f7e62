"""The locked requirements: everything pinned and hashed, and made from the inputs that people write."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path
from typing import Self

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.settings import ROOT

INPUTS = {"requirements.in": "requirements.txt", "requirements-dev.in": "requirements-dev.txt"}
EXACT = re.compile(r"==[^=,*]+")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    """One requirement of a file, with the hashes that stand beside it."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @classmethod
    def of(cls, line: str) -> Self:
        text, *options = line.split("--hash=")
        return cls(Requirement(text), tuple(f"--hash={option.strip()}" for option in options))


def pins(file: Path) -> dict[str, Pin]:
    """The requirements of a file, and of those that it includes, by canonical name."""
    found: dict[str, Pin] = {}
    for line in re.sub(r"(?:^|\s)#.*|\\\n", "", file.read_text(), flags=re.MULTILINE).splitlines():
        if line.startswith("-r "):
            found |= pins(file.parent / line.removeprefix("-r "))
        elif line.strip():
            pin = Pin.of(line)
            found[canonicalize_name(pin.requirement.name)] = pin
    return found


def versions(file: str) -> Mapping[str, str]:
    return {name: str(pin.requirement.specifier) for name, pin in pins(ROOT / file).items()}


def applies(requirement: Requirement, extra: str = "") -> bool:
    """Whether a requirement counts on this machine."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def needed(requirements: Iterable[Requirement]) -> set[str]:
    """The names of these and of all that they need, as the installed distributions say."""
    seen: set[tuple[str, str]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        for extra in {"", *requirement.extras}:
            key = canonicalize_name(requirement.name), extra
            if key not in seen:
                seen.add(key)
                waiting += [other for other in _asked(requirement.name) if applies(other, extra)]
    return {name for name, _ in seen}


def _asked(name: str) -> Iterable[Requirement]:
    return map(Requirement, requires(name) or ())


@pytest.mark.parametrize("written", INPUTS)
def test_what_people_write_is_locked_at_the_version_that_they_wrote(written: str) -> None:
    wanted, locked = versions(written), versions(INPUTS[written])
    assert all(EXACT.fullmatch(version) for version in wanted.values())
    assert {name: locked.get(name) for name in wanted} == wanted, "`make lock` brings them together"


@pytest.mark.parametrize("locked", INPUTS.values())
def test_every_locked_line_has_one_version_and_its_hashes(locked: str) -> None:
    for name, pin in pins(ROOT / locked).items():
        assert EXACT.fullmatch(str(pin.requirement.specifier)), name
        assert pin.hashes, name
        assert all(HASH.fullmatch(digest) for digest in pin.hashes), name
        assert pin.requirement.url is None, name


@pytest.mark.parametrize("written", INPUTS)
def test_what_is_locked_is_what_the_input_needs_and_nothing_else(written: str) -> None:
    here = {name for name, pin in pins(ROOT / INPUTS[written]).items() if applies(pin.requirement)}
    assert here == needed([pin.requirement for pin in pins(ROOT / written).values()]), "`make lock`, `make setup`"


def test_these_tests_run_on_what_is_locked() -> None:
    for name, pin in pins(ROOT / "requirements-dev.txt").items():
        if applies(pin.requirement):
            assert pin.requirement.specifier.contains(version(name), prereleases=True), f"{name}: `make setup`"


def test_people_run_the_versions_that_azure_runs() -> None:
    runtime, dev = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("file", [*INPUTS, *INPUTS.values()])
def test_no_file_names_an_index_or_a_place_on_a_disk(file: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", (ROOT / file).read_text())
