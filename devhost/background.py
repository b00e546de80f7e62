"""Functions that no request starts: timers, queues and the warm-up."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from devhost.errors import FunctionFailedError
from devhost.messages import Message
from devhost.settings import Settings, resolved
from devhost.timers import Schedule, parse_schedule, run_timer, timer_info
from devhost.worker import Function, Worker

if TYPE_CHECKING:
    from devhost.queues import Listener


class Background:
    """Runs timer, queue and warm-up functions: by schedule, by message, or by hand."""

    def __init__(self, worker: Worker, settings: Settings) -> None:
        self._worker = worker
        self._warmups = {f.name: f for f in worker.functions if f.kind == "warmupTrigger"}
        self._timers = {f.name: (f, _schedule(f)) for f in worker.functions if f.kind == "timerTrigger"}
        self._listeners = _listeners(worker, settings)
        self._listening: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start every timer and every queue's listener, and warm the app up once."""
        for name in self._warmups:
            self.run(name)
        for function, schedule in self._timers.values():
            self._start_timer(function, schedule)
        self._listening = [asyncio.create_task(listener.listen()) for listener in self._listeners]

    def run(self, name: str) -> bool:
        """Run a function now, without waiting for it; False if there is no such timer or warm-up function."""
        if name in self._warmups:
            self._spawn(self._invoke(self._warmups[name], "{}"))
        elif name in self._timers:
            function, schedule = self._timers[name]
            now = datetime.now(UTC)
            self._spawn(self._invoke(function, timer_info(now, schedule.after(now))))
        return name in self._warmups or name in self._timers

    async def stop(self, grace: float) -> None:
        """Stop every timer, and let messages that run end within so many seconds."""
        for listener in self._listeners:
            listener.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listening:
            _, late = await asyncio.wait(self._listening, timeout=grace)
            for task in late:
                task.cancel()

    def _start_timer(self, function: Function, schedule: Schedule) -> None:
        async def tick(info: str) -> None:
            await self._invoke(function, info)

        self._spawn(run_timer(schedule, tick, run_now=function.trigger.get("runOnStartup") is True))

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _invoke(self, function: Function, data: str) -> None:
        with suppress(FunctionFailedError):  # the worker has logged it
            await self._worker.invoke(function, Message(json=data))


def _schedule(function: Function) -> Schedule:
    """Parse a timer's schedule, in which `%NAME%` stands for a setting."""
    schedule = parse_schedule(resolved(str(function.trigger["schedule"]), "a timer's schedule"))
    schedule.after(datetime.now(UTC))  # or it never occurs
    return schedule


def _listeners(worker: Worker, settings: Settings) -> list["Listener"]:
    if all(function.kind != "queueTrigger" for function in worker.functions):
        return []  # an app without queues needs no client for them
    from devhost.queues import listeners

    return list(listeners(worker, settings))
