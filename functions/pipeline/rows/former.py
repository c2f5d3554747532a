"""What the table held before a run wrote over it: kept beside the run, so that it can be undone.

A row that met nothing is not listed. Of one that met this run's own write, because an attempt
before had made it, nobody knows what was there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.rows.items import Item


@dataclass(frozen=True, kw_only=True, slots=True)
class Former:
    """What one row replaced."""

    key: Item
    """The key attributes."""
    item: Item | None
    """`None` if nobody knows."""


def packed(formers: Iterable[Former]) -> bytes:
    """Return gzipped JSON Lines, the same bytes for the same items."""
    lines = (
        json.dumps({"key": each.key, "item": each.item}, separators=(",", ":"), ensure_ascii=False)
        for each in formers
    )
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def unpacked(content: bytes) -> Iterator[Former]:
    """Yield what was packed."""
    for line in gzip.decompress(content).splitlines():
        document = json.loads(line)
        yield Former(key=document["key"], item=document["item"])
