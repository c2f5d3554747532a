"""Which of two files is newer, even within one second of S3's clock (decision 0003)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime


def merged(known: Sequence[str], listed: Sequence[str]) -> tuple[str, ...]:
    """Return the versions of a key and second in their order, the oldest first.

    `known` is what was merged before, `listed` what exists now, oldest first (repeats are fine).
    A version is taken away only after it was merged, and each merge holds all that exist,
    so what is not known yet is newer than all that is.

    >>> merged(["a", "b"], ["b", "c"])
    ('a', 'b', 'c')
    """
    return tuple(dict.fromkeys((*known, *listed)))


def source_version(second: datetime, rank: int, key: str) -> str:
    """Return the text by which two files are ordered: second, rank within it, key's digest.

    >>> source_version(datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC), 2, "incoming/a/b.csv")
    '2026-11-21T04:05:06Z#0002#a705e0a2'
    """
    moment = second.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{moment}#{rank:04d}#{hashlib.sha256(key.encode()).hexdigest()[:8]}"
