"""Rows of CSV text, as Step Functions reads them.

Quotation marks enclose what holds delimiters or line breaks, and are doubled to stand for
themselves, also in a field that is not enclosed. A backslash escapes a backslash, a quotation
mark or the delimiter; in front of anything else it is dropped.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

LONGEST_CELL: Final = 16 * 1024 * 1024  # characters; the csv module's own default is 128 KiB


def rows(text: str, delimiter: str) -> Iterator[list[str]]:
    r"""The cells of each line that is not empty.

    >>> list(rows('{""k"":1},x\\,y', ","))
    [['{"k":1}', 'x,y']]
    """
    if '"' in text or "\\" in text:
        return _Marked(delimiter).rows(text)
    csv.field_size_limit(LONGEST_CELL)
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


class _Marked:
    """Reads a text with quotation marks or backslashes, piece by piece."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._escapable = f'\\"{delimiter}'
        plain = f'[^"\\\\\r\n{re.escape(delimiter)}]+'
        self._pieces = re.compile(rf'{plain}|\\[{re.escape(self._escapable)}]|""|\r\n|.', re.DOTALL)
        self._row: list[str] = []
        self._cell: list[str] = []
        self._begun = self._enclosed = False

    def rows(self, text: str) -> Iterator[list[str]]:
        at = 0
        while at < len(text):
            if text[at] == '"' and not self._begun:
                self._enclosed = self._begun = True
                at += 1
                continue
            found = self._pieces.match(text, at)
            assert found is not None
            piece, at = found[0], found.end()
            if self._enclosed:
                self._take(piece)
            elif piece == self._delimiter:
                self._end_cell()
            elif piece not in {"\r\n", "\n", "\r"}:
                self._take(piece)
            elif self._row or self._begun:
                yield self._ended()
        if self._row or self._begun:
            yield self._ended()

    def _take(self, piece: str) -> None:
        """A piece of a cell."""
        if piece == '"' and self._enclosed:
            self._enclosed = False
        elif piece == '""':
            self._cell.append('"')
        elif piece[0] == "\\":
            self._cell.append(piece[1:])
        else:
            self._cell.append(piece)
        self._begun = True

    def _end_cell(self) -> None:
        self._row.append("".join(self._cell))
        self._cell, self._begun = [], False

    def _ended(self) -> list[str]:
        self._end_cell()
        row, self._row, self._enclosed = self._row, [], False
        return row
