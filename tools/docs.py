"""Write the parts of README.md and docs/errors.md that are made from the code."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from functions.contract.catalogue import NEVER, ROWS, Row, Unused
from functions.contract.operations import OPERATIONS, Operation
from functions.contract.wire import DIALECTS, Dialect
from shared.settings import ROOT

PROBLEMS: Final = ()


def endpoints() -> str:
    """Every operation under every version, below the path of a family."""
    versions = [f"{dialect.version}, below<br>`/{dialect.base}`" for dialect in DIALECTS]
    return _table(["operation", *versions, "status"], map(_endpoint, OPERATIONS.values()))


def errors() -> str:
    """The errors that are answered."""
    return _table(["status", "code", "message", "where", "and then"], map(_row, ROWS))


def errors_never_answered() -> str:
    """The contract's errors that have no meaning here."""
    return _table(["status", "code", "message", "why not"], map(_unused, NEVER))


PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "README.md": {"endpoints": endpoints},
    "docs/errors.md": {"errors": errors, "never": errors_never_answered},
}
"""What writes a text, by file and by the name of the markers between which it stands."""


def written(name: str) -> str:
    """A file with its parts as they should be."""
    text = (ROOT / name).read_text()
    for marker, write in PARTS[name].items():
        before, after = (f"<!-- {mark}{marker} -->" for mark in ("", "/"))
        head, _, rest = text.partition(before)
        text = f"{head}{before}\n{write()}{after}{rest.partition(after)[2]}"
    return text


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Write every part."""
    for name in PARTS:
        (ROOT / name).write_text(written(name))


def _endpoint(operation: Operation) -> Sequence[str]:
    kinds = "" if len(operation.modes) > 1 else f" ({operation.modes[0]} only)"
    status = " / ".join(dict.fromkeys(str(operation.success(dialect)) for dialect in DIALECTS))
    return operation.summary + kinds, *(_request(operation, dialect) for dialect in DIALECTS), status


def _request(operation: Operation, dialect: Dialect) -> str:
    lacking = [dependency for name, dependency in dialect.lacks if name == operation.name]
    return f"`{operation.method} {operation.path(dialect)}`" + "".join(f", not {kind}" for kind in lacking)


def _row(row: Row) -> Sequence[str]:
    where = ", ".join(row.where) or "all"
    own = "; not in the contract" if row.own else ""
    return str(row.error.status), f"`{row.error.code}`", row.message, where, f"{row.adds}{own}".removeprefix("; ")


def _unused(row: Unused) -> Sequence[str]:
    return str(row.status), f"`{row.code}`", row.message, row.why


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))
