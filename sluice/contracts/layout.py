"""Which records of a file are titles, which its header, which its rows, and which its footer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pipeline.contracts.patterns import literal
from sluice.contracts.reading import Record
from sluice.contracts.values import is_valued, looks_absent

_HEAD_RECORDS = 40
_MAX_HEADER_ROWS = 4
_MAX_FOOTER_ROWS = 20
_SUM_WORDS = re.compile(
    r"\W*(?:grand\s+)?(?:totals?|sub-?totals?|sum|summe|gesamt|insgesamt|zwischensumme|"
    r"somme|suma|totale|totaal|summa|saldo)\b.*|\*+",
    re.IGNORECASE,
)
_COUNTED = (
    r"(?:rows?|records?|lines?|entries|items|positionen|zeilen|datensätze|einträge|lignes|filas)"
    r"\b.*"
)
"""What is counted below rows; a number stands before it."""
_REMARK_WORDS = re.compile(
    rf"\(?[0-9]+ {_COUNTED}"
    r"|[-_=*]{3,}|©.*|(?:source|quelle|stand|notes?|hinweis|end of)\b.*",
    re.IGNORECASE,
)
_IMPORT_IDS = '{"ImportId"'
"""What surveys name columns by below their questions."""

_YEARS = range(1900, 2101)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A file's records, sorted; what stands above the header is none of them."""

    header: tuple[Record, ...]
    rows: list[Record]
    footer: tuple[Record, ...]
    has_empty_rows: bool
    """Whether there are rows that hold delimiters and nothing else; `rows` has none of them."""
    width: int

    @property
    def names(self) -> list[str]:
        """The names of the columns, as the header has them; several rows joined by blanks."""
        if not self.header:
            return [f"column_{n + 1}" for n in range(self.width)]
        rows = [record.cells for record in self.header]
        cells = ([row[n] if n < len(row) else "" for row in rows] for n in range(self.width))
        return [" ".join(filter(None, map(visible, column))) for column in cells]

    @property
    def has_invisible_names(self) -> bool:
        """Whether names hold characters that nobody sees."""
        return any(visible(c) != c.strip() for record in self.header for c in record.cells)


def visible(name: str) -> str:
    """Return a name without blanks around it and without characters that nobody sees."""
    return "".join(c for c in name if c.isprintable()).strip()


def layout_of(records: Sequence[Record], header_line: int | None) -> Layout | None:
    """Sort the records of a file; None if there is none but blank ones.

    Where a person says on which line the header stands, that is not looked for.
    """
    told = [record for record in records if not record.is_blank]
    if not told:
        return None
    width = _width(told)
    if header_line is None:
        titles = _first_full(told, width)
        header = _header(told[titles:], width)
    else:
        titles = sum(record.line < header_line for record in told)
        header = told[titles : titles + 1]
    body = told[titles + len(header) :]
    footer = _notes(records, body, width) or _footer(body, width)
    rows = body[: len(body) - len(footer)]
    return Layout(
        header=tuple(header),
        rows=[record for record in rows if record.filled or len(record.cells) == 1],
        footer=footer,
        has_empty_rows=any(len(record.cells) > 1 and not record.filled for record in body),
        width=max((len(record.cells) for record in header), default=width),
    )


def _width(records: Sequence[Record]) -> int:
    """Return how many cells most records have."""
    widths = Counter(len(record.cells) for record in records)
    return max(widths, key=lambda width: (widths[width], width))


