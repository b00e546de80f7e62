"""One entry to the commands for people: ``python -m tools <verb>``.

Each verb is a module of this shape, imported only when its verb is given:

    PROBLEMS                what it raises that is said in one line instead of a traceback
    add_arguments(parser)   its options; its docstring is its help
    run(options)            do it; the exit status, None for 0
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol, cast


class Command(Protocol):
    """What the module of a verb holds."""

    PROBLEMS: tuple[type[Exception], ...]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, options: argparse.Namespace) -> int | None:
        """Do what the verb says."""


@dataclass(frozen=True)
class Verb:
    """One command.

    Attributes:
        name: as it is typed.
        summary: what it does, in a line of the overview.
        module: of the shape of ``Command``.
    """

    name: str
    summary: str
    module: str

    def command(self) -> Command:
        """The module, imported now."""
        return cast("Command", import_module(self.module))


VERBS: Final = (
    Verb("demo", "enroll people, verify them, identify them, and print a table", "tools.demo.command"),
    Verb("enroll", "enroll many people from a table, through the API", "tools.enroll.command"),
    Verb("run", "serve on this machine until Ctrl-C", "tools.run"),
    Verb("accuracy", "error rates on recordings, or on a table of comparisons", "tools.accuracy.command"),
    Verb("calibrate", "fit the scores, and write them into a bundle's manifest", "tools.calibrate.command"),
    Verb("turns", "who spoke when in a recording, by name where the voice is known", "tools.turns.command"),
    Verb("der", "how right turns and names are, on conversations", "tools.turns.report"),
    Verb("phrases", "what is accepted as a phrase and what is not, on recordings", "tools.phrases.command"),
    Verb("bench", "speed and memory, with a peer in the same run", "tools.bench.command"),
    Verb("history", "speed of commits, kept with a table and a picture", "tools.bench.history"),
    Verb("bundle", "build the model bundles that are not there yet", "tools.bundle.command"),
    Verb("ranges", "where the activations of the embedder lie, for its 8 bits", "tools.bundle.int8"),
    Verb("misread", "what recordings of a wrong rate have in common, for a bundle", "tools.bundle.misread"),
    Verb("package", "the deployable zip", "tools.package.command"),
    Verb("notices", "the licence notices and the bill of materials that go with it", "tools.package.notices"),
    Verb("bytecode", "compile the modules that go into it", "tools.package.bytecode"),
    Verb("doctor", "what is ok, wrong or unknown, and what to do", "tools.doctor.command"),
    Verb("upkeep", "do at once what the timer does in slices", "tools.upkeep"),
    Verb("forget", "delete every profile of a family, or of all, after asking", "tools.forget"),
    Verb("audit", "is the audit trail whole, and what does it say of a profile?", "tools.audit"),
    Verb("keys", "wrap the keys of sealed voices anew", "tools.keys"),
    Verb("docs", "write the parts of the pages that are made from the code", "tools.docs"),
    Verb("picture", "draw the picture of the console in the README", "tools.picture"),
    Verb("voices", "speak the synthetic clips of demo or phrases again", "tools.voices"),
)


def main(arguments: Sequence[str] | None = None) -> int | None:
    """Run the verb that the command line names; returns the exit status.

    Raises:
        SystemExit: the command line is wrong, or the command met one of its ``PROBLEMS``.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given[:1]).parse_args(given)
    command: Command = options.command
    try:
        return command.run(options)
    except command.PROBLEMS as problem:
        sys.exit(f"{given[0]}: {problem}")


def _parser(chosen: list[str]) -> argparse.ArgumentParser:
    """Of all verbs by name and summary, and of the chosen one by its options."""
    parser = argparse.ArgumentParser("python -m tools", description="Commands for people.")
    places = parser.add_subparsers(title="verbs", metavar="verb", required=True)
    for verb in VERBS:
        form = argparse.RawDescriptionHelpFormatter
        place = places.add_parser(verb.name, help=verb.summary, formatter_class=form)
        if [verb.name] == chosen:
            command = verb.command()
            place.description = command.__doc__
            place.set_defaults(command=command)
            command.add_arguments(place)
    return parser
