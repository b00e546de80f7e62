"""The log: one line an entry, whatever a caller sends."""

import logging
import re
from types import TracebackType
from typing import Final

type _ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

TRACE: Final = "trace"
"""Name of the `extra` of a record that holds a traceback; its lines are shown below the entry, indented."""

_NOISY_LOGGERS: Final = ("asyncio", "azure", "urllib3")  # azure.functions is the worker
_UNSEEN: Final = re.compile(r"[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def configure_logging() -> None:
    """Send the app's logs to stderr from INFO up; what its libraries and the worker say from WARNING up."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def visible(text: str) -> str:
    """The text with what moves a terminal's cursor, ends a line or turns its direction written as an escape."""
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class Formatter(logging.Formatter):
    """Writes an entry in one line, and the lines of a traceback below it, indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """The line of an entry, and its `TRACE`."""
        trace = str(getattr(record, TRACE, ""))
        return visible(super().formatMessage(record)) + (f"\n{_indented(trace)}" if trace else "")

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802  logging's name
        """The lines of a traceback."""
        return _indented(super().formatException(ei))


def _indented(trace: str) -> str:
    return "\n".join(f"    {visible(line)}" for line in trace.rstrip().split("\n"))
