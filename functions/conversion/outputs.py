"""Parts: rows collected up to a limit, digested, and handed to wherever they are kept."""

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from conversion.text_stream import Texts

MAX_PART_BYTES = 32 * 1024 * 1024
"""Bounds memory whatever the rows' size."""


class Sink(Protocol):
    """Keeps the bytes of parts."""

    def put(self, name: str, body: bytes) -> None:
        """Keep the bytes of one part under a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenPart:
    """One object of rows, named below the folder of the attempt."""

    name: str
    bytes: int
    rows: int
    sha256: str
    values: Counter[str] = field(default_factory=Counter)
    """How many rows have a value of each field, where that is counted."""


@dataclass(kw_only=True, slots=True)
class PartWriter:
    """Collects rows of one kind into parts; all parts so far are in `parts`."""

    sink: Sink
    name_of: Callable[[int], str]
    max_rows: int
    head: bytes = b""
    counted: Sequence[str] = ()
    """Fields whose values are counted."""
    parts: list[WrittenPart] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _rows: int = 0

    def add(self, line: bytes) -> None:
        """Add one row, without its line end."""
        self._take(line + b"\n", rows=1)

    def add_rows(self, texts: Texts, at: int, end: int) -> None:
        """Add rows `at` to `end` (exclusive), each with its line end; whole parts go at once."""
        while at < end:
            until = self._last_to_fit(texts, at, end)
            piece = bytes(texts.data[texts.ends[at] : texts.ends[until]])
            self._take(piece, rows=until - at)
            at = until

    def _last_to_fit(self, texts: Texts, at: int, end: int) -> int:
        """Return where the rows end that this part takes: at least one, by rows and by bytes."""
        by_rows = min(end, at + self.max_rows - self._rows)
        limit = texts.ends[at] + MAX_PART_BYTES - self._bytes
        return bisect_left(texts.ends, limit, at + 1, by_rows)

    def _take(self, piece: bytes, *, rows: int) -> None:
        self._pieces.append(piece)
        self._bytes += len(piece)
        self._rows += rows
        if self._rows >= self.max_rows or self._bytes >= MAX_PART_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is left."""
        if not self._rows:
            return
        body = b"".join([self.head, *self._pieces] if self.head else self._pieces)
        name = self.name_of(len(self.parts))
        self.sink.put(name, body)
        self.parts.append(
            WrittenPart(
                name=name,
                bytes=len(body),
                rows=self._rows,
                sha256=hashlib.sha256(body).hexdigest(),
                values=Counter({name: values_of(name, body) for name in self.counted}),
            )
        )
        self._pieces, self._bytes, self._rows = [], 0, 0


def values_of(name: str, lines: bytes) -> int:
    """Return how many of some JSON lines have a member of that name.

    A name in quotes before a colon stands in no value: quotes in values are escaped.

    >>> values_of("a", b'{"a":"b"}') + values_of("a", b'{"b":"a"}')
    1
    """
    member = json.dumps(name, ensure_ascii=False).encode() + b":"
    return lines.count(b"{" + member) + lines.count(b"," + member)


def json_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON Lines hold it, without its line end."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
