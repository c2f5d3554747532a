"""Threads for calls that block: Lambda invocations and the AWS API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from localcloud.stepfunctions.engine.scheduler import Promise, Scheduler

T = TypeVar("T")

# More calls than this wait for their turn; one thread costs about 100 KB.
_MAX_THREADS = 256


class Workers:
    """A pool that grows with demand; its threads are daemons, so that none outlives the process."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = 0
        self._unfinished = 0

    def submit(self, function: Callable[[], T]) -> Promise[T]:
        """Run a function on a thread; what it returns or raises settles the promise.

        To be called on the scheduler's thread. An abandoned promise is harmless: the call goes
        on to its end and its result is dropped.
        """
        promise: Promise[T] = Promise()
        self._unfinished += 1
        if self._unfinished > self._threads and self._threads < _MAX_THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="stepfunctions-worker", daemon=True).start()
        self._jobs.put(lambda: self._do(function, promise))
        return promise

    def close(self) -> None:
        """Let the threads end when they are done with what they do."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, function: Callable[[], T], promise: Promise[T]) -> None:
        try:
            value = function()
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the promise
            self._scheduler.post(lambda error=error: self._finish(promise.fail, error))  # type: ignore[misc]
        else:
            self._scheduler.post(lambda: self._finish(promise.resolve, value))

    def _finish(self, settle: Callable[[Any], None], value: object) -> None:
        self._unfinished -= 1
        settle(value)
