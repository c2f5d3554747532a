"""RFC 4180 as one state machine, over the bytes or the text of single records.

A quoted field opens only where a field starts; inside it, a doubled quote stands for one; after
the closing quote only a delimiter or the record's end may follow. Anything else is a stray quote.

>>> read_record('1,"a ""b"" c",', ",", '"')
['1', 'a "b" c', '']
>>> read_record('1,a"b', ",", '"') is None
True
"""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, kw_only=True, slots=True)
class LineState:
    """What one physical line looks like at its end; `has_return`: outside quotes."""

    is_well_formed: bool
    is_open: bool
    has_return: bool


def read_record(text: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the cells of one record without its line end; None if a quote is stray or open."""
    if quote not in text:
        return text.split(delimiter)
    cells: list[str] = []
    field = _text_field(delimiter, quote)
    at = 0
    while found := field.match(text, at):
        quoted, plain = found[1], found[2]
        cells.append(plain if quoted is None else quoted.replace(quote * 2, quote))
        if found.end() == len(text):
            return [*cells, ""] if found[3] else cells
        if not found[3]:
            return None
        at = found.end()
    return None


def line_state(line: bytes, delimiter: bytes, quote: bytes, *, is_open: bool) -> LineState:
    """Walk one physical line, which may start inside a quoted field, also past stray quotes."""
    if not is_open and quote not in line:
        return LineState(is_well_formed=True, is_open=False, has_return=b"\r" in line)
    well_formed, has_return, at, end = True, False, 0, len(line)
    while at <= end:
        if is_open or line.startswith(quote, at):
            closing = _closing_quote(line, at + (not is_open), quote)
            if closing is None:
                return LineState(is_well_formed=well_formed, is_open=True, has_return=has_return)
            is_open, at = False, closing + 1
            well_formed &= at == end or line.startswith(delimiter, at)
        stop = line.find(delimiter, at)
        stop = end if stop < 0 else stop
        well_formed &= quote not in line[at:stop]
        has_return |= b"\r" in line[at:stop]
        at = stop + 1
    return LineState(is_well_formed=well_formed, is_open=False, has_return=has_return)


def _closing_quote(line: bytes, at: int, quote: bytes) -> int | None:
    while (found := line.find(quote, at)) >= 0:
        if not line.startswith(quote, found + 1):
            return found
        at = found + 2
    return None


def stray_quote(delimiter: str, quote: str) -> str:
    """Return the expression of a quote that neither opens nor closes a field nor doubles another.

    It is searched for, over whole lines, in what stands outside the fields that it finds in order.
    """
    q, d = re.escape(quote), re.escape(delimiter)
    return rf"{q}(?:(?<=[^{q}\n{d}]{q})|(?=[^{q}\r\n{d}]))"


@lru_cache(maxsize=32)
def _text_field(delimiter: str, quote: str) -> re.Pattern[str]:
    q, d = re.escape(quote), re.escape(delimiter)
    return re.compile(f"(?:{q}((?:[^{q}]++|{q}{q})*+){q}|([^{q}{d}]*+))({d})?", re.DOTALL)
