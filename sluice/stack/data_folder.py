"""Where a local cloud keeps what it holds, for one of them at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def reserve(folder: Path) -> int | None:
    """Reserve a data folder; None if a cloud has it.

    The result is a descriptor: the reservation lasts until every process that holds it has closed
    it, so a cloud that inherits it has the folder to its end, however it ends.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def kept_bytes(folder: Path) -> int:
    """How many bytes a data folder holds, which the next cloud reads; 0 if there is none."""
    return sum(map(_size, folder.rglob("*")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a cloud that is up writes its files anew
        return 0
