"""Times as the States Language and the AWS API write them."""

from __future__ import annotations

import time


def iso_milliseconds(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC.

    >>> iso_milliseconds(1.5)
    '1970-01-01T00:00:01.500Z'
    """
    milliseconds = round(at * 1000)
    seconds = time.gmtime(milliseconds // 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', seconds)}.{milliseconds % 1000:03d}Z"
