"""Running many strands at once, as Parallel and Map states do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from localcloud.stepfunctions.engine.scheduler import Promise, Scheduler, Strand

Start = Callable[[], Coroutine[Any, None, None]]


class Crew:
    """At most `limit` strands at a time; the first failure ends them all."""

    def __init__(self, scheduler: Scheduler, starts: Iterator[Start], limit: int) -> None:
        self._scheduler = scheduler
        self._starts = starts
        self._limit = limit
        self._running: dict[Strand[None], Callable[[], None]] = {}
        self._finished: Promise[None] = Promise()

    def resize(self, limit: int) -> None:
        """Let so many strands run at a time from now on; those under way are not stopped."""
        self._limit = limit
        self._hire()

    async def work(self) -> None:
        """Start strands until there are no more and all have ended.

        Raises:
            BaseException: what the first strand to fail raised; the others have been cancelled.
        """
        try:
            self._hire()
            await self._finished
        finally:
            self._dismiss()

    def _hire(self) -> None:
        while not self._finished.done and len(self._running) < self._limit:
            try:
                start = next(self._starts, None)
            except Exception as error:  # noqa: BLE001 - it belongs to the state that waits
                self._finished.fail(error)
                return
            if start is None:
                break
            strand = self._scheduler.spawn(start())
            leave = self._running[strand] = partial(self._leave, strand)
            strand.outcome.when_done(leave)
        if not self._running:
            self._finished.resolve(None)

    def _leave(self, strand: Strand[None]) -> None:
        del self._running[strand]
        try:
            strand.outcome.result()
        except BaseException as error:  # noqa: BLE001 - it belongs to the state that waits
            self._dismiss()
            self._finished.fail(error)
        else:
            self._hire()

    def _dismiss(self) -> None:
        dismissed, self._running = self._running, {}
        for strand, leave in dismissed.items():
            strand.outcome.forget(leave)
            strand.cancel()


async def run_all(scheduler: Scheduler, starts: Iterator[Start], limit: int) -> None:
    """Run what `starts` yields, at most `limit` at a time, in order of their beginning.

    Raises:
        BaseException: what the first strand to fail raised; the others have been cancelled.
    """
    await Crew(scheduler, starts, limit).work()
