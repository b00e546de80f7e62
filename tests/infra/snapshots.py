"""Write what the template would send, for review: ``python -m tests.infra.snapshots``, or ``make snapshots``."""

import sys

from tests.infra.compiler import SETS, compiler, snapshot


def main() -> None:
    """Write a snapshot of every set of parameters."""
    if compiler() is None:
        sys.exit("there is no Bicep compiler: az bicep install")
    for file in sorted(SETS.glob("*.bicepparam")):
        snapshot(file)
        print(f"wrote the snapshot {file.stem}")


if __name__ == "__main__":
    main()
