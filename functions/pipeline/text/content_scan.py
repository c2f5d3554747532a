"""Every byte of a file, once, in bounded memory: can its records be told apart?

The scan cuts the stream into units that begin and end with a record. A unit whose quotes all stand
where RFC 4180 lets them is judged by counting; any other line by line (`unit_scan`). Nothing here
looks at values: a bad value costs its row, decided later; what is decided here is whether rows can
be told apart at all, and where the text may be cut for work side by side (`splits`).
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.csv_lines import line_state
from pipeline.text.header_rows import BOM
from pipeline.text.odd_text import OddText
from pipeline.text.oddities import Oddity
from pipeline.text.splits import MAX_SPLITS, SPLIT_BYTES, Place, Split, SplitLog
from pipeline.text.unit_scan import Unit, scan_unit

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""A DynamoDB item holds a tenth of that; beyond it something is wrong with the quotes.

Records up to this size pass, those larger by a block are refused, whatever the pieces' sizes.
"""

BLOCK_BYTES = 1024 * 1024
"""What is judged at a time: it stays in a processor's cache."""

_END_OF_FILE_MARK = re.compile(rb"(?:\A|(?<=\n))\x1a\Z")
"""What editors of old systems leave behind the last line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What the scan found; `records` counts neither the header nor blank lines.

    The splits, in order and without a gap, are the text behind the header's record.
    """

    newline: str
    multiline: bool
    stray_quotes: bool
    blank_lines: int
    records: int
    text_bytes: int
    is_canonical: bool
    """Whether the text is the file as it was dropped, unless that was compressed."""
    raw_column: bool
    """Whether records have their raw text in a column of its own, the first."""
    splits: tuple[Split, ...]
    warnings: tuple[Oddity, ...]

    def findings(self) -> dict[str, Any]:
        """Return the members of `findings/<index>.json` that the scan contributes."""
        return {
            "newline": self.newline,
            "multiline": self.multiline,
            "stray_quotes": self.stray_quotes,
            "blank_lines": self.blank_lines,
            "records": self.records,
            "text_bytes": self.text_bytes,
            "is_canonical": self.is_canonical,
            "raw_column": self.raw_column,
            "splits": [split.as_document() for split in self.splits],
            "warnings": [odd.as_document() for odd in self.warnings],
        }


def scan_content(
    pieces: Iterable[bytes],
    dialect: Dialect,
    *,
    head_lines: int = 1,
    split_bytes: int = SPLIT_BYTES,
    max_splits: int = MAX_SPLITS,
) -> Content:
    """Return what engines must know to read a canonical text whose header ends in `head_lines`.

    Raises:
        FileRefusedError: `encoding`, `nul_bytes`, `carriage_return`, `unclosed_quote`,
            `backslash_escape`, `ambiguous_quotes` or `record_too_long`.
    """
    scan = _Scan(
        dialect=dialect, head_lines=head_lines, split_bytes=split_bytes, max_splits=max_splits
    )
    for block in _blocks(pieces, min(BLOCK_BYTES, split_bytes)):
        scan.feed(block)
    return scan.finish()


