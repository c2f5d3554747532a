"""A staged file as DuckDB can read it exactly: plain text, one record per line, nothing blank.

Most files are so already. Others (compressed, with line ends of both kinds, blank lines, or line
ends inside quotes) are rewritten once: line ends inside quotes become two characters that the file
does not hold, and come back when values are delivered.
"""

import bisect
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.byte_source import LocalFile
from pipeline.errors import SluiceError
from pipeline.file_text import text_of
from pipeline.header_check import BOM

_SPARE_CHARACTERS = tuple(
    chr(code) for code in (*range(0x01, 0x09), *range(0x0E, 0x20), *range(0xFDD0, 0xFDF0))
)
_SEARCH_BYTES = 64 * 1024
"""Few rejects: most blocks hold none, so that only their line feeds are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """A text file in which every line is one record; line 1 is the header.

    `line_feed` and `carriage_return` stand for line ends inside quotes, `absent` is one more
    character that the file does not hold; all None if the file was not looked through.
    """

    path: Path
    ends_crlf: bool = False
    line_feed: str | None = None
    carriage_return: str | None = None
    absent: str | None = None
    blanks_before: tuple[int, ...] = ()

    def line_of(self, ordinal: int) -> int:
        """Return the physical line in the dropped file of a data record (the first is 1)."""
        return 1 + ordinal + bisect.bisect_right(self.blanks_before, ordinal)

    def raw(self, line: bytes) -> str:
        """Return a record as it stood in the dropped file."""
        text = line.removesuffix(b"\r") if self.ends_crlf else line
        return restored(text.decode(), self)

    def finder(self) -> Callable[[int], bytes]:
        """Return a function from ordinals to data records, without their line feeds.

        It reads the file once, so it has to be asked in ascending order.
        """
        found = self._found()
        next(found)
        return found.send

    def _found(self) -> Generator[bytes, int, None]:
        wanted = yield b""
        last = 0
        with self.path.open("rb") as file:
            file.readline()
            while block := file.read(_SEARCH_BYTES):
                block += file.readline()
                first, last = last + 1, last + block.count(b"\n") + (not block.endswith(b"\n"))
                lines = block.split(b"\n") if wanted <= last else []
                while wanted <= last:
                    wanted = yield lines[wanted - first]


def restored(text: str, records: Records) -> str:
    """Put line ends inside quotes back."""
    if records.line_feed is None or records.carriage_return is None:
        return text
    return text.replace(records.line_feed, "\n").replace(records.carriage_return, "\r")


def needs_rewriting(file: Mapping[str, Any]) -> bool:
    """Tell from the findings whether DuckDB's reader might see other records than we do."""
    is_uneven = file["multiline"] or file["blank_lines"] or file["newline"] == "mixed"
    return bool(is_uneven or file["compression"])


def as_they_are(path: Path, file: Mapping[str, Any]) -> Records:
    """Return the records of a file that needs no rewriting."""
    return Records(path=path, ends_crlf=file["newline"] == "\r\n")


def rewritten(path: Path, file: Mapping[str, Any], quote: str, target: Path) -> Records:
    """Write a file's records to `target`, one per line, and return them.

    Raises:
        SluiceError: The file holds every character that could stand for a line end.
    """
    absent = _absent_characters(path, file)
    spare = Records(path=target, line_feed=absent[0], carriage_return=absent[1], absent=absent[2])
    stand_ins = (absent[0].encode(), absent[1].encode())
    blanks: list[int] = []
    with target.open("wb") as output:
        ordinal = -1
        for record in _records(path, file, quote.encode()):
            if record:
                ordinal += 1
                output.write(_on_one_line(record, stand_ins) + b"\n")
            else:
                blanks.append(ordinal + 1)
    return replace(spare, blanks_before=tuple(blanks))


def _on_one_line(record: bytes, stand_ins: tuple[bytes, bytes]) -> bytes:
    if b"\n" in record:
        record = record.replace(b"\n", stand_ins[0])
    return record.replace(b"\r", stand_ins[1]) if b"\r" in record else record


def _absent_characters(path: Path, file: Mapping[str, Any]) -> list[str]:
    left = list(_SPARE_CHARACTERS)
    tail = b""
    for piece in text_of(LocalFile(path), file["compression"]):
        block = tail + piece
        left = [character for character in left if character.encode() not in block]
        tail = block[-2:]
    wanted = 3
    if len(left) < wanted:
        raise SluiceError("the file holds every control character and noncharacter there is")
    return left[:wanted]


def _records(path: Path, file: Mapping[str, Any], quote: bytes) -> Iterator[bytes]:
    """Return the records (blank ones too) of a file whose quotes the scan found in order.

    Where quotes are stray, no field spans lines, and every line is a record.
    """
    pending: list[bytes] = []
    is_open = False
    for line in _physical_lines(path, file):
        if file["multiline"] and line.count(quote) % 2:
            is_open = not is_open
        pending.append(line)
        if not is_open:
            yield b"\n".join(pending).removesuffix(b"\r")
            pending = []


def _physical_lines(path: Path, file: Mapping[str, Any]) -> Iterator[bytes]:
    """Return lines without their line feeds; what follows the last one only if it has bytes."""
    rest, is_first = b"", True
    for piece in text_of(LocalFile(path), file["compression"]):
        block = rest + piece
        if is_first and len(block) >= len(BOM):
            block, is_first = block.removeprefix(BOM), False
        *lines, rest = block.split(b"\n")
        yield from lines
    if rest:
        yield rest
