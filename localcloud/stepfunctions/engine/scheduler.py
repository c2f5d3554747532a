"""Coroutines on one thread: every running execution advances here, and nowhere else.

    Scheduler   the thread; `post` and `call` reach it from any other thread
    Strand      one coroutine under way; may be cancelled
    Promise     a value or an error that arrives once; a strand awaits it

All state of the engine belongs to the scheduler's thread, so nothing needs a lock.
A strand that waits is a parked coroutine of a few kilobytes and occupies no thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

_CLOSED: Final = "the scheduler is closed"


class CancelledError(BaseException):
    """Raised inside a strand, where it waits, once it has been cancelled."""


class Promise(Generic[T]):
    """One value or error; only the first arrival counts, later ones are ignored.

    Belongs to the scheduler's thread.
    """

    __slots__ = ("_callbacks", "_error", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[], None]] = []

    def resolve(self, value: T) -> None:
        """Deliver the value."""
        if not self.done:
            self._value = value
            self._settle()

    def fail(self, error: BaseException) -> None:
        """Deliver an error, which is raised where the promise is awaited."""
        if not self.done:
            self._error = error
            self._settle()

    def when_done(self, callback: Callable[[], None]) -> None:
        """Have the callback run on settling, or at once."""
        if self.done:
            callback()
        else:
            self._callbacks.append(callback)

    def forget(self, callback: Callable[[], None]) -> None:
        """Take a callback back; harmless when it has run."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def result(self) -> T:
        """The value, or the error raised; the promise must be done."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None only where T allows it

    def __await__(self) -> Generator[Promise[T], None, T]:
        if not self.done:
            yield self
        return self.result()

    def _settle(self) -> None:
        self.done = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class Breath:
    """Awaiting it lets every other strand that is ready go first."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield None


BREATH = Breath()


class Strand(Generic[T]):
    """A coroutine that the scheduler runs to its end."""

    __slots__ = ("_coroutine", "_scheduler", "_waits_for", "outcome")

    def __init__(self, scheduler: Scheduler, coroutine: Coroutine[Any, None, T]) -> None:
        self._scheduler = scheduler
        self._coroutine = coroutine
        self._waits_for: Promise[Any] | None = None
        self.outcome: Promise[T] = Promise()

    def cancel(self) -> None:
        """Raise `CancelledError` where the strand waits; harmless once it has ended.

        A strand must not cancel itself.
        """
        if self.outcome.done or self._scheduler.closed:
            return
        if self._waits_for is not None:
            self._waits_for.forget(self._wake)
            self._waits_for = None
        self._advance(CancelledError())

    def drop(self) -> None:
        """Forget the coroutine where it stands; only its `finally` clauses still run."""
        self._coroutine.close()

    def advance(self) -> None:
        """Run until the strand waits or ends."""
        if not self.outcome.done:
            self._advance(None)

    def _advance(self, error: BaseException | None) -> None:
        self._waits_for = None
        coroutine = self._coroutine
        try:
            waits_for = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as end:
            self.outcome.resolve(end.value)
        except BaseException as failure:  # noqa: BLE001 - the strand's outcome, whatever it is
            self.outcome.fail(failure)
        else:
            if waits_for is None:
                self._scheduler.ready.append(self)
            else:
                self._waits_for = waits_for
                waits_for.when_done(self._wake)

    def _wake(self) -> None:
        self._waits_for = None
        self._scheduler.ready.append(self)


class Scheduler:
    """Runs strands, and calls from other threads, one at a time and in turn.

    Once `closed`, whatever still waits is forgotten, not cancelled: it leaves no traces.
    """

    def __init__(self) -> None:
        self.ready: deque[Strand[Any]] = deque()
        self._open: set[Future[Any]] = set()
        self._mail: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.closed = False
        self._thread = threading.Thread(target=self._run, name="stepfunctions", daemon=True)
        self._thread.start()

    def spawn(self, coroutine: Coroutine[Any, None, T]) -> Strand[T]:
        """Start a strand; to be called on the scheduler's thread."""
        strand = Strand(self, coroutine)
        self.ready.append(strand)
        return strand

    def post(self, action: Callable[[], None]) -> None:
        """Have the action run on the scheduler's thread, soon; never blocks."""
        self._mail.put(action)

    def call(self, function: Callable[[], T | Coroutine[Any, None, T]]) -> T:
        """Run a function there and wait for its result; a coroutine is run to its end.

        Raises:
            RuntimeError: the scheduler is closed, or was before the result was there.
        """
        if self.closed:
            raise RuntimeError(_CLOSED)
        reply: Future[T] = Future()
        self._open.add(reply)
        reply.add_done_callback(self._open.discard)
        self.post(lambda: self._answer(function, reply))
        return reply.result()

    def close(self) -> None:
        """End the thread; strands that wait are forgotten."""
        self.closed = True
        self._mail.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _answer(
        self, function: Callable[[], T | Coroutine[Any, None, T]], reply: Future[T]
    ) -> None:
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - it belongs to the caller
            reply.set_exception(error)
            return
        if isinstance(result, Coroutine):
            outcome = self.spawn(result).outcome
            outcome.when_done(lambda: _transfer(outcome, reply))
        else:
            reply.set_result(result)

    def _run(self) -> None:
        mail, ready = self._mail, self.ready
        while not self.closed:
            if not ready or not mail.empty():
                action = mail.get()
                if action is not None:
                    self._act(action)
            if ready:
                ready.popleft().advance()
        for strand in ready:
            strand.drop()
        for reply in tuple(self._open):
            if not reply.done():
                reply.set_exception(RuntimeError(_CLOSED))

    def _act(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # the thread outlives any one action
            log.exception("an action on the scheduler's thread failed")


def _transfer(outcome: Promise[T], reply: Future[T]) -> None:
    try:
        reply.set_result(outcome.result())
    except BaseException as error:  # noqa: BLE001 - it belongs to the caller
        reply.set_exception(error)
