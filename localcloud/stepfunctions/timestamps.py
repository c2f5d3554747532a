"""Times as the States Language and the AWS API write them."""

from __future__ import annotations

import time
from functools import lru_cache


def iso_milliseconds(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC.

    >>> iso_milliseconds(1.5)
    '1970-01-01T00:00:01.500Z'
    """
    seconds, milliseconds = divmod(round(at * 1000), 1000)
    return f"{_iso_seconds(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=256)
def _iso_seconds(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
