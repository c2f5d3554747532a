r"""Many records at once: stretches of a file's text that need nothing but the column for raw text.

A record of a readable dialect whose quotes are in order, whose width needs no fitting and that
escapes nothing is canonical as it stands. A stretch of nothing but such records, comments and blank
lines is rewritten whole, much faster than record by record and to the same text.

>>> stretches = Stretches(Dialect(delimiter=",", quote='"', comment="#"), width=2)
>>> stretches.take('1,"a\nb"\n# a remark\n2,c\n3', 0)
Stretch(text=',1,"a\nb"\n\n,2,c\n', end=23, lines=4, spans_lines=True)
>>> stretches.take('1,a"b"\n', 0)  # a stray quote
"""

import re
from dataclasses import dataclass

from pipeline.contracts.dialect import CANONICAL_DELIMITERS, Dialect
from pipeline.text.csv_lines import stray_quote

STRETCH_CHARACTERS = 64 * 1024
"""How many are tried at once where all records are so simple."""

_SHARE_AT_LEAST = 32
"""A stretch that is one of so many parts of the usual is worth no smaller try."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Canonical text of whole records, where they end, and their physical lines."""

    text: str
    end: int
    lines: int
    spans_lines: bool
    """Whether a line end stands inside quotes."""


class Stretches:
    """Finds stretches of at most so many characters, of a file whose header has `width` columns."""

    def __init__(self, dialect: Dialect, width: int, most: int = STRETCH_CHARACTERS) -> None:
        self._dialect, self._width = dialect, width
        self._most = self._size = most
        self.least = most // _SHARE_AT_LEAST
        self._delimiter, self._quote = dialect.canonical_delimiter, dialect.canonical_quote
        self._is_readable = (
            dialect.delimiter in CANONICAL_DELIMITERS and not dialect.skip_initial_space
        )
        self._no_quotes = dialect.quote != self._quote
        d, q = re.escape(self._delimiter), re.escape(self._quote)
        e, c = re.escape(dialect.escape or ""), re.escape(dialect.comment or "")
        self._stray = re.compile(stray_quote(self._delimiter, self._quote))
        self._odd_escape = re.compile(rf"(?<=[^{d}\n]){e}|{e}(?!N(?:[{d}\r\n]|\Z))")
        self._remark = re.compile(rf"^{c}[^\n]*", re.MULTILINE)
        self._quoted_remark = re.compile(rf"^{c}[^\n]*{q}", re.MULTILINE)
        self._empty_row = re.compile(rf"^[{d}{q}\r]+$", re.MULTILINE)
        self._led_blank = re.compile(rf"^{d}$", re.MULTILINE)

    def may_stand(self, text: str) -> bool:
        r"""Tell whether records whose quotes are in order mean the same in canonical text.

        Escapes may be there as whole cells `\N` only.
        """
        dialect = self._dialect
        has_quote = self._quote in text
        if not self._is_readable:
            return False
        if self._no_quotes and (has_quote or (dialect.quote or "\0") in text):
            return False
        if has_quote and not dialect.double_quote and self._quote * 2 in text:
            return False
        if dialect.escape is None or dialect.escape not in text:
            return True
        return not has_quote and not self._odd_escape.search(text)

    def take(self, text: str, at: int) -> Stretch | None:
        """Return the stretch that starts at a record, as long as may be; None if there is none."""
        while not (found := self._taken(text, at, self._size)):
            if self._size <= self.least:
                return None
            self._size = max(self._size // 4, self.least)
        self._size = min(self._size * 2, self._most)
        return found

    def _taken(self, text: str, at: int, most: int) -> Stretch | None:
        records = text[at : text.rfind("\n", at, at + most) + 1]
        if not self.may_stand(records):
            return None
        records = self._even(records)
        pieces = records.split(self._quote)
        outer = self._outer(self._quote.join(pieces[::2]))
        if not records or outer is None or not self._keeps_rows(records, outer):
            return None
        spans_lines = any("\n" in piece for piece in pieces[1::2])
        pieces[::2] = self._led(outer).split(self._quote)
        return Stretch(
            text=self._quote.join(pieces),
            end=at + len(records),
            lines=records.count("\n"),
            spans_lines=spans_lines,
        )

    def _even(self, records: str) -> str:
        """Return records up to the last line end that has an even number of quotes before it."""
        end = len(records)
        quotes = records.count(self._quote)
        while quotes % 2:
            earlier = records.rfind("\n", 0, end - 1) + 1
            quotes -= records.count(self._quote, earlier, end)
            end = earlier
        return records[:end]

    def _outer(self, outer: str) -> str | None:
        """Return what stands outside quotes, without remarks; None if it may mean anything else."""
        if self._quote in outer and self._stray.search(outer):
            return None
        if "\r" in outer:
            if outer.count("\r") != outer.count("\r\n") or "\n\r\n" in f"\n{outer}":
                return None
            outer = outer.replace("\r\n", "\n")
        comment = self._dialect.comment
        if comment and f"\n{comment}" in f"\n{outer}":
            return None if self._quoted_remark.search(outer) else self._remark.sub("", outer)
        return outer

    def _keeps_rows(self, records: str, outer: str) -> bool:
        """Tell whether no row is filled, trimmed or skipped."""
        dialect = self._dialect
        if dialect.skips_empty_rows and self._empty_row.search(records):
            return False
        if not (dialect.fills_short_rows or dialect.trims_long_rows):
            return True
        widths = {line.count(self._delimiter) + 1 for line in outer.split("\n") if line}
        is_short = dialect.fills_short_rows and min(widths, default=self._width) < self._width
        is_long = dialect.trims_long_rows and max(widths, default=self._width) > self._width
        return not is_short and not is_long

    def _led(self, outer: str) -> str:
        """Return lines with an empty column in front, but for blank ones."""
        led = f"\n{outer[:-1]}".replace("\n", f"\n{self._delimiter}")[1:] + "\n"
        return self._led_blank.sub("", led) if "\n\n" in f"\n{outer}" else led
