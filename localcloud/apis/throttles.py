"""How many requests API Gateway lets through: a bucket of tokens for each stage and method."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable


class Throttles:
    """Each key has a bucket that fills at a rate and holds a burst.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def admits(self, key: Hashable, *, rate: float, burst: float) -> bool:
        """Take a token; False if there is none. `rate` counts tokens a second.

        >>> seconds = iter([0, 0, 0, 0.5])
        >>> throttles = Throttles(lambda: next(seconds))
        >>> [throttles.admits("form", rate=2, burst=2) for _ in range(4)]
        [True, True, False, True]
        """
        with self._lock:
            now = self._now()
            tokens, at = self._buckets.get(key, (burst, now))
            tokens = min(burst, tokens + max(0.0, now - at) * rate)
            admitted = tokens >= 1
            self._buckets[key] = (tokens - admitted, now)
            return admitted
