"""Which version of the service this is: the one place that says so; CHANGELOG.md says what is in it."""

from typing import Final

VERSION: Final = "0.2.0"
RELEASED: Final = "2026-11-25"
"""ISO date of this version."""
