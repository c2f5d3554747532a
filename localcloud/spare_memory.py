"""Gives memory that is free back to the machine, where the C library can."""

from __future__ import annotations

import ctypes
from typing import Any


def give_back() -> None:
    """Hand back what glibc keeps for later: 20 MB after a deployment."""
    library: Any = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
