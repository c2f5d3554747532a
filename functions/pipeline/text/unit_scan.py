"""A run of whole records: count what is in it, fast where its quotes are in order.

Cut a unit at its quotes. If every stretch outside them begins and ends at a delimiter, a line end
or another quote, then by induction each odd stretch lies inside a quoted field and each even one
outside: counting line ends, blank lines and carriage returns in the outer text is exact.
"""

import re
from dataclasses import asdict, dataclass
from functools import lru_cache

from pipeline.errors import FileRefusedError
from pipeline.text.csv_lines import LineState, line_state, stray_quote


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """Counts over whole records: `line_ends` outside quotes, `inner_line_ends` inside them."""

    size_bytes: int = 0
    line_ends: int = 0
    crlf: int = 0
    inner_line_ends: int = 0
    inner_lines: int = 0
    blank_lines: int = 0
    records: int = 0
    stray_line: int = 0

    @property
    def lines(self) -> int:
        """The number of physical lines that the counted records end."""
        return self.line_ends + self.inner_lines

    def plus(self, other: "Unit") -> "Unit":
        """Return the counts of both; of two stray lines, the earlier."""
        mine, its = asdict(self), asdict(other)
        sums = {name: count + its[name] for name, count in mine.items()}
        return Unit(**{**sums, "stray_line": self.stray_line or other.stray_line})


def scan_unit(
    buffer: bytes, *, delimiter: bytes, quote: bytes, first_line: int, is_last: bool
) -> Unit:
    """Count the whole records at the start of a buffer that begins outside quotes.

    `size_bytes` of the result says how far the records reach; the rest belongs to the next unit.

    Raises:
        FileRefusedError: `carriage_return`, `unclosed_quote` or `backslash_escape`.
    """
    end = len(buffer) if is_last else _last_record_end(buffer, quote)
    records = buffer[:end]
    if quote not in records:  # told a hundred times faster than quotes are counted
        return _count(records, records, first_line)
    stretches = records.split(quote)
    if len(stretches) % 2:
        outer = quote.join(stretches[::2])
        if not _stray_quote(delimiter, quote).search(outer):
            return _count(records, outer, first_line)
    return _line_by_line(buffer, delimiter, quote, first_line, is_last=is_last)


def _last_record_end(buffer: bytes, quote: bytes) -> int:
    """Return the end of the last line that has an even number of quotes before it, or 0."""
    at = buffer.rfind(b"\n")
    if at < 0 or quote not in buffer:
        return at + 1
    quotes_before = buffer.count(quote, 0, at)
    while quotes_before % 2:
        earlier = buffer.rfind(b"\n", 0, at)
        if earlier < 0:
            return 0
        quotes_before -= buffer.count(quote, earlier, at)
        at = earlier
    return at + 1


@lru_cache(maxsize=32)
def _stray_quote(delimiter: bytes, quote: bytes) -> re.Pattern[bytes]:
    return re.compile(stray_quote(delimiter.decode(), quote.decode()).encode())


def _count(records: bytes, outer: bytes, first_line: int) -> Unit:
    line_ends = outer.count(b"\n")
    crlf = _crlf(outer, records, first_line)
    inner_lines = inner_returns = 0
    if outer is not records:
        inner_lines = records.count(b"\n") - line_ends
        inner_returns = records.count(b"\r") - crlf
    blank_lines = _blank_lines(outer, has_returns=crlf > 0)
    is_open_ended = bool(records) and not records.endswith(b"\n")
    return Unit(
        size_bytes=len(records),
        line_ends=line_ends,
        crlf=crlf,
        inner_line_ends=inner_lines + inner_returns,
        inner_lines=inner_lines,
        blank_lines=blank_lines,
        records=line_ends - blank_lines + is_open_ended,
    )


def _crlf(outer: bytes, records: bytes, first_line: int) -> int:
    """Count the line ends that are CR LF; no other carriage return is allowed."""
    if b"\r" not in outer:
        return 0
    crlf = outer.count(b"\r\n")
    if outer.count(b"\r") != crlf:
        raise _carriage_return(_line_of_return(records, first_line))
    return crlf


def _blank_lines(outer: bytes, *, has_returns: bool) -> int:
    """Count lines without any byte; the text after the last line end is no line."""
    is_possible = b"\n\n" in outer or outer.startswith((b"\n", b"\r\n"))
    if not is_possible and not (has_returns and b"\n\r\n" in outer):
        return 0
    lines = outer.split(b"\n")[:-1]
    return lines.count(b"") + lines.count(b"\r")


