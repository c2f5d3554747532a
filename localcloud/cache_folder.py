"""Where what saves time is kept from one cloud to the next, and for how long."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def default_cache_dir() -> Path:
    """The user's cache: one serves all projects and clouds."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "sluice"


def used(kept: Path) -> None:
    """Remember that something in the cache was used just now."""
    with contextlib.suppress(OSError):  # a cache that may only be read serves, too
        os.utime(kept)


def keep(kept: Path, content: bytes) -> None:
    """Put something into the cache in one step, as other clouds do the same.

    Raises:
        OSError: the cache may not be written, or the disk is full.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(kept)


def drop_unused(folder: Path, pattern: str, *, latest: int, idle_seconds: float = 0.0) -> None:
    """Remove what was not used for `idle_seconds`, but never the `latest` that were used."""
    before_ns = time.time_ns() - int(idle_seconds * 1e9)
    with contextlib.suppress(FileNotFoundError):  # another cloud does the same
        by_use = sorted((kept.stat().st_mtime_ns, kept) for kept in folder.glob(pattern))
        for used_ns, kept in by_use[:-latest]:
            if used_ns <= before_ns:
                kept.unlink()
