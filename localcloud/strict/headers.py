"""The headers that every answer has, whichever service gives it."""

from __future__ import annotations

import functools
import os
import time
from email.utils import formatdate


def usual_headers() -> dict[str, str]:
    """When it was given, and the id of its request."""
    return {"Date": _date(int(time.time())), "x-amzn-requestid": os.urandom(26).hex().upper()}


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    """The header that the server would otherwise format anew for each answer."""
    return formatdate(second, usegmt=True)
