"""Write what follows from the template, for review: ``python -m tests.infra.snapshots``, or ``make snapshots``."""

import sys

from tests.infra.compiler import SETS, compiler, snapshot
from tests.infra.parameters import FILE, GUIDE, guide, parameters_file


def main() -> None:
    """Write a snapshot of every set of parameters, and what azd and the guide say of the parameters."""
    if compiler() is None:
        sys.exit("there is no Bicep compiler: az bicep install")
    for file in sorted(SETS.glob("*.bicepparam")):
        snapshot(file)
        print(f"wrote the snapshot {file.stem}")
    FILE.write_text(parameters_file())
    GUIDE.write_text(guide())


if __name__ == "__main__":
    main()
