"""Functions that may be invoked soon: each is initialised once, before it is needed.

Lambda does so too, when it sees fit; a handler cannot tell.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable


class Preparation:
    """Prepares one function after the other on a thread, which starts when there are any.

    One at a time, because whoever expects them is at work as well.
    """

    def __init__(self, prepare: Callable[[str], None]) -> None:
        """`prepare` blocks until the function of that name is ready."""
        self._prepare = prepare
        self._lock = threading.Lock()
        self._expected: set[str] = set()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closed = False

    def expect(self, names: Iterable[str]) -> None:
        """Prepare what was never expected before, in this order; returns at once."""
        with self._lock:
            new = [name for name in dict.fromkeys(names) if name not in self._expected]
            if not new or self._closed:
                return
            if not self._expected:
                threading.Thread(target=self._work, name="lambda-preparation", daemon=True).start()
            self._expected.update(new)
        for name in new:
            self._waiting.put(name)

    def close(self) -> None:
        """Prepare no more."""
        with self._lock:
            self._closed = True
        self._waiting.put(None)

    def _work(self) -> None:
        while (name := self._waiting.get()) is not None and not self._closed:
            self._prepare(name)
