"""Values as text: tables that align, JSON that is exact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from pipeline.printable import printable
from sluice.terminal.output import paint, seen_json, unpainted

# Rows that decide how wide a table's columns are; later rows may stick out.
_SAMPLE_ROWS = 500
_GAP = "  "

_COLOURS = {
    "LOADED": "green",
    "SUCCEEDED": "green",
    "APPROVED": "green",
    "DUPLICATE": "cyan",
    "RUNNING": "blue",
    "WAITING": "yellow",
    "PENDING": "yellow",
    "CAUGHT": "yellow",
    "FAILED": "red",
    "REFUSED": "red",
    "REJECTED": "red",
    "EXPIRED": "red",
    "ABORTED": "red",
}


def status_text(status: str) -> str:
    """A status in its colour."""
    return paint(status, colour_of(status))


def colour_of(status: str) -> str | None:
    """The terminal colour of a status."""
    return _COLOURS.get(status)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()
) -> Iterator[str]:
    """Lines of a table whose columns align; `right` names the columns that align right.

    >>> list(table(["run", "rows"], [["a", "10"], ["bcd", "7"]], right=["rows"]))
    ['run  rows', 'a      10', 'bcd     7']
    """
    stream = iter(rows)
    sample = list(islice(stream, _SAMPLE_ROWS))
    widths = [
        max([len(head), *(_width(row[column]) for row in sample)])
        for column, head in enumerate(heads)
    ]
    pads = [_right if head in right else _left for head in heads]
    for row in chain([heads], sample, stream):
        cells = (pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True))
        yield _GAP.join(cells).rstrip()


def json_text(value: Any) -> str:
    """JSON on one line with exact numbers: a Decimal is written digit by digit.

    >>> json_text({"price": Decimal("0.10"), "tags": ["a"], "big": Decimal("12345678901234567890")})
    '{"price":0.10,"tags":["a"],"big":12345678901234567890}'
    """
    match value:
        case Decimal():
            return format(value, "f")
        case Mapping():
            members = (
                f"{seen_json(json.dumps(str(k), ensure_ascii=False))}:{json_text(v)}"
                for k, v in value.items()
            )
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(json_text, value)) + "]"
        case set() | frozenset():
            return json_text(sorted(value))
        case bytes():
            return json.dumps(value.hex())
        case _:
            return seen_json(json.dumps(value, ensure_ascii=False))


def json_array(rows: Iterable[Any]) -> Iterator[str]:
    """The lines of one JSON array, a row a line, without holding all rows."""
    yield "["
    texts = map(json_text, rows)
    last = next(texts, None)
    for text in texts:
        yield f"{last},"
        last = text
    if last is not None:
        yield last
    yield "]"


def cell(value: object) -> str:
    """A value in a table: one line, whatever it holds."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case str():
            return printable(value)
        case _:
            return json_text(value)


def _width(text: str) -> int:
    return len(unpainted(text))


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text
