"""Parts: rows collected up to a limit, digested, and handed to wherever they are kept."""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pipeline.report import Part

Kind = Literal["valid", "rejected", "rejected_csv"]

MAX_PART_BYTES = 32 * 1024 * 1024
"""Bounds memory whatever the rows' size."""


class Sink(Protocol):
    """Keeps the bytes of parts."""

    def put(self, kind: Kind, index: int, body: bytes) -> str:
        """Keep one part; return the key under which it will be found."""


@dataclass(kw_only=True, slots=True)
class PartWriter:
    """Collects rows of one kind into parts; all parts so far are in `parts`."""

    sink: Sink
    kind: Kind
    max_rows: int
    head: bytes = b""
    compress: bool = False
    parts: list[Part] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)
    _bytes: int = 0

    def add(self, lines: Sequence[bytes], file_index: int | None = None) -> None:
        """Add rows, each without its line end; whole parts are handed on at once."""
        at = 0
        while at < len(lines):
            taken = lines[at : at + self.max_rows - len(self._lines)]
            at += len(taken)
            self._lines += taken
            self._bytes += sum(map(len, taken))
            if len(self._lines) >= self.max_rows or self._bytes >= MAX_PART_BYTES:
                self.flush(file_index)

    def flush(self, file_index: int | None = None) -> None:
        """Hand on what is left, for instance at the end of a file."""
        if not self._lines:
            return
        body = self.head + b"\n".join(self._lines) + b"\n"
        stored = gzip.compress(body, compresslevel=6, mtime=0) if self.compress else body
        index = len(self.parts)
        self.parts.append(
            Part(
                index=index,
                key=self.sink.put(self.kind, index, stored),
                bytes=len(stored),
                rows=len(self._lines),
                sha256=hashlib.sha256(stored).hexdigest(),
                file_index=file_index,
            )
        )
        self._lines, self._bytes = [], 0


def json_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON Lines hold it, without its line end."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
