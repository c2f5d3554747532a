"""How a file's text is cut into records and cells: the dialect that its first lines speak."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

MAX_CELL_CHARACTERS = 8 * 1024 * 1024
HEAD_LINES = 200
"""From so many lines the dialect is told."""

_DELIMITERS = (",", ";", "\t", "|", "||", "^", "~", ":", " ")
_OPEN_LINES = 3
"""One quote may be left open by mistake."""

_IN_VALUES = frozenset({" ", ":"})
"""Delimiters that stand inside values more often."""

_NOT_IN_VALUES = "\t"
"""A delimiter that hardly ever stands inside values."""

_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_RULER = re.compile(r"[-=+| ]*-{3}[-=+| ]*")
_KNOWN = re.compile(
    r"""\s*(?:|[0-9A-Fa-f-]{8,}
    |[+-]?[0-9][0-9.,'\u00a0\u202f ]*[0-9]*|[$€£]?\s?[0-9][0-9.,]*\s?[%€$£]?
    |[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}([T ][0-9:.,+ZAPMUTC ]+)?
    |[^\W\d_][\w .:&/()'-]*|[A-Za-z]{0,4}[-:]?[0-9]+|"[^"]*")\s*""",
    re.VERBOSE,
)
"""What cells usually look like: nothing, numbers, dates, words, codes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """A dialect, by the members that a contract's `dialect` has."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None
    skips_blanks: bool = False
    line_end: str = "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Cells, and the line on which they end, counted without comments and a `sep=` line."""

    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands there, not even a delimiter."""
        return not self.cells or self.cells == [""]

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(bool(cell.strip()) for cell in self.cells)


def lines_of(texts: Iterable[str]) -> tuple[str, Iterator[str]]:
    r"""Return what ends the lines of a text (`\n` or `\r`), and the lines, each ended by `\n`."""
    iterator = iter(texts)
    first = next(iterator, "").removeprefix("\ufeff")
    lone_returns = first.count("\r") - first.count("\r\n")
    line_end = "\r" if lone_returns > first.count("\n") else "\n"
    return line_end, _lines(first, iterator, line_end)


def _lines(first: str, others: Iterator[str], line_end: str) -> Iterator[str]:
    rest = ""
    for text in chain([first], others):
        *whole, rest = (rest + text).split(line_end)
        yield from (line + "\n" for line in whole)
    if rest:
        yield rest


def speech_of(head: Sequence[str], line_end: str) -> Speech:
    """Return the dialect in which the first lines of a file make most sense."""
    comment = _comment(head)
    lines = [line for line in head if not (comment and line.startswith(comment))]
    told = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    lines = lines[1:] if told else lines
    text = "".join(lines)
    present = [d for d in _DELIMITERS if d in text]
    if "||" in present and text.count("|") == 2 * text.count("||"):
        present.remove("|")
    candidates = [told[1]] if told else present or [","]
    speeches = [replace(_quoting(lines, d), comment=comment, line_end=line_end) for d in candidates]
    best = max(speeches, key=lambda speech: _sense(lines, speech))
    return replace(best, skips_blanks=_skips_blanks(lines, best))


class LoneReturnError(csv.Error):
    """Python ends a record there and the pipeline does not; the message names the line."""


def records(lines: Iterable[str], speech: Speech) -> Iterator[Record]:
    """Return the records of lines, blank ones too; comments and a `sep=` line are left out.

    Raises:
        LoneReturnError: A line has a carriage return outside quotes that no line feed follows.
        csv.Error: A cell is too long.
    """
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    kept = _kept(lines, speech)
    if len(speech.delimiter) > 1:
        for number, line in enumerate(kept, 1):
            yield Record(line=number, cells=line.rstrip("\r\n").split(speech.delimiter))
        return
    reader = csv.reader(
        kept,
        delimiter=speech.delimiter,
        quotechar=speech.quote,
        quoting=csv.QUOTE_MINIMAL if speech.quote else csv.QUOTE_NONE,
        escapechar=speech.escape,
        doublequote=speech.escape is None,
        skipinitialspace=speech.skips_blanks,
    )
    try:
        for cells in reader:
            yield Record(line=reader.line_num, cells=cells)
    except csv.Error as error:
        if "new-line character" not in str(error):
            raise
        raise LoneReturnError(
            f"line {reader.line_num} has a lone carriage return: save the file with LF or CRLF"
            " line ends"
        ) from error


def _kept(lines: Iterable[str], speech: Speech) -> Iterator[str]:
    is_first = True
    for line in lines:
        if speech.comment and line.startswith(speech.comment):
            continue
        if not (is_first and _SEPARATOR_LINE.fullmatch(line)):
            yield line
        is_first = False


def _comment(lines: Sequence[str]) -> str | None:
    """Return `#` if lines start with it that are no header, `-` if lines are drawn by it."""
    marked = [n for n, line in enumerate(lines) if line.startswith("#")]
    if marked and not (marked == [0] and _is_as_wide_as_next(lines)):
        return "#"
    ruled = [line for line in lines if line.startswith("-")]
    return "-" if ruled and all(_RULER.fullmatch(line.rstrip()) for line in ruled) else None


def _is_as_wide_as_next(lines: Sequence[str]) -> bool:
    """Tell whether a line has the same number of some delimiter as the one below it."""
    return len(lines) > 1 and any(
        lines[0].count(d) == lines[1].count(d) > 0 for d in _DELIMITERS if d != " "
    )


def _quoting(lines: Sequence[str], delimiter: str) -> Speech:
    """Return the dialect of a delimiter with the quotes that fit it."""
    text = "".join(lines)
    plain = Speech(delimiter=delimiter)
    if len(delimiter) > 1:
        return replace(plain, quote=None)
    if '"' not in text:
        quoted = text.count(f"{delimiter}'") + text.count("\n'")
        is_single = quoted > 1 and quoted >= text.count(delimiter) // 2
        return replace(plain, quote="'") if is_single else plain
    ends = rf"\s*(?:$|{re.escape(delimiter)})"
    if re.search(rf'\\"(?!{ends})', text, re.MULTILINE):
        return replace(plain, escape="\\")
    literal = replace(plain, quote=None)
    if not re.search(rf'(?:^|{re.escape(delimiter)})\s*"', text, re.MULTILINE):
        return literal
    open_lines = sum(line.count('"') % 2 for line in lines)
    is_literal = open_lines >= _OPEN_LINES and _is_even(lines, literal)
    return literal if is_literal and not _is_even(lines, plain) else plain


def _is_even(lines: Sequence[str], speech: Speech) -> bool:
    """Tell whether each line is a record, and all of them have as many cells."""
    found = [record for record in records(lines, speech) if not record.is_blank]
    filled = sum(bool(line.strip("\r\n")) for line in lines)
    return len({len(record.cells) for record in found}) == 1 and len(found) == filled


def _sense(lines: Sequence[str], speech: Speech) -> float:
    """Return how much sense a dialect makes: even width times usual cells."""
    try:
        found = [r for r in records(lines, replace(speech, comment=None)) if r.filled]
    except csv.Error:
        return 0
    if not found:
        return 0
    widths = Counter(len(record.cells) for record in found)
    width, rows = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]))
    if width == 1:
        return 0.01
    cells = [cell for record in found if len(record.cells) == width for cell in record.cells]
    usual = sum(_KNOWN.fullmatch(cell) is not None for cell in cells) / len(cells)
    if speech.delimiter in _IN_VALUES and len(found[0].cells) != width:
        return 0
    usual *= 0.5 if speech.delimiter in _IN_VALUES else 1
    usual *= 1.5 if speech.delimiter == _NOT_IN_VALUES else 1
    return rows / len(found) * (0.2 + usual) * (1 - 0.5 / width)


def _skips_blanks(lines: Sequence[str], speech: Speech) -> bool:
    """Tell whether a blank follows nearly each delimiter."""
    text = "".join(lines)
    delimiters = text.count(speech.delimiter)
    return (
        speech.delimiter in {",", ";", "|"}
        and delimiters > 0
        and text.count(speech.delimiter + " ") > delimiters * 0.9
    )
