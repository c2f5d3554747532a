"""Local times in SQL: the instant of each, in UTC, by the table of its zone's wall clock.

The table stands in the rules, so that DuckDB's own time zones, which take a skipped or repeated
time for one of its neighbours, have no say.
"""

from collections.abc import Sequence

from conversion.sql_text import text
from pipeline.contracts.forms import strptime_layout
from pipeline.contracts.rules import Rules
from pipeline.contracts.zones import canonical_layout

_MICROSECONDS = 1_000_000


def instant_sql(zone: Rules, layout: str, column: str) -> str:
    """Return the canonical text of a cell that keeps its form; NULL if it is no one instant.

    `zone` is what `Zone.document` returns.
    """
    wall = f"epoch_us(try_strptime({column}, {text(strptime_layout(layout))}))"
    offset = _offset(zone["walls"], zone["offsets"], 0, len(zone["walls"]))
    instant = f"make_timestamp(wall - ({offset}))"
    spelled = f"strftime({instant}, {text(canonical_layout(layout))})"
    return f"list_transform([{wall}], lambda wall: {spelled})[1]"


def _offset(walls: Sequence[int], offsets: Sequence[int | None], first: int, end: int) -> str:
    """Return the search among the table's rows from `first` to before `end`, half by half."""
    if end - first == 1:
        seconds = offsets[first]
        offset = "NULL" if seconds is None else str(seconds * _MICROSECONDS)
        if first:
            return offset
        return f"CASE WHEN wall >= {walls[0] * _MICROSECONDS} THEN {offset} END"
    middle = (first + end) // 2
    below, above = _offset(walls, offsets, first, middle), _offset(walls, offsets, middle, end)
    return f"CASE WHEN wall < {walls[middle] * _MICROSECONDS} THEN {below} ELSE {above} END"
