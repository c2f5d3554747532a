"""How many workers may be busy at once, without ever standing still."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator


class Slots:
    """A soft bound on concurrent work.

    A worker may wait for another worker (a function that invokes a function), so a hard bound
    would deadlock. This one yields: when all slots are busy and none was given back for
    `patience_seconds`, one more is handed out.
    """

    def __init__(self, limit: int, *, patience_seconds: float = 0.5) -> None:
        self._limit = limit
        self._patience = patience_seconds
        self._busy = 0
        self._progress = time.monotonic()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Hold one slot."""
        with self._changed:
            while self._busy >= self._limit:
                wait = self._progress + self._patience - time.monotonic()
                if wait <= 0:
                    break
                self._changed.wait(wait)
            self._take()
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._progress = time.monotonic()
                self._changed.notify()

    def _take(self) -> None:
        self._busy += 1
        self._progress = time.monotonic()
