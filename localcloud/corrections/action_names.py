"""moto inspects the whole class of a service at each request to find out what it can do.

Here it does so once for each class.
"""

from __future__ import annotations

import functools
from typing import Any

import moto.core.responses


def look_once() -> None:
    """Remember the names of the methods of each class of responses."""
    responses: Any = moto.core.responses
    find = responses.method_names_from_class
    if not hasattr(find, "__wrapped__"):
        responses.method_names_from_class = functools.cache(find)