def _line_of_return(records: bytes, first_line: int) -> int:
    """Return the line of the first carriage return that no line feed follows."""
    found = re.search(rb"\r(?!\n)", records)
    return first_line + (records.count(b"\n", 0, found.start()) if found else 0)


def _line_by_line(
    buffer: bytes, delimiter: bytes, quote: bytes, first_line: int, *, is_last: bool
) -> Unit:
    """Count with the state machine itself: slower, and exact whatever the quotes do."""
    tally = _Tally(first_line=first_line, backslash_quote=b"\\" + quote)
    lines = buffer.split(b"\n")
    has_last_end = not lines[-1]
    rest = b"" if has_last_end else lines[-1]
    for line in lines[:-1]:
        bare = line.removesuffix(b"\r")
        state = line_state(bare, delimiter, quote, is_open=tally.is_open)
        tally.add(line, state, ends_crlf=bare != line)
    if is_last and not has_last_end:
        tally.add_unended(rest, line_state(rest, delimiter, quote, is_open=tally.is_open))
    if is_last and tally.is_open:
        raise _unclosed(first_line + tally.ended_lines)
    return tally.unit()


@dataclass(kw_only=True, slots=True)
class _Tally:
    """Counts of whole records, plus those of a record that is still open."""

    first_line: int
    backslash_quote: bytes
    is_open: bool = False
    size_bytes: int = 0
    ended_lines: int = 0
    records: int = 0
    blank_lines: int = 0
    crlf: int = 0
    inner_lines: int = 0
    inner_returns: int = 0
    stray_line: int = 0
    open_bytes: int = 0
    open_lines: int = 0
    open_returns: int = 0
    open_is_stray: bool = False

    def add(self, line: bytes, state: LineState, *, ends_crlf: bool) -> None:
        """Count a line that ended in a line feed."""
        self._note(line, state)
        self.open_bytes += len(line) + 1
        self.is_open = state.is_open
        if state.is_open:
            self.open_lines += 1
            return
        self.crlf += ends_crlf
        self.open_returns -= ends_crlf
        is_blank = line in {b"", b"\r"} and not self.open_lines
        self.blank_lines += is_blank
        self._close(lines=1, is_blank=is_blank)

    def add_unended(self, line: bytes, state: LineState) -> None:
        """Count the text after the last line feed of the file."""
        self._note(line, state)
        self.open_bytes += len(line)
        self.is_open = state.is_open
        if not state.is_open:
            self._close(lines=0, is_blank=False)

    def _note(self, line: bytes, state: LineState) -> None:
        line_number = self.first_line + self.ended_lines + self.open_lines
        if state.has_return:
            raise _carriage_return(line_number)
        if not state.is_well_formed:
            if self.backslash_quote in line:
                raise _backslash(line_number)
            self.open_is_stray = True
        self.open_returns += line.count(b"\r")

    def _close(self, *, lines: int, is_blank: bool) -> None:
        """Move the open record's counts to those of whole records."""
        if self.open_is_stray and not self.stray_line:
            self.stray_line = self.first_line + self.ended_lines
        self.size_bytes += self.open_bytes
        self.ended_lines += self.open_lines + lines
        self.inner_lines += self.open_lines
        self.inner_returns += self.open_returns
        self.records += not is_blank
        self.open_bytes = self.open_lines = self.open_returns = 0
        self.open_is_stray = False

    def unit(self) -> Unit:
        """Return the counts of the whole records."""
        return Unit(
            size_bytes=self.size_bytes,
            line_ends=self.ended_lines - self.inner_lines,
            crlf=self.crlf,
            inner_line_ends=self.inner_lines + self.inner_returns,
            inner_lines=self.inner_lines,
            blank_lines=self.blank_lines,
            records=self.records,
            stray_line=self.stray_line,
        )


def _carriage_return(line: int) -> FileRefusedError:
    message = f"line {line} has a lone carriage return: save the file with LF or CRLF line ends"
    return FileRefusedError("carriage_return", message)


def _unclosed(line: int) -> FileRefusedError:
    message = f"the record that starts in line {line} opens a quote that the file never closes"
    return FileRefusedError("unclosed_quote", f"{message}: was the file cut off?")


def _backslash(line: int) -> FileRefusedError:
    message = (
        f"line {line} escapes a quote by a backslash: write a quote inside quotes twice, or declare"
        r' "dialect": {"escapeChar": "\\"} in the contract'
    )
    return FileRefusedError("backslash_escape", message)
