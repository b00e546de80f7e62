"""What storage's own errors mean here."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError

from shared.errors import StorageUnavailable
from shared.observing import trace


@contextmanager
def storage_faults() -> Iterator[None]:
    """Storage that does not answer, or answers what nobody here expects, is unavailable."""
    with trace.stage("storage"):
        try:
            yield
        except AzureError as fault:
            raise StorageUnavailable(f"{type(fault).__name__}: {fault.message}") from fault
