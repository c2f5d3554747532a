"""Where the local cloud of `--local` commands keeps what it holds, for one of them at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reserved(folder: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Reserve a data folder; waits for the command that has it.

    Yields a descriptor: the reservation lasts until every process that holds it has ended.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command uses this checkout's local cloud: waiting for its end …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
