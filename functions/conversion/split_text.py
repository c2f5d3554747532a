"""The text of one split on disk, and its records found again by their ordinals."""

import mmap
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from conversion.splits import Split
from conversion.storage import Storage
from pipeline.errors import EngineError

HEAD = b"-\n"
"""The first line of the copy, which readers skip: what follows is never taken for a byte order
mark."""

_SPARE_CHARACTERS = tuple(
    chr(code) for code in (*range(0x01, 0x09), *range(0x0E, 0x20), *range(0xFDD0, 0xFDF0))
)
_SEARCH_BYTES = 16 * 1024
"""Few rejects: most blocks hold none. Where each line is a record (none is blank, none spans
lines), counting their line feeds is enough."""

Record = tuple[int, bytes]
"""Physical line, and the record as it stands in the file, without its line end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitText:
    """A copy of one split, after one line that is not part of it."""

    path: Path
    split: Split
    quote: bytes
    is_multiline: bool

    def finder(self) -> Callable[[int], Record]:
        """Return a function from ordinals in the file to records.

        It reads the text once, so it has to be asked in ascending order.
        """
        found = self._found()
        next(found)
        return found.send

    def _found(self) -> Generator[Record, int, None]:
        wanted = yield 0, b""
        ordinal, line = self.split.first_record, self.split.first_line
        with self.path.open("rb") as file:
            blocks = [(len(block), _lines_in(block)) for block in self._blocks(file)]
            is_plain = sum(lines for _, lines in blocks) == self.split.records
            offset = len(HEAD)
            for size, lines in blocks:
                records = lines
                if not is_plain:
                    records = _records_in(self._outside_quotes(_read(file, offset, size)))
                end = ordinal + records
                if wanted < end:
                    record = self._records(_read(file, offset, size), line, records)
                    while wanted < end:
                        wanted = yield record(wanted - ordinal)
                ordinal, line, offset = end, line + lines, offset + size

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        """Return whole records, some at a time."""
        file.seek(len(HEAD))
        while block := file.read(_SEARCH_BYTES):
            block += file.readline()
            while self.is_multiline and block.count(self.quote) % 2:
                block += file.readline()
            yield block

    def _outside_quotes(self, block: bytes) -> bytes:
        if not self.is_multiline or self.quote not in block:
            return block
        return self.quote.join(block.split(self.quote)[::2])

    def _records(self, block: bytes, line: int, records: int) -> Callable[[int], Record]:
        """Return a function from positions to the records of a block, which are so many."""
        lines = block.removesuffix(b"\n").split(b"\n")
        if len(lines) == records:
            return lambda at: (line + at, lines[at].removesuffix(b"\r"))
        return list(self._joined(lines, line)).__getitem__

    def _joined(self, lines: Sequence[bytes], line: int) -> Iterator[Record]:
        """Return the records that some lines are, but for blank ones."""
        pending: list[bytes] = []
        is_open = False
        for physical in lines:
            if self.is_multiline and physical.count(self.quote) % 2:
                is_open = not is_open
            pending.append(physical)
            if not is_open:
                record = b"\n".join(pending).removesuffix(b"\r")
                if record:
                    yield line, record
                line += len(pending)
                pending = []

    def absent_character(self) -> str:
        """Return a character that the text does not hold.

        Raises:
            EngineError: It holds every control character and noncharacter there is.
        """
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            absent = (c for c in _SPARE_CHARACTERS if content.find(c.encode()) < 0)
            for character in islice(absent, 1):
                return character
        raise EngineError("the text holds every control character and noncharacter there is")


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _lines_in(block: bytes) -> int:
    """Count the lines, of which the last one may lack its end."""
    return block.count(b"\n") + (not block.endswith(b"\n"))


def _records_in(outer: bytes) -> int:
    """Count the lines that are not blank."""
    lines = outer.removesuffix(b"\n").split(b"\n")
    return len(lines) - lines.count(b"") - lines.count(b"\r")


def fetched(
    storage: Storage, file: Mapping[str, Any], split: Split, quote: str, path: Path
) -> SplitText:
    """Copy the text of a split to `path`.

    Raises:
        EngineError: The stored text is shorter than the validator's.
    """
    with path.open("wb") as target:
        target.write(HEAD)
        for piece in storage.pieces(file["uri"], split.offset, split.offset + split.bytes):
            target.write(piece)
        copied = target.tell() - len(HEAD)
    if copied != split.bytes:
        raise EngineError(f"the text has {copied} bytes where the validator read {split.bytes}")
    return SplitText(
        path=path, split=split, quote=quote.encode(), is_multiline=bool(file["multiline"])
    )
