r"""Text as engines read it, out of a file of any declared dialect: made once, while it is staged.

Canonical text is UTF-8, its records are told apart by one delimiter of one character and quotes
that are doubled. Physical lines stay what they are: each line of the file is one of the text, and
lines that hold no record (comments, footers, empty rows) are blank. So splits, line numbers and
counts need to know nothing of dialects.

Records that are cut anew have one column more, the first: the record's raw text, if it differs.
Of a record whose cells cannot be told apart that column is all there is.

>>> import re
>>> dialect = Dialect(delimiter="||", quote='"', comment="#")
>>> lines = [b"id||name\n", b"1||a,b\n# a remark\n2||c\n"]
>>> b"".join(canonical_text(lines, dialect, head_lines=1, width=2, compiled=re.compile))
b'id||name\n"1||a,b",1,"a,b"\n\n2||c,2,c\n'
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.contracts.dialect import MAX_FOOTER_ROWS, Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.canonical_record import RecordWriter
from pipeline.text.content_scan import MAX_RECORD_BYTES
from pipeline.text.decoding import decoded
from pipeline.text.record_reader import Record, RecordReader, UnclosedQuoteError
from pipeline.text.row_judge import Pattern
from pipeline.text.stretches import STRETCH_CHARACTERS, Stretch, Stretches


def canonical_text(
    pieces: Iterable[bytes],
    dialect: Dialect,
    *,
    head_lines: int,
    width: int,
    compiled: Callable[[str], Pattern],
    stretch: int = STRETCH_CHARACTERS,
) -> Iterator[bytes]:
    """Return the text of a file whose header ends in line `head_lines` and has `width` columns.

    It does not depend on `stretch`, how many characters are tried at once (0: none).

    Raises:
        FileRefusedError: `encoding`, `line_feed`, `crlf`, and where records are cut anew
            `carriage_return`, `unclosed_quote`, `ambiguous_quotes`, `record_too_long`, `footer`.
    """
    if dialect.is_canonical:
        yield from pieces
        return
    texts = decoded(pieces, dialect)
    if dialect.is_recut:
        texts = _Recutter(dialect, head_lines, width, compiled, stretch).texts(texts)
    for text in texts:
        yield text.encode()


@dataclass(frozen=True, slots=True)
class _Line:
    """Lines of the canonical text: what stands there, and what if they are a footer."""

    text: str
    blank: str
    is_record: bool


class _Recutter:
    """Cuts records anew, in the order of the file."""

    def __init__(
        self,
        dialect: Dialect,
        head_lines: int,
        width: int,
        compiled: Callable[[str], Pattern],
        stretch: int,
    ) -> None:
        self._dialect = dialect
        self._head_lines = head_lines
        self._width = width
        self._reader = RecordReader(dialect)
        self._stretches = Stretches(dialect, width, stretch)
        self._footer = compiled(dialect.footer_pattern) if dialect.footer_pattern else None
        self._held: deque[_Line] = deque()
        self._held_records = 0
        self._line = 1
        self._stray_line = 0
        self._spans_lines = False
        self._writer = RecordWriter(dialect)

    def texts(self, texts: Iterable[str]) -> Iterator[str]:
        rest = ""
        for text in texts:
            whole = rest + text
            lines, end = self._lines(whole, is_last=False)
            rest = whole[end:]
            yield lines
            if len(rest) > MAX_RECORD_BYTES:
                raise self._refusal("record_too_long", "has no end: is a quote left open?")
        yield self._lines(rest, is_last=True)[0]
        yield self._end()

    def _lines(self, text: str, *, is_last: bool) -> tuple[str, int]:
        """Return the canonical lines of the records that are whole, and where those end."""
        at, lines, singly_to = 0, [], 0
        while at < len(text):
            if at >= singly_to:
                if stretch := self._stretch(text, at):
                    lines.append(stretch.text)
                    at = stretch.end
                    continue
                singly_to = at + self._stretches.least
            found = self._next(text, at, is_last=is_last)
            if found is None:
                break
            line, at = found
            lines.append(self._released(line))
            self._line += line.blank.count("\n")
        return "".join(lines), at

    def _stretch(self, text: str, at: int) -> Stretch | None:
        """Return records that are rewritten at once, if they are, and none is part of a footer."""
        if self._line <= self._head_lines or self._dialect.has_footer:
            return None
        stretch = self._stretches.take(text, at)
        if stretch is None or (stretch.spans_lines and self._stray_line):
            return None
        self._line += stretch.lines
        self._spans_lines |= stretch.spans_lines
        return stretch

    def _next(self, text: str, at: int, *, is_last: bool) -> tuple[_Line, int] | None:
        end = text.find("\n", at) + 1 or (len(text) if is_last else 0)
        if not end:
            return None
        line = text[at:end]
        if self._line <= self._head_lines or not line.strip("\r\n"):
            return _Line(line, line, is_record=False), end
        if self._dialect.comment and line.startswith(self._dialect.comment):
            return _Line("\n", "\n", is_record=False), end
        try:
            record = self._reader.read(text, at, is_last=is_last)
        except UnclosedQuoteError:
            reason = "opens a quote that the file never closes: was the file cut off?"
            raise self._refusal("unclosed_quote", reason) from None
        return (self._written(record), record.end) if record else None

    def _written(self, record: Record) -> _Line:
        blank = "\n" * (record.raw.count("\n") + 1)
        if record.has_return:
            reason = "has a lone carriage return: save the file with LF or CRLF line ends"
            raise self._refusal("carriage_return", reason)
        self._refuse_ambiguous(record)
        if record.cells is None:
            text = self._writer.line(None, record.raw)
            return _Line(text, blank, is_record=self._is_footer(record))
        cells = self._fitted(record.cells)
        if not cells:
            return _Line(blank, blank, is_record=False)
        may_stand = cells is record.cells and self._stretches.may_stand(record.raw)
        text = self._writer.line(cells, record.raw, may_stand=may_stand)
        return _Line(text, blank, is_record=self._is_footer(record))

    def _is_footer(self, record: Record) -> bool:
        return self._footer is None or self._footer.fullmatch(record.raw) is not None

    def _refuse_ambiguous(self, record: Record) -> None:
        self._spans_lines |= "\n" in record.raw
        if record.has_stray_quote and not self._stray_line:
            self._stray_line = self._line
        if self._stray_line and self._spans_lines:
            message = (
                f"line {self._stray_line} has a stray quote and other fields span lines, so where"
                " records end is a guess: quote fields whole, double the quotes inside"
            )
            raise FileRefusedError("ambiguous_quotes", message)

    def _fitted(self, cells: list[str]) -> list[str]:
        """Return cells as many as the header has, if only empty ones are missing or too many.

        None of a row that is empty and skipped.
        """
        dialect, width = self._dialect, self._width
        if dialect.skips_empty_rows and not any(cells):
            return []
        if len(cells) < width and dialect.fills_short_rows:
            return cells + [""] * (width - len(cells))
        if len(cells) > width and dialect.trims_long_rows and not any(cells[width:]):
            return cells[:width]
        return cells

    def _released(self, line: _Line) -> str:
        """Hold back a line that may be the footer's; return those that are not."""
        if not self._dialect.has_footer:
            return line.text
        if self._line <= self._head_lines:
            return line.text
        if line.text != line.blank and not line.is_record:  # a record that is no footer
            return self._flushed(0) + line.text
        self._held.append(line)
        self._held_records += line.is_record
        return self._flushed(self._dialect.footer_rows or MAX_FOOTER_ROWS)

    def _flushed(self, most: int) -> str:
        """Return lines held back, from the first on, until so many records are left."""
        texts: list[str] = []
        while self._held and (self._held_records > most or not most):
            line = self._held.popleft()
            self._held_records -= line.is_record
            texts.append(line.text)
        return "".join(texts)

    def _end(self) -> str:
        """Return what is left of lines that were held back: a footer, so blank lines."""
        if self._held_records < self._dialect.footer_rows:
            message = f"the file has fewer than {self._dialect.footer_rows} rows: correct"
            message += " `sluice.footer_rows` in the contract"
            raise FileRefusedError("footer", message)
        return "".join(line.blank for line in self._held)

    def _refusal(self, code: str, reason: str) -> FileRefusedError:
        return FileRefusedError(code, f"the record that starts in line {self._line} {reason}")
