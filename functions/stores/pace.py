"""How many requests are under way at once, and how long to wait before one is made again.

Additive increase, multiplicative decrease, as networks share a line: each throttled request
halves the width, each one that succeeds widens it by a little.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_WAIT_SECONDS = 0.025
LONGEST_WAIT_SECONDS = 2.0


class Pace:
    """A width between one and `widest`, shared by the threads of one writer."""

    def __init__(self, widest: int) -> None:
        self._widest = widest
        self._width = float(widest)
        self._under_way = 0
        self._changed = threading.Condition()

    @property
    def width(self) -> int:
        """How many requests may be under way now."""
        return int(self._width)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until there is room for one more request."""
        with self._changed:
            while self._under_way >= self.width:
                self._changed.wait()
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def succeeded(self) -> None:
        """Widen by one once as many requests have succeeded as may be under way."""
        if self._width < self._widest:
            with self._changed:
                self._width = min(self._width + 1 / self._width, self._widest)
                self._changed.notify()

    def throttled(self) -> None:
        """Halve the width."""
        with self._changed:
            self._width = max(self._width / 2, 1.0)


def wait_seconds(attempt: int) -> float:
    """Return how long to wait before trying again: exponential, with full jitter.

    `attempt` counts from 0.
    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    longest = min(FIRST_WAIT_SECONDS * 2.0**attempt, LONGEST_WAIT_SECONDS)
    return random.uniform(0, longest)  # noqa: S311 - jitter is no secret