def _blocks(pieces: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
    """Return the same bytes in blocks of one size, however they came."""
    pending: list[bytes] = []
    size = 0
    for piece in pieces:
        pending.append(piece)
        size += len(piece)
        if size >= block_bytes:
            joined = pending[0] if len(pending) == 1 else b"".join(pending)
            end = size - size % block_bytes
            yield from (joined[at : at + block_bytes] for at in range(0, end, block_bytes))
            pending, size = [joined[end:]], size - end
    yield b"".join(pending)


@dataclass(kw_only=True, slots=True)
class _Scan:
    dialect: Dialect
    head_lines: int
    split_bytes: int
    max_splits: int
    log: SplitLog | None = None
    carry: bytes = b""
    total: Unit = field(default_factory=Unit)
    text_bytes: int = 0
    odd_text: OddText = field(default_factory=OddText)
    first_blank_line: int = 0
    end_mark_line: int = 0
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict")
    )

    def feed(self, piece: bytes) -> None:
        self._check_characters(piece)
        self.text_bytes += len(piece)
        self.carry += piece
        self._judge(is_last=False)
        if len(self.carry) > MAX_RECORD_BYTES:
            raise self._too_long()

    def finish(self) -> Content:
        self._decode(b"", final=True)
        if _END_OF_FILE_MARK.search(self.carry):
            self.carry = self.carry[:-1]
            self.end_mark_line = self.total.lines + self.carry.count(b"\n") + 1
        self._judge(is_last=True)
        total = self.total
        if total.crlf and total.crlf < total.line_ends:
            newline = "mixed"
        else:
            newline = "\r\n" if total.crlf else "\n"
        return Content(
            newline=newline,
            multiline=total.inner_line_ends > 0,
            stray_quotes=total.stray_line > 0,
            blank_lines=total.blank_lines,
            records=total.records,
            text_bytes=self.text_bytes,
            is_canonical=self.dialect.is_canonical,
            raw_column=self.dialect.is_recut,
            splits=tuple(self.log.splits) if self.log else (),
            warnings=tuple(self._oddities()),
        )

    def _oddities(self) -> Iterator[Oddity]:
        blank_lines = self.total.blank_lines
        if blank_lines and not self.dialect.is_recut:
            yield Oddity(kind="blank_lines", count=blank_lines, first_line=self.first_blank_line)
        yield from self.odd_text.found()
        if self.end_mark_line:
            yield Oddity(kind="end_of_file_mark", count=1, first_line=self.end_mark_line)

    def _judge(self, *, is_last: bool) -> None:
        if self.log is None:
            self._skip_head(is_last=is_last)
        if self.log is not None:
            unit = self._unit(self.carry, is_last=is_last)
            self.log.add(unit)
            if unit.blank_lines and not self.first_blank_line:
                self.first_blank_line = self._blank_line(self.carry[: unit.size_bytes])
            self._count(unit)
            self.carry = self.carry[unit.size_bytes :]

    def _skip_head(self, *, is_last: bool) -> None:
        """Leave out the lines of the header, once they are there: what follows is the body."""
        if not is_last and len(self.carry) < len(BOM):
            return
        end = len(BOM) if self.carry.startswith(BOM) else 0
        for _ in range(self.head_lines):
            end = self.carry.find(b"\n", end) + 1
            if not end and not is_last:
                return
            end = end or len(self.carry)
        head, self.carry = self.carry[:end], self.carry[end:]
        self.total = Unit(line_ends=head.count(b"\n"), crlf=head.count(b"\r\n"))
        body = Place(offset=end, record=1, line=self.head_lines + 1)
        self.log = SplitLog(at=body, split_bytes=self.split_bytes, max_splits=self.max_splits)

    def _unit(self, buffer: bytes, *, is_last: bool) -> Unit:
        return scan_unit(
            buffer,
            delimiter=self.dialect.canonical_delimiter.encode(),
            quote=self.dialect.canonical_quote.encode(),
            first_line=self.total.lines + 1,
            is_last=is_last,
        )

    def _blank_line(self, records: bytes) -> int:
        """Return the first line without any byte outside quotes."""
        delimiter = self.dialect.canonical_delimiter.encode()
        quote = self.dialect.canonical_quote.encode()
        is_open = False
        for number, line in enumerate(records.split(b"\n"), self.total.lines + 1):
            bare = line.removesuffix(b"\r")
            if not bare and not is_open:
                return number
            is_open = line_state(bare, delimiter, quote, is_open=is_open).is_open
        return 0

    def _count(self, unit: Unit) -> None:
        self.total = self.total.plus(unit)
        if self.total.stray_line and self.total.inner_line_ends:
            message = (
                f"line {self.total.stray_line} has a stray quote and other fields span lines,"
                " so where records end is a guess: quote fields whole, double the quotes inside"
            )
            raise FileRefusedError("ambiguous_quotes", message)

    def _check_characters(self, piece: bytes) -> None:
        if b"\0" in piece:
            message = f"NUL byte near line {self._line_of(piece, piece.index(0))}: not a text file"
            raise FileRefusedError("nul_bytes", message)
        if piece.isascii() and not self.decoder.getstate()[0]:
            return
        is_first = self.text_bytes == len(self.decoder.getstate()[0])
        text = self._decode(piece, final=False)
        inner = text.removeprefix("\ufeff") if is_first else text
        self.odd_text.look(piece, inner, self._line_of(piece, 0))

    def _decode(self, piece: bytes, *, final: bool) -> str:
        pending = len(self.decoder.getstate()[0])
        try:
            return self.decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            line = self._line_of(piece, max(error.start - pending, 0))
            message = f"line {line} is not UTF-8 ({error.reason}): save the file as CSV in UTF-8"
            raise FileRefusedError("encoding", message) from error

    def _line_of(self, piece: bytes, offset: int) -> int:
        return self.total.lines + self.carry.count(b"\n") + piece.count(b"\n", 0, offset) + 1

    def _too_long(self) -> FileRefusedError:
        quote = self.dialect.canonical_quote.encode()
        is_open = self.carry.count(quote) % 2 == 1
        reason = "a quote is left open" if is_open else "no item can be that large: mend that field"
        message = f"the record that starts in line {self.total.lines + 1} has no end within"
        return FileRefusedError("record_too_long", f"{message} {MAX_RECORD_BYTES} bytes: {reason}")
