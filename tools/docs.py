"""Write the parts of the documentation that are made from the code."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from functions.contract import details
from functions.contract.catalogue import NEVER, Unused, causes
from functions.contract.dialects import DIALECTS, Dialect
from functions.contract.operation import Operation
from functions.contract.operations import OPERATIONS
from functions.contract.shapes import ListOf, Shape
from shared.errors import SpeakerError
from shared.settings import ROOT, SETTINGS
from shared.settings.readers import Setting
from shared.voices.standing import ANSWERS, Act, Answer, Served, Standing
from tools.bench import kept
from tools.formats import formats

PROBLEMS: Final = ()


def endpoints() -> str:
    """Every operation under every version, below the path of a family."""
    versions = [f"{dialect.version}, below<br>`/{dialect.base}`" for dialect in DIALECTS]
    return _table(["operation", *versions, "status"], map(_endpoint, OPERATIONS.values()))


def errors() -> str:
    """The errors that are answered."""
    return _table(["status", "code", "message", "where", "note"], map(_cause, causes()))


def errors_never_answered() -> str:
    """The contract's errors that have no meaning here."""
    return _table(["status", "code", "message", "why not"], map(_unused, NEVER))


def settings() -> str:
    """Every setting."""
    return _table(["setting", "default", "meaning", "parameter of the template"], map(_setting, SETTINGS.values()))


def what_details_say() -> str:
    """What callers who ask for details are told, document by document."""
    shapes: dict[str, Shape[Any]] = {
        "enrollment": details.ENROLLMENT_DETAILS,
        "verification": details.VERIFICATION_DETAILS,
        "identification": details.IDENTIFICATION_DETAILS,
        "a profile": details.PROFILE_DETAILS,
    }
    rows = [(name, *row) for name, shape in shapes.items() for row in _fields(shape)]
    return _table(["of", "field", "meaning"], rows)


def what_is_read() -> str:
    """Every container and codec."""
    return _table(["container", "codec", "outcome"], [(each.container, each.codec, each.outcome) for each in formats()])


def standings() -> str:
    """What every operation answers wherever a profile stands."""
    rows = [(act.value, *(_answer(ANSWERS[standing][act]) for standing in Standing)) for act in Act]
    return _table(["", *(f"`{standing.value}`" for standing in Standing)], rows)


def measured_commits() -> str:
    """Figures of commits, by machine; those of one are not compared with those of another."""
    tables = (f"\n{place}:\n\n{_table(kept.HEAD, rows)}\n" for place, rows in kept.tables(kept.read()))
    return "".join(tables) or "\nNothing was measured yet.\n\n"


PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "docs/api.md": {"endpoints": endpoints, "details": what_details_say},
    "docs/formats.md": {"formats": what_is_read},
    "docs/errors.md": {"errors": errors, "never": errors_never_answered},
    "docs/performance.md": {"commits": measured_commits},
    "docs/settings.md": {"settings": settings},
    "docs/trust.md": {"standings": standings},
}
"""What writes a text, by file and by the name of the markers between which it stands."""

COPIES: Final = {
    f"functions/console/{name}": f"docs/{name}"
    for name in ("accuracy-det.svg", "accuracy-scores.svg", "accuracy-channels.svg")
}
"""Pictures that the console shows: pages of documentation are not deployed."""


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
    """Write every part and copy."""
    for name in PARTS:
        (ROOT / name).write_text(written(name))
    for name, source in COPIES.items():
        (ROOT / name).write_bytes((ROOT / source).read_bytes())


def _endpoint(operation: Operation) -> Sequence[str]:
    only = [words[0] for words in (operation.modes, operation.dependencies) if len(words) == 1]
    kinds = f" ({', '.join(only)} only)" if only else ""
    status = " / ".join(
        dict.fromkeys(str(each) for version in operation.dialects for each in operation.successes(version))
    )
    return operation.summary + kinds, *(_request(operation, dialect) for dialect in DIALECTS), status


def _request(operation: Operation, dialect: Dialect) -> str:
    return f"`{operation.method} {operation.path(dialect)}`" if dialect in operation.dialects else ""


def _cause(cause: type[SpeakerError]) -> Sequence[str]:
    where = ", ".join(cause.where) or "all"
    own = "; not in the contract" if cause.own else ""
    message = re.sub(r"\{(\w+)[^}]*\}", r"*\1*", f"{cause.says} {cause.adds}".strip())
    return str(cause.status), f"`{cause.code}`", message, where, f"{cause.note}{own}".removeprefix("; ")


def _setting(setting: Setting) -> Sequence[str]:
    default = f"`{setting.default}`" if setting.default else "*(empty)*"
    return f"`{setting.name}`", default, setting.meaning, f"`{setting.parameter}`" if setting.parameter else ""


def _fields(shape: Shape[Any], under: str = "") -> Iterator[tuple[str, str]]:
    for field in shape.fields:
        kind = field.kind.items if isinstance(field.kind, ListOf) else field.kind
        yield f"`{under}{field.name}`", field.says
        if isinstance(kind, Shape):
            yield from _fields(kind, f"{under}{field.name}.")


def _answer(answer: Answer) -> str:
    if isinstance(answer, Served):
        return answer.value
    return f"{answer.status} `{answer.code}`{f', `{answer.reason}`' if answer.reason else ''}"


def _unused(row: Unused) -> Sequence[str]:
    return str(row.status), f"`{row.code}`", row.message, row.why


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))
