"""How the source is built, read off its syntax trees: rooms, floors, lengths, duplicates. ``make check`` prints it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median
from typing import Final

from shared.settings import ROOT

SOURCE: Final = ("function_app.py", "functions", "shared", "devhost", "tools")
ROOMS: Final = (
    "service",
    "recordings",
    "recognition",
    "profiles",
    "trust",
    "store",
    "voices",
    "settings",
    "words",
    "listening",
    "observing",
    "errors",
)
"""Of ``shared/``, from the top floor down; a room imports only rooms that stand after it."""
DUPLICATE: Final = 6
"""Lines in a row that may not stand twice."""

type Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the source."""

    path: Path

    @cached_property
    def name(self) -> str:
        """As it is imported."""
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def lines(self) -> list[str]:
        """Its text."""
        return self.path.read_text().splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse("\n".join(self.lines))

    @cached_property
    def imports(self) -> set[str]:
        """Modules that it imports, anywhere in it; of ours the whole name, as far as it names a module."""
        return {name for node in ast.walk(self.tree) for name in _imported(node)}

    @property
    def functions(self) -> Iterator[tuple[int, str]]:
        """Each function's lines, without decorators and docstring, and its name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield _length(node), f"{self.name}.{node.name}"


@cache
def modules() -> tuple[Module, ...]:
    """The whole source."""
    files = [file for part in SOURCE for file in [ROOT / part, *(ROOT / part).rglob("*.py")] if file.is_file()]
    return tuple(map(Module, sorted(files)))


def room(module: str) -> str:
    """The room of ``shared/`` that a module is in; empty where it is in none."""
    return module.split(".")[1] if module.startswith("shared.") else ""


def rooms() -> dict[str, set[str]]:
    """The rooms, each with those that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in filter(lambda module: room(module.name), modules()):
        found[room(module.name)] |= {room(name) for name in module.imports} - {"", room(module.name)}
    return dict(found)


def floors() -> list[list[str]]:
    """The rooms by floor, from the ground up: each stands above all that it imports.

    Raises:
        graphlib.CycleError: some import each other in a circle; names them.
    """
    sorter = TopologicalSorter(rooms())
    sorter.prepare()
    found = []
    while sorter.is_active():
        found.append(sorted(sorter.get_ready()))
        sorter.done(*found[-1])
    return found


def upward() -> set[tuple[str, str]]:
    """Imports of a room that stands higher, or that has no place in the order."""
    place = {name: number for number, name in enumerate(ROOMS)}
    return {(a, b) for a, below in rooms().items() for b in below if place.get(a, -1) >= place.get(b, -1)}


def circle() -> list[str]:
    """Modules of the source that import each other in a circle, the first one also last; none where there is none."""
    known = {module.name for module in modules()}
    try:
        TopologicalSorter({module.name: module.imports & known - {module.name} for module in modules()}).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def importers(part: str, *imported: str) -> list[str]:
    """Modules of a part of the source that import one of these, or what is in it."""
    return [
        module.name
        for module in modules()
        if _within(module.name, part) and any(_within(name, one) for name in module.imports for one in imported)
    ]


def functions() -> list[tuple[int, str]]:
    """Lines and name of each function, the longest last."""
    return sorted(function for module in modules() for function in module.functions)


def duplicates() -> dict[tuple[str, ...], list[str]]:
    """Lines in a row that stand twice, imports and blank lines left out, and where."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for module in modules():
        lines = list(_statements(module))
        for at in range(len(lines) - DUPLICATE + 1):
            window = lines[at : at + DUPLICATE]
            found[tuple(text for _, text in window)].append(f"{module.name}:{window[0][0]}")
    return {text: places for text, places in found.items() if len(places) > 1}


def main() -> None:
    """Print the figures."""
    longest = max(modules(), key=lambda module: len(module.lines))
    lengths = [lines for lines, _ in functions()]
    lines, name = functions()[-1]
    print(f"{len(rooms())} rooms on {len(floors())} floors, from the ground up:")
    for floor in floors():
        print(f"  {', '.join(floor)}")
    print(f"{len(modules())} modules, the longest {longest.name}: {len(longest.lines)} lines")
    print(f"{len(lengths)} functions, median {median(lengths):g} lines, the longest {name}: {lines}")
    upwards, twice = len(upward()), len(duplicates())
    print(f"{upwards} imports upward, {len(circle())} in a circle, {twice} duplicates of {DUPLICATE} lines")


def _within(name: str, part: str) -> bool:
    return f"{name}.".startswith(f"{part}.")


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _length(function: Function) -> int:
    first = function.body[0]
    said = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if said else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _statements(module: Module) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines that are neither blank nor part of an import."""
    skipped = {
        number
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    for number, line in enumerate(module.lines, 1):
        if number not in skipped and line.strip():
            yield number, line.strip()


if __name__ == "__main__":
    main()
