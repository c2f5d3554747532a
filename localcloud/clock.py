"""One clock and one place for timers, which tests can move."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

Action = Callable[[], None]


@dataclass(slots=True, order=True)
class Timer:
    """An action that is due at a time; `cancel` makes it do nothing."""

    when: float
    order: int
    action: Action | None = field(compare=False)

    def cancel(self) -> None:
        """Forget the action; harmless when it has run already."""
        self.action = None


class Clock:
    """Wall time plus an offset that only ever grows, and the timers that hang on it.

    Actions run one after another on the clock's own thread, so they must be short:
    anything that blocks belongs on a thread of its own.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._timers: list[Timer] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time() + self._offset

    def call_at(self, when: float, action: Action) -> Timer:
        """Run `action` once `now()` has reached `when` (seconds since the epoch)."""
        timer = Timer(when, next(self._order), action)
        with self._changed:
            heapq.heappush(self._timers, timer)
            if self._timers[0] is timer:
                self._changed.notify()
        return timer

    def call_later(self, seconds: float, action: Action) -> Timer:
        """Run `action` once so many seconds of this clock have passed."""
        return self.call_at(self.now() + seconds, action)

    def advance(self, seconds: float) -> None:
        """Move the clock forward; whatever has become due runs at once, in order."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, not by {seconds} s")
        with self._changed:
            self._offset += seconds
            self._changed.notify()

    def close(self) -> None:
        """Drop all timers and end the thread."""
        with self._changed:
            self._closed = True
            self._timers.clear()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (timer := self._next_due()) is not None:
            action = timer.action
            if action is None:
                continue
            try:
                action()
            except Exception:  # the clock outlives any one timer
                log.exception("a timer failed")

    def _next_due(self) -> Timer | None:
        with self._changed:
            while not self._closed:
                if not self._timers:
                    self._changed.wait()
                elif (wait := self._timers[0].when - self.now()) > 0:
                    self._changed.wait(min(wait, threading.TIMEOUT_MAX))
                else:
                    return heapq.heappop(self._timers)
            return None
