"""How many operations clients find described: each in every version, for every family that has it."""

from typing import Final

from functions.contract.operations import spoken

DESCRIBED: Final = sum(len(operation.families()) for operation, _ in spoken())
