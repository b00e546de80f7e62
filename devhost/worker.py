"""The real Python worker, in this process: indexing and invoking functions through its request coroutines.

The library keeps global state, so that one process can host one app.
"""

import asyncio
import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import azure_functions_runtime as runtime

from devhost.errors import FunctionFailedError, SetupError
from devhost.log import TRACE
from devhost.messages import Message, ParameterBinding, Protos, StatusResult

_log = logging.getLogger(__name__)
_worker_log = logging.getLogger("azure.functions")
_PROTOS = Protos()
_SCRIPT = "function_app.py"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the app and its trigger's binding, as function.json would have it."""

    id: str
    name: str
    trigger: dict[str, object]

    @property
    def kind(self) -> str:
        """The trigger's type, such as `httpTrigger`."""
        return str(self.trigger["type"])


class Worker:
    """The indexed app."""

    def __init__(self, functions: list[Function], timeout: timedelta | None) -> None:
        self.functions = functions
        self._seconds = timeout.total_seconds() if timeout else None

    async def invoke(
        self, function: Function, data: Message, trace_parent: str = "", metadata: dict[str, Message] | None = None
    ) -> Message | None:
        """Run a function on its trigger's data, of which `metadata` tells more, and return its `$return` value.

        Raises:
            FunctionFailedError: it has none; the log says why.
        """
        invocation = _invocation(function, data, trace_parent, metadata or {})
        try:
            async with asyncio.timeout(self._seconds):
                reply = await runtime.invocation_request(_envelope(invocation_request=invocation))
        except TimeoutError as error:
            _log.error("Function '%s' ran longer than functionTimeout (%s s)", function.name, self._seconds)
            raise FunctionFailedError(function.name) from error
        if reply.result.status != StatusResult.Success:
            _log.error("Function '%s' failed", function.name, extra={TRACE: reply.result.exception.stack_trace})
            raise FunctionFailedError(function.name)
        value: Message | None = reply.return_value
        return value

    def stop(self) -> None:
        """Wait for the threads of synchronous functions."""
        runtime.stop_threadpool_executor()


async def start_worker(root: Path, timeout: timedelta | None) -> Worker:
    """Index the app in `root`, in the order of messages in which the host drives the worker."""
    if not (root / _SCRIPT).is_file():
        raise SetupError(f"no {_SCRIPT} in {root}")
    sys.path.insert(0, str(root))
    runtime.start_threadpool_executor()
    _worker_log.disabled = True  # it would log an indexing error at length, which its reply tells as well
    init = Message(capabilities={}, function_app_directory=str(root))
    _check((await runtime.worker_init_request(_envelope(worker_init_request=init))).result, root)
    _worker_log.disabled = False
    reply = await runtime.functions_metadata_request(_envelope())
    functions = [_function(metadata) for metadata in reply.function_metadata_results or ()]
    enabled = [function for function in functions if not _disabled(function.name)]
    if not enabled:
        raise SetupError(f"{_SCRIPT} registers no function that is enabled")
    return Worker(enabled, timeout)


def _check(result: Message, root: Path) -> None:
    if result.status == StatusResult.Success:
        return
    message = result.exception.message.partition(". Cannot find module.")[0]  # what follows is all of sys.path
    places = re.findall(rf'File "{re.escape(str(root))}/(?!\.venv)(.+?)", line (\d+)', result.exception.stack_trace)
    place = " ({}, line {})".format(*places[-1]) if places else ""
    raise SetupError(f"cannot index {_SCRIPT}: {message}{place}")


def _disabled(name: str) -> bool:
    return os.environ.get(f"AzureWebJobs.{name}.Disabled", "").lower() in ("true", "1")


def _function(metadata: Message) -> Function:
    trigger = next(_triggers(metadata.raw_bindings))
    return Function(metadata.function_id, metadata.name, trigger)


def _triggers(raw_bindings: list[str]) -> Iterator[dict[str, object]]:
    bindings: Iterator[dict[str, object]] = map(json.loads, raw_bindings)
    return (binding for binding in bindings if str(binding["type"]).lower().endswith("trigger"))


def _envelope(**request: Message) -> Message:
    return Message(request=Message(**request), properties={"protos": _PROTOS, "host": "127.0.0.1"})


def _invocation(function: Function, data: Message, trace_parent: str, metadata: dict[str, Message]) -> Message:
    return Message(
        invocation_id=str(uuid.uuid4()),
        function_id=function.id,
        input_data=[ParameterBinding(name=function.trigger["name"], data=data)],
        trigger_metadata=metadata,
        trace_context=Message(trace_parent=trace_parent, trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