def _first_full(records: Sequence[Record], width: int) -> int:
    """Return how many records stand above the header: they fill fewer cells than the others."""
    head = records[:_HEAD_RECORDS]
    filled = [record.filled if len(record.cells) == width else 0 for record in head]
    if all(filled[1:]) and len(head[0].cells) == width - 1:  # a delimiter at the end of each row
        filled[0] = head[0].filled
    enough = min(max(1, max(filled) // 2), max(filled) - 1)
    return sum(1 for _ in takewhile(lambda count: count <= enough, filled))


def _header(records: Sequence[Record], width: int) -> Sequence[Record]:
    """Return the records that name the columns: none, one, or several that are read together."""
    for depth, record in enumerate(records[:_MAX_HEADER_ROWS], 1):
        if any(cell.startswith(_IMPORT_IDS) for cell in record.cells):
            return records[:depth]
    typed = _typed_columns(records, width)
    if not typed:
        return [] if _first_is_like_others(records, width) else records[:1]
    above = [count for n in typed if (count := _names_above(records, n))]
    if len(above) < len(typed) / 2:
        return []
    depth = max(above)
    if depth > _MAX_HEADER_ROWS or not all(_may_name(r, typed) for r in records[1:depth]):
        return records[:1]
    return records[:depth]


def _names_above(records: Sequence[Record], at: int) -> int:
    """Return how many records, from the first on, may name a column of values; 0 if none does.

    A year may be a name, unless the values are years.
    """
    cells = [_cell(record, at) for record in records[: _HEAD_RECORDS * 5]]
    has_years = sum(map(_is_year, cells)) > len(cells) / 2
    above = list(takewhile(lambda c: not is_valued(c) or (_is_year(c) and not has_years), cells))
    return len(above) if any(above) else 0


def _is_year(text: str) -> bool:
    return text.isdecimal() and int(text) in _YEARS


def _may_name(record: Record, typed: Sequence[int]) -> bool:
    """Tell whether a record below the first can be part of the header: no value, but words."""
    cells = [_cell(record, n) for n in typed]
    words = [cell for cell in cells if cell and not looks_absent(cell)]
    return bool(words) and not any(is_valued(word) and not _is_year(word) for word in words)


def _typed_columns(records: Sequence[Record], width: int) -> list[int]:
    """Return the columns that hold numbers or dates from some record on."""
    body = records[1 : _HEAD_RECORDS * 5]
    columns = ([_cell(record, n) for record in body] for n in range(width))
    return [n for n, cells in enumerate(columns) if _is_typed(cells)]


def _is_typed(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell and not looks_absent(cell)]
    return bool(present) and sum(map(is_valued, present)) >= max(1, len(present) * 0.8)


def _first_is_like_others(records: Sequence[Record], width: int) -> bool:
    """Tell whether the first record repeats texts of its columns, as no header does."""
    first, rest = records[0], records[1:1000]
    seen = [{_cell(record, n) for record in rest} for n in range(width)]
    repeated = [
        bool(cell) and cell in texts for cell, texts in zip(first.cells, seen, strict=False)
    ]
    return len(rest) > 1 and any(repeated)


def _notes(records: Sequence[Record], body: Sequence[Record], width: int) -> tuple[Record, ...]:
    """Return the records behind a blank line at the end, if all of them are narrower than rows."""
    blank = [n for n, record in enumerate(records) if record.is_blank]
    for at in blank:
        behind = [record for record in records[at:] if not record.is_blank]
        is_short = 0 < len(behind) <= min(_MAX_FOOTER_ROWS, len(body) - 1)
        if is_short and all(len(record.cells) < width for record in behind):
            return tuple(behind)
    return ()


def _footer(body: Sequence[Record], width: int) -> tuple[Record, ...]:
    """Return the records at the end that are no rows: sums, notes, counts of rows."""
    last = list(takewhile(lambda record: _ends(record, width), reversed(body[-_MAX_FOOTER_ROWS:])))
    while last and not last[-1].filled:
        last.pop()
    return tuple(reversed(last)) if len(last) < len(body) else ()


def _ends(record: Record, width: int) -> bool:
    first = next((cell.strip() for cell in record.cells if cell.strip()), "")
    if not first:
        return True
    if len(record.cells) < width and (record.filled == 1 or not is_valued(first)):
        return len(record.cells) == 1 or bool(_SUM_WORDS.fullmatch(first))
    is_sum = _SUM_WORDS.fullmatch(first) is not None and record.filled < width
    return is_sum or (record.filled == 1 < width and bool(_REMARK_WORDS.fullmatch(first)))


def footer_pattern(footer: Sequence[Record], delimiter: str, quote: str | None) -> str:
    """Return a pattern of the footer's lines: what they begin with, then anything."""
    return "|".join(dict.fromkeys(_beginnings(footer, delimiter, quote)))


def _beginnings(footer: Sequence[Record], delimiter: str, quote: str | None) -> Iterator[str]:
    for record in footer:
        at, first = next(
            ((n, cell.strip()) for n, cell in enumerate(record.cells) if cell.strip()), (0, "")
        )
        before = _literal(delimiter) * at
        behind = ".*" if len(record.cells) > at + 1 else ""
        counted = re.fullmatch(rf"(\(?)[0-9]+ ({_COUNTED})", first, re.IGNORECASE)
        if counted:
            yield f"{before}{_literal(counted[1])}[0-9]+ {_literal(counted[2])}{behind}"
        elif re.fullmatch(r"([-_=])\1+", first):
            yield f"{before}{_literal(first[0])}+{behind}"
        elif first:
            word = re.match(r"\W*[^\W\d]\w*", first)
            begins = _literal(word[0] if word else first)
            maybe = f"{quote}?" if quote else ""
            yield f"{before}{maybe}{begins}.*"


def _literal(text: str) -> str:
    return "".join(map(literal, text))


def _cell(record: Record, at: int) -> str:
    return record.cells[at].strip() if at < len(record.cells) else ""
